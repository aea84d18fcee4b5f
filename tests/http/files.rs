//! What is served.

use serde_json::json;
use sightline::protocol::{ClientConfig, Health};

use crate::body;
use crate::common::http::{client, get, plain_client};
use crate::common::rooms::RoomApi;
use crate::common::{MODEL, TestServer};

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
        ["ice_servers", "labels", "mode", "model", "version"]
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
    let on_disk = std::fs::read(format!("{MODEL}/{file}")).unwrap();
    assert!(served.bytes().await.unwrap() == on_disk, "another file");
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
        "/assets/..%2f..%2fstate%2fidentity.json",
        "/../state/identity.json",
        "/secret.txt",
        "/assets/",
        "/models",
    ] {
        let answer = get(server.addr(), "localhost", path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert!(!answer.body.contains("not an asset"), "{path}");
    }
}
