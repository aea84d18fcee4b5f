//! A second family of models works by its manifest alone.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sightline::Server;
use sightline::protocol::ClientConfig;
use tempfile::TempDir;

use super::assert_people_found;
use crate::common::detect::DetectClient;
use crate::common::http::plain_client;
use crate::common::{BLANK, PEOPLE, TestServer, config, folders, say_skipped};

const MANIFEST: &str = include_str!("../../fixtures/yolox_nano/manifest.json");
/// The network is not part of this repository; `fixtures/README.md` says where it comes from.
const NETWORK: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../shared/models/yolox_nano.onnx"
);

/// A model folder, unless there is no network to put into it.
fn model_folder(manifest: &str) -> Option<TempDir> {
    if !Path::new(NETWORK).is_file() {
        say_skipped(format!("no YOLOX-Nano at {NETWORK}"));
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("manifest.json"), manifest).unwrap();
    fs::copy(NETWORK, folder.path().join("yolox_nano.onnx")).unwrap();
    Some(folder)
}

#[tokio::test]
async fn yolox_finds_people_where_they_are() {
    let Some(folder) = model_folder(MANIFEST) else {
        return;
    };
    let server = TestServer::with(&["--model", folder.path().to_str().unwrap()]).await;
    let mut client = DetectClient::connect(&server).await;
    assert_people_found(&client.detect(PEOPLE).await);
    assert_eq!(client.detect(BLANK).await, []);
}

#[tokio::test]
async fn the_config_names_yolox() {
    let Some(folder) = model_folder(MANIFEST) else {
        return;
    };
    let server = TestServer::with(&["--model", folder.path().to_str().unwrap()]).await;
    let config = plain_client().get(server.http("/api/config")).send().await;
    let config: ClientConfig = config.unwrap().json().await.unwrap();
    assert_eq!(config.model.name, "yolox_nano_coco");
    assert_eq!(
        (config.model.input_width, config.model.input_height),
        (416, 416)
    );
    assert_eq!(config.labels.len(), 80);
    assert_eq!(config.labels[0], "person");
    let address = server.http("/models/yolox_nano.onnx");
    let served = plain_client().get(address).send().await.unwrap();
    assert_eq!(
        served.content_length(),
        Some(fs::metadata(NETWORK).unwrap().len())
    );
}

#[tokio::test]
async fn a_manifest_for_another_yolox_is_refused() {
    let wrong = [
        ("/labels", json!(["person"]), "[1, 3549, 6]"),
        ("/output/strides", json!([8, 16]), "[1, 3380, 85]"),
        ("/output/strides", json!([8, 16, 64]), "stride 64"),
        ("/output/predictions", json!("boxes"), "no output boxes"),
    ];
    for (pointer, value, word) in wrong {
        let mut manifest: Value = serde_json::from_str(MANIFEST).unwrap();
        *manifest.pointer_mut(pointer).expect("such a field") = value;
        let Some(folder) = model_folder(&manifest.to_string()) else {
            return;
        };
        let told = refusal(folder.path()).await;
        assert!(
            told.contains(word) && told.contains("manifest"),
            "{word}: {told}"
        );
    }
}

/// Why no server starts with this model.
async fn refusal(model: &Path) -> String {
    let folders = folders();
    let started = match config(folders.path(), &["--model", model.to_str().unwrap()]) {
        Ok(config) => Server::bind(config).await.map(|_| ()),
        Err(error) => Err(error),
    };
    format!("{:#}", started.expect_err("it must not start"))
}
