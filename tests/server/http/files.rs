//! What is served.

use std::fs;

use serde_json::json;
use sightline::protocol::{ClientConfig, Health};

use super::body;
use crate::common::http::{client, get, plain_client};
use crate::common::rooms::RoomApi;
use crate::common::{MODEL, PHONE_HOST, TestServer};

#[tokio::test]
async fn health() {
    let server = TestServer::with(&["--workers", "2"]).await;
    let health: Health = serde_json::from_value(body(&server, "/healthz").await).unwrap();
    assert_eq!(health.status, "ok");
    assert_eq!(health.version, env!("CARGO_PKG_VERSION"));
    assert_eq!((health.workers, health.threads), (2, 1));
    assert_eq!(health.model, "ssdlite_mobilenet_v2_coco");
}

#[tokio::test]
async fn config() {
    let server = TestServer::with(&["--score", "0.25"]).await;
    let body = body(&server, "/api/config").await;
    let mut fields: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "certificate",
            "ice_servers",
            "labels",
            "mode",
            "model",
            "version"
        ]
    );
    let port = server.addr().port();
    assert_eq!(
        body["certificate"]["trust"]["url"],
        format!("http://{PHONE_HOST}:{port}/trust")
    );
    assert_eq!(body["mode"], "server");
    assert_eq!(
        body["ice_servers"],
        json!([]),
        "nothing beyond the local network"
    );
    let config: ClientConfig = serde_json::from_value(body).unwrap();
    assert_eq!(config.labels.len(), 80);
    assert_eq!(config.labels[0], "person");
    assert_eq!(config.model.score_threshold, 0.25);
    assert_eq!(
        (config.model.input_width, config.model.input_height),
        (300, 300)
    );
}

#[tokio::test]
async fn the_model_is_served_whole() {
    let server = TestServer::start().await;
    let config = body(&server, "/api/config").await;
    let manifest = body(&server, config["model"]["manifest"].as_str().unwrap()).await;
    let file = manifest["file"].as_str().unwrap();
    let address = server.http(&format!("/models/{file}"));
    let served = plain_client().get(address).send().await.unwrap();
    let on_disk = fs::read(format!("{MODEL}/{file}")).unwrap();
    assert!(served.bytes().await.unwrap() == on_disk, "another file");
}

/// What a page needs to show its progress, and to take nothing twice.
#[tokio::test]
async fn the_model_has_a_length_and_is_sent_again_only_when_changed() {
    let server = TestServer::start().await;
    let address = server.http("/models/model.onnx");
    let request = || plain_client().get(&address);
    let packed = request().header("accept-encoding", "gzip, deflate, br, zstd");
    let served = packed.send().await.unwrap();
    assert_eq!(served.status(), 200);
    let headers = served.headers().clone();
    let length = fs::metadata(format!("{MODEL}/model.onnx")).unwrap().len();
    assert_eq!(headers["content-length"], length.to_string());
    assert!(headers.get("content-encoding").is_none());
    assert_eq!(headers["cache-control"], "no-cache", "asked for each time");
    let known = request().header("if-modified-since", &headers["last-modified"]);
    let known = known.send().await.unwrap();
    assert_eq!(known.status(), 304);
    assert_eq!(known.bytes().await.unwrap().len(), 0);
    let head = plain_client().head(&address).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], length.to_string());
}

/// The operator may name any folder by --model.
#[tokio::test]
async fn of_the_model_folder_only_manifest_and_model_are_served() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["manifest.json", "model.onnx"] {
        fs::copy(format!("{MODEL}/{file}"), folder.path().join(file)).unwrap();
    }
    fs::create_dir(folder.path().join("photos")).unwrap();
    for file in ["notes.txt", "other.onnx", ".env", "photos/me.jpg"] {
        fs::write(folder.path().join(file), "private").unwrap();
    }
    let server = TestServer::with(&["--model", folder.path().to_str().unwrap()]).await;
    let status = async |path: &str| get(server.addr(), "localhost", path).await.status;
    for path in [
        "/models/manifest.json",
        "/models/model.onnx",
        "/models/%6dodel.onnx",
    ] {
        assert_eq!(status(path).await, 200, "{path}");
    }
    for path in [
        "/models/notes.txt",
        "/models/other.onnx",
        "/models/.env",
        "/models/photos/me.jpg",
        "/models/photos",
        "/models/",
        "/models/manifest.json/",
        "/models/manifest.json%2f",
        "/models/.%2fmanifest.json",
        "/models/MANIFEST.json",
    ] {
        let answer = get(server.addr(), "localhost", path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert!(!answer.body.contains("private"), "{path}");
    }
}

#[tokio::test]
async fn pages_and_assets() {
    let server = TestServer::start().await;
    let get = |path: &str| plain_client().get(server.http(path)).send();
    let viewer = get("/").await.unwrap();
    assert_eq!(viewer.status(), 200);
    assert_eq!(viewer.headers()["cache-control"], "no-cache");
    assert_eq!(viewer.headers()["content-type"], "text/html");
    assert_eq!(viewer.text().await.unwrap(), "<p>the viewer</p>");

    let asset = get("/assets/page-1a2b3c.js").await.unwrap();
    assert_eq!(asset.headers()["content-type"], "text/javascript");
    assert!(
        asset.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    // Browsers compile WebAssembly while it arrives, and run modules, only under their own types.
    for (file, kind) in [
        ("runtime-1a2b3c.wasm", "application/wasm"),
        ("runtime-1a2b3c.mjs", "text/javascript"),
    ] {
        let asset = get(&format!("/assets/{file}")).await.unwrap();
        assert_eq!(asset.headers()["content-type"], kind, "{file}");
    }
    let missing = get("/assets/page-000000.js").await.unwrap();
    assert_eq!(missing.status(), 404);
    assert!(
        missing.headers().get("cache-control").is_none(),
        "it may come"
    );
}

#[tokio::test]
async fn the_phone_page_is_there_for_good_links_and_bad() {
    let server = TestServer::start().await;
    let room = RoomApi::of(&server).create().await;
    let phone = client(&server);
    let good = phone.get(&room.join_url).send().await.unwrap();
    assert_eq!(good.status(), 200);
    assert_eq!(good.headers()["cache-control"], "no-cache");
    assert_eq!(good.text().await.unwrap(), "<p>the phone</p>");
    for token in ["nobody", room.viewer_token.as_str(), "%252e%252e"] {
        let address = server.https(&format!("/j/{token}"));
        let bad = phone.get(address).send().await.unwrap();
        assert_eq!(bad.status(), 404, "{token}");
        assert_eq!(bad.text().await.unwrap(), "<p>the phone</p>", "{token}");
    }
}

/// A browser that kept the page asks whether it has changed.
#[tokio::test]
async fn a_kept_phone_page_does_not_hide_an_expired_link() {
    let server = TestServer::start().await;
    let room = RoomApi::of(&server).create().await;
    let phone = client(&server);
    let first = phone.get(&room.join_url).send().await.unwrap();
    let modified = first.headers()["last-modified"].clone();
    let again = phone
        .get(&room.join_url)
        .header("if-modified-since", &modified);
    assert_eq!(again.send().await.unwrap().status(), 304);
    let expired = phone
        .get(server.https("/j/expired"))
        .header("if-modified-since", &modified);
    let expired = expired.send().await.unwrap();
    assert_eq!(expired.status(), 404);
    assert_eq!(expired.text().await.unwrap(), "<p>the phone</p>");
}

#[tokio::test]
async fn no_path_leads_out_of_the_served_folders() {
    let server = TestServer::start().await;
    for path in [
        "/models/../Cargo.toml",
        "/models/../../Cargo.toml",
        "/models/..%2f..%2fCargo.toml",
        "/models/%2e%2e/%2e%2e/Cargo.toml",
        "/models/..%5c..%5cCargo.toml",
        "/models//etc/passwd",
        "/models/%2fetc%2fpasswd",
        "/models/model.onnx%00.json",
        "/assets/../secret.txt",
        "/assets/..%2fsecret.txt",
        "/assets/..%2f..%2fstate%2fauthority.pem",
        "/../state/authority.pem",
        "/secret.txt",
        "/assets/",
        "/models",
    ] {
        let answer = get(server.addr(), "localhost", path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert!(!answer.body.contains("not an asset"), "{path}");
    }
}
