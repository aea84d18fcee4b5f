//! The program itself: how it starts, why it does not, and how it ends.

mod common;

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use common::detect::{CAPTURE_TS, DetectClient, frame};
use common::{MODEL, PEOPLE, TestServer, command_line, folders, http, soon, state_dir};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;

/// What an operator may rely on.
const LIMIT: Duration = Duration::from_secs(2);

fn sightline(folders: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sightline"));
    command
        .args(command_line(folders, flags))
        .env_remove("RUST_LOG")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs it to its end.
async fn output(mut command: Command) -> Output {
    soon("its end", command.output()).await.expect("it runs")
}

/// It must fail with status 1 and one line, which names all of `words`.
async fn assert_refuses(command: Command, words: &[&str]) {
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
    std::fs::copy(
        format!("{MODEL}/manifest.json"),
        dir.path().join("manifest.json"),
    )
    .unwrap();
    if let Some(bytes) = model {
        std::fs::write(dir.path().join("model.onnx"), bytes).unwrap();
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
    std::fs::remove_file(folders.path().join("pages/phone.html")).unwrap();
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
    std::fs::write(&file, "no library").unwrap();
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
async fn refuses_a_mode_that_is_not_built() {
    let folders = folders();
    let command = sightline(folders.path(), &["--mode", "wasm"]);
    assert_refuses(command, &["wasm", "--mode server"]).await;
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
    ] {
        let command = sightline(folders.path(), &[flag, "0"]);
        assert_refuses(command, &[flag]).await;
    }
}

/// The program, and the port that its welcome names.
async fn started(mut command: Command) -> (Child, u16) {
    let mut child = command.spawn().expect("it runs");
    let stdout = child.stdout.take().unwrap();
    let mut lines = BufReader::new(stdout).lines();
    let port = soon("the viewer's address", async {
        loop {
            let line = lines.next_line().await.unwrap().expect("a welcome");
            if let Some((_, rest)) = line.split_once("http://localhost:") {
                break rest.trim_end_matches('/').parse().expect("a port");
            }
        }
    });
    let port = port.await;
    // The rest of the welcome is read as well, lest the program wait for room to print.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, port)
}

/// As the shell sends it: std has no way to, and a crate for one call is too much.
#[cfg(unix)]
async fn send_signal(child: &Child, name: &str) {
    let id = child.id().expect("it runs");
    let kill = format!("kill -{name} {id}");
    let sent = Command::new("sh").args(["-c", &kill]).status().await;
    assert!(sent.unwrap().success());
}

#[cfg(unix)]
async fn assert_ends_well(signal: &str) {
    let folders = folders();
    let (mut child, port) = started(sightline(folders.path(), &[])).await;
    let address = format!("ws://127.0.0.1:{port}/api/detect");
    let (socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
    let mut client = DetectClient::from(socket);
    client.expect_alive().await;
    send_signal(&child, signal).await;
    let asked = Instant::now();
    client.expect_close(1001).await;
    let status = soon("its end", child.wait()).await.unwrap();
    assert!(asked.elapsed() < LIMIT, "{:?}", asked.elapsed());
    assert_eq!(status.code(), Some(0));
}

#[cfg(unix)]
#[tokio::test]
async fn ends_well_when_asked_to_terminate() {
    assert_ends_well("TERM").await;
}

#[cfg(unix)]
#[tokio::test]
async fn ends_well_when_interrupted() {
    assert_ends_well("INT").await;
}

/// There is always something of this client that the program has not read when it ends; a connection
/// that is closed so is reset, and a reset may overtake the reason.
#[cfg(unix)]
#[tokio::test]
async fn a_busy_client_is_told_before_the_program_ends() {
    let folders = folders();
    for _ in 0..5 {
        let (mut child, port) = started(sightline(folders.path(), &[])).await;
        let address = format!("ws://127.0.0.1:{port}/api/detect");
        let (socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
        let DetectClient {
            mut sender,
            mut receiver,
        } = DetectClient::from(socket);
        let sending = tokio::spawn(async move {
            for id in 0_u32.. {
                let message = Message::binary(frame(id, CAPTURE_TS, PEOPLE));
                if sender.send(message).await.is_err() {
                    break;
                }
            }
        });
        receiver.next_answer().await;
        send_signal(&child, "TERM").await;
        receiver.expect_close_in_the_end(1001).await;
        let status = soon("its end", child.wait()).await.unwrap();
        assert_eq!(status.code(), Some(0));
        sending.abort();
    }
}

#[tokio::test]
async fn keeps_its_certificate_over_restarts() {
    let folders = folders();
    let (mut first, _) = started(sightline(folders.path(), &[])).await;
    let accepted = http::kept_certificate(&state_dir(folders.path()));
    soon("its end", first.kill()).await.unwrap();

    let (_second, port) = started(sightline(folders.path(), &[])).await;
    let phone = http::trusting(&accepted).build().unwrap();
    let answer = phone
        .get(format!("https://127.0.0.1:{port}/healthz"))
        .send();
    assert_eq!(answer.await.expect("still accepted").status(), 200);
}
