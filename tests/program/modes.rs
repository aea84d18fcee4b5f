//! Where inference runs, and who decides that.

use std::fs;

use serde_json::Value;
use sightline::gpu;

use crate::common::detect::DetectClient;
use crate::common::{command_line, folders, http, say_skipped};
use crate::{program, sightline, welcomed};

/// Starts it without a word about the mode, with `driver` as the only program that it finds; what
/// the welcome says of the mode, which is the one that the pages are told.
#[cfg(unix)]
async fn default_mode(driver: Option<&str>) -> String {
    use std::os::unix::fs::PermissionsExt;
    let folders = folders();
    let programs = tempfile::tempdir().unwrap();
    if let Some(script) = driver {
        let file = programs.path().join("nvidia-smi");
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut line = command_line(folders.path(), &[]);
    let mode = line.iter().position(|word| word == "--mode").unwrap();
    line.drain(mode..mode + 2);
    let mut command = program(line);
    command.env_remove("MODE").env("PATH", programs.path());
    let started = welcomed(command).await;
    let told = started.mode().to_owned();
    let address = format!("http://127.0.0.1:{}/api/config", started.port);
    let config = http::plain_client().get(address).send().await.unwrap();
    let config: Value = config.json().await.unwrap();
    let mode = config["mode"].as_str().unwrap();
    assert!(told.starts_with(&format!("{mode}, ")), "{mode}: {told}");
    told
}

#[cfg(unix)]
#[tokio::test]
async fn a_machine_with_a_gpu_infers_itself() {
    let told = default_mode(Some("test \"$1\" = -L")).await;
    assert!(told.starts_with("server, "), "{told}");
    assert!(
        told.contains("GPU found") || told.contains("Apple"),
        "{told}"
    );
    assert!(told.contains("CPU") && told.contains("--mode"), "{told}");
}

#[cfg(unix)]
#[tokio::test]
async fn without_a_gpu_the_browser_infers() {
    if let Some(gpu) = gpu::find() {
        return say_skipped(format!("{gpu} is in this machine"));
    }
    for driver in [None, Some("exit 9")] {
        let told = default_mode(driver).await;
        assert!(told.starts_with("wasm, "), "{told}");
        assert!(
            told.contains("no GPU found") && told.contains("--mode"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn the_server_infers_in_every_mode() {
    let folders = folders();
    for mode in ["server", "wasm", "auto"] {
        let started = welcomed(sightline(folders.path(), &["--mode", mode])).await;
        let told = started.mode();
        assert!(told.starts_with(&format!("{mode}, ")), "{told}");
        let address = format!("ws://127.0.0.1:{}/api/detect", started.port);
        let (socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
        DetectClient::from(socket).expect_alive().await;
    }
}
