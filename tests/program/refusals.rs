//! Why it does not start.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::common::{MODEL, TestServer, folders};
use crate::{output, sightline};

/// It must fail with status 1 and one line, which names all of `words`.
pub async fn assert_refuses(command: Command, words: &[&str]) {
    let output = output(command).await;
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(output.stdout, b"", "nothing was served");
    assert_eq!(told.lines().count(), 1, "one line: {told}");
    assert!(told.starts_with("sightline: "), "{told}");
    for word in words {
        assert!(told.contains(word), "no {word:?} in: {told}");
    }
}

#[tokio::test]
async fn refuses_to_start_without_a_model() {
    let folders = folders();
    let command = sightline(folders.path(), &["--model", "/nowhere/model"]);
    assert_refuses(command, &["/nowhere/model", "--model"]).await;
}

/// A folder with our manifest and `model` as the model.
fn model_folder(model: Option<&[u8]>) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(
        format!("{MODEL}/manifest.json"),
        dir.path().join("manifest.json"),
    )
    .unwrap();
    if let Some(bytes) = model {
        fs::write(dir.path().join("model.onnx"), bytes).unwrap();
    }
    dir
}

#[tokio::test]
async fn refuses_a_manifest_without_its_model() {
    let folders = folders();
    let model = model_folder(None);
    let command = sightline(folders.path(), &["--model", model.path().to_str().unwrap()]);
    assert_refuses(command, &["model.onnx", "--model"]).await;
}

#[tokio::test]
async fn refuses_a_model_that_is_none() {
    let folders = folders();
    let model = model_folder(Some(b"a pointer to a large file"));
    let command = sightline(folders.path(), &["--model", model.path().to_str().unwrap()]);
    assert_refuses(command, &["model.onnx", "--model"]).await;
}

#[tokio::test]
async fn refuses_to_start_without_pages() {
    let folders = folders();
    let command = sightline(folders.path(), &["--pages", "/nowhere/dist"]);
    assert_refuses(command, &["/nowhere/dist", "npm run build"]).await;
}

#[tokio::test]
async fn refuses_to_start_without_the_phones_page() {
    let folders = folders();
    fs::remove_file(folders.path().join("pages/phone.html")).unwrap();
    let command = sightline(folders.path(), &[]);
    assert_refuses(command, &["pages", "npm run build"]).await;
}

#[tokio::test]
async fn refuses_a_runtime_that_is_not_there() {
    let folders = folders();
    let command = sightline(folders.path(), &["--onnxruntime", "/nowhere/lib.so"]);
    assert_refuses(command, &["/nowhere/lib.so", "--onnxruntime"]).await;
}

#[tokio::test]
async fn refuses_to_start_without_a_runtime() {
    let folders = folders();
    let mut command = sightline(folders.path(), &[]);
    command
        .env_remove("ORT_DYLIB_PATH")
        .current_dir(folders.path());
    assert_refuses(command, &["npm ci", "--onnxruntime"]).await;
}

#[tokio::test]
async fn refuses_a_runtime_that_is_none() {
    let folders = folders();
    let file = folders.path().join("lib.so");
    fs::write(&file, "no library").unwrap();
    let command = sightline(folders.path(), &["--onnxruntime", file.to_str().unwrap()]);
    assert_refuses(command, &["lib.so", "npm ci", "--onnxruntime"]).await;
}

#[tokio::test]
async fn refuses_a_port_in_use() {
    let server = TestServer::start().await;
    let folders = folders();
    let port = server.addr().port().to_string();
    let command = sightline(folders.path(), &["--port", &port]);
    assert_refuses(command, &[&port, "--port"]).await;
}

#[tokio::test]
async fn refuses_a_mode_that_there_is_not() {
    let folders = folders();
    let output = output(sightline(folders.path(), &["--mode", "gpu"])).await;
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("server, wasm, auto"), "{told}");
}

#[tokio::test]
async fn refuses_a_model_of_another_shape() {
    let folders = folders();
    let wrong = [
        ("/input/name", json!("picture"), "picture"),
        ("/input/width", json!(320), "320"),
        ("/output/boxes", json!("corners"), "no output corners"),
        (
            "/output/anchors/feature_maps",
            json!([19, 10, 5, 3, 2]),
            "[1, 1911, 4]",
        ),
        ("/labels", json!([null, "person"]), "[1, 1917, 2]"),
        ("/thresholds/iou", json!(2), "thresholds.iou"),
    ];
    for (pointer, value, word) in wrong {
        let model = model_folder(None);
        let path = model.path().join("manifest.json");
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        *manifest.pointer_mut(pointer).expect("such a field") = value;
        fs::write(&path, manifest.to_string()).unwrap();
        fs::copy(
            format!("{MODEL}/model.onnx"),
            model.path().join("model.onnx"),
        )
        .unwrap();
        let command = sightline(folders.path(), &["--model", model.path().to_str().unwrap()]);
        assert_refuses(command, &["manifest", word]).await;
    }
}

#[tokio::test]
async fn refuses_a_state_folder_that_is_none() {
    let folders = folders();
    let file = folders.path().join("pages/index.html");
    let command = sightline(folders.path(), &["--state-dir", file.to_str().unwrap()]);
    assert_refuses(command, &["index.html", "--state-dir"]).await;
}

#[tokio::test]
async fn refuses_limits_of_nothing() {
    let folders = folders();
    for flag in [
        "--workers",
        "--threads",
        "--max-rooms",
        "--max-pixels",
        "--max-frame-bytes",
        "--max-connections",
    ] {
        let command = sightline(folders.path(), &[flag, "0"]);
        assert_refuses(command, &[flag]).await;
    }
}

#[tokio::test]
async fn refuses_more_rooms_than_are_kept() {
    let folders = folders();
    let command = sightline(folders.path(), &["--max-rooms", "65537"]);
    assert_refuses(command, &["--max-rooms", "65536"]).await;
}

#[tokio::test]
async fn refuses_more_connections_than_can_be_counted() {
    let folders = folders();
    let flags = ["--max-connections", &usize::MAX.to_string()];
    let command = sightline(folders.path(), &flags);
    assert_refuses(command, &["--max-connections", "at most"]).await;
}
