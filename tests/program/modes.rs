//! Where inference runs, and who decides that.

use std::fs;

use serde_json::Value;
use sightline::gpu;
use tokio::process::{Child, Command};

use crate::common::detect::DetectClient;
use crate::common::{command_line, folders, http};
use crate::{port_in, program, sightline, welcomed};

/// The program, its port, and what its welcome says of the mode.
async fn mode_told(command: Command) -> (Child, u16, String) {
    let (child, welcome) = welcomed(command).await;
    let (_, told) = welcome.split_once("Mode: ").expect("the mode");
    (
        child,
        port_in(&welcome).unwrap(),
        told.trim_end().to_owned(),
    )
}

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
    let (_child, port, told) = mode_told(command).await;
    let address = format!("http://127.0.0.1:{port}/api/config");
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
        return println!("skipped: {gpu} is in this machine");
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
        let command = sightline(folders.path(), &["--mode", mode]);
        let (_child, port, told) = mode_told(command).await;
        assert!(told.starts_with(&format!("{mode}, ")), "{told}");
        let address = format!("ws://127.0.0.1:{port}/api/detect");
        let (socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
        DetectClient::from(socket).expect_alive().await;
    }
}
