//! `sightline check`: what it finds, and that it changes nothing.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tokio::net::TcpListener;

use crate::common::{TestServer, command_line, folders, soon, state_dir};
use crate::{output, program, unnamed};

/// Checks the small server of the tests with `flags`.
async fn check(folders: &Path, flags: &[&str]) -> Output {
    let mut line = vec!["check".to_owned()];
    line.extend(command_line(folders, flags));
    output(program(line)).await
}

/// The finding of `item` must have this sign, and name all of `words`.
fn assert_found(output: &Output, item: &str, sign: char, words: &[&str]) {
    let told = std::str::from_utf8(&output.stdout).unwrap();
    let about = |line: &&str| {
        let (_, rest) = line.split_once(' ').expect("a sign, then the item");
        rest.starts_with(&format!("{item} "))
    };
    let lines: Vec<&str> = told.lines().filter(about).collect();
    assert_eq!(lines.len(), 1, "{item} in: {told}");
    assert!(lines[0].starts_with(sign), "not {sign}: {}", lines[0]);
    for word in words {
        assert!(lines[0].contains(word), "no {word:?} in: {}", lines[0]);
    }
}

const ITEMS: [&str; 9] = [
    "options",
    "pages",
    "ONNX Runtime",
    "model",
    "port",
    "addresses",
    "certificate",
    "GPU",
    "mode",
];

#[tokio::test]
async fn a_machine_that_is_ready() {
    let folders = folders();
    let output = check(folders.path(), &["--host", "0.0.0.0"]).await;
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stderr, b"");
    for item in ITEMS {
        assert_found(&output, item, '✓', &[]);
    }
    assert_found(
        &output,
        "model",
        '✓',
        &["ssdlite_mobilenet_v2_coco", "80 labels", " ms on 1 thread"],
    );
    assert_found(&output, "addresses", '✓', &["https://phone.example"]);
    assert_found(&output, "certificate", '✓', &["makes one"]);
    assert!(!state_dir(folders.path()).exists(), "it made something");
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let folders = folders();
    let page = folders.path().join("pages/index.html");
    let wrong = [
        ("--pages", "/nowhere/dist"),
        ("--onnxruntime", "/nowhere/lib.so"),
        ("--model", "/nowhere/model"),
        ("--public-host", "172.17.0.2"),
        ("--state-dir", page.to_str().unwrap()),
        ("--score", "2"),
        ("--host", "192.0.2.77"),
    ];
    let flags = wrong.map(|(flag, value)| [flag, value]).concat();
    let output = check(folders.path(), &flags).await;
    assert_eq!(output.status.code(), Some(1));
    assert_found(&output, "options", '✗', &["--score"]);
    assert_found(&output, "pages", '✗', &["/nowhere/dist", "npm run build"]);
    assert_found(
        &output,
        "ONNX Runtime",
        '✗',
        &["/nowhere/lib.so", "--onnxruntime"],
    );
    assert_found(&output, "model", '✗', &["/nowhere/model", "--model"]);
    assert_found(&output, "port", '✗', &["192.0.2.77", "--host"]);
    assert_found(&output, "addresses", '✗', &["172.17.0.2", "--public-host"]);
    assert_found(&output, "mode", '✓', &["server"]);
}

/// The model is looked at whatever the options say.
#[tokio::test]
async fn a_limit_that_nobody_can_keep() {
    let folders = folders();
    let output = check(folders.path(), &["--threads", "0"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_found(&output, "options", '✗', &["--threads", "at least 1"]);
    assert_found(&output, "model", '✓', &[" ms on 1 thread"]);
}

#[tokio::test]
async fn a_state_folder_that_cannot_be_written() {
    let folders = folders();
    let page = folders.path().join("pages/index.html");
    let output = check(folders.path(), &["--state-dir", page.to_str().unwrap()]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_found(&output, "certificate", '✗', &["index.html", "--state-dir"]);
}

#[tokio::test]
async fn a_library_that_is_none() {
    let folders = folders();
    let file = folders.path().join("lib.so");
    fs::write(&file, "no library").unwrap();
    let output = check(folders.path(), &["--onnxruntime", file.to_str().unwrap()]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_found(&output, "ONNX Runtime", '✗', &["lib.so", "npm ci"]);
    assert_found(&output, "model", '!', &["not run", "ONNX Runtime"]);
}

#[tokio::test]
async fn a_port_of_another_program() {
    let folders = folders();
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    // It hangs up on whoever asks, so that nobody has to wait for an answer.
    let hanging_up = tokio::spawn(async move {
        while let Ok((stream, _)) = other.accept().await {
            drop(stream);
        }
    });
    let output = check(folders.path(), &["--port", &port]).await;
    hanging_up.abort();
    assert_eq!(output.status.code(), Some(1));
    assert_found(&output, "port", '✗', &["another program", &port, "--port"]);
}

#[tokio::test]
async fn a_port_that_sightline_serves_already() {
    let server = TestServer::start().await;
    let folders = folders();
    let port = server.addr().port().to_string();
    let output = check(folders.path(), &["--port", &port]).await;
    assert_eq!(output.status.code(), Some(0), "it can serve, and does");
    assert_found(
        &output,
        "port",
        '!',
        &["Sightline", env!("CARGO_PKG_VERSION"), &port],
    );
}

#[tokio::test]
async fn a_certificate_that_is_kept() {
    let folders = folders();
    let mut server = TestServer::start().await;
    let kept = server.state_dir();
    let kept = kept.to_str().unwrap();
    let fitting = check(folders.path(), &["--state-dir", kept]).await;
    let words = ["395 more days", "Sightline on", "fingerprint"];
    assert_found(&fitting, "certificate", '✓', &words);
    let files =
        || ["authority.pem", "server.pem"].map(|file| fs::read(format!("{kept}/{file}")).unwrap());
    let before = files();
    let flags = ["--state-dir", kept, "--public-host", "192.168.77.1"];
    let lacking = check(folders.path(), &flags).await;
    assert_eq!(lacking.status.code(), Some(0));
    assert_found(
        &lacking,
        "certificate",
        '!',
        &["192.168.77.1", "warn once more"],
    );
    assert!(before == files(), "they were touched");
    server.stop().await;
}

/// Checks without a word about the phones' host.
async fn check_unnamed(folders: &Path, flags: &[&str]) -> Output {
    let mut line = vec!["check".to_owned()];
    line.extend(command_line(folders, flags));
    output(unnamed(line)).await
}

#[tokio::test]
async fn a_server_that_no_phone_reaches() {
    let folders = folders();
    let inside = check_unnamed(folders.path(), &["--container"]).await;
    assert_eq!(inside.status.code(), Some(0));
    assert_found(&inside, "addresses", '!', &["PUBLIC_HOST"]);
    // Whether or not this machine has an address to send phones to.
    let loopback = check_unnamed(folders.path(), &["--host", "127.0.0.1"]).await;
    assert_eq!(loopback.status.code(), Some(0));
    assert_found(&loopback, "addresses", '!', &["host"]);
}

#[tokio::test]
async fn for_programs_it_is_json() {
    let folders = folders();
    let output = soon(
        "findings",
        check(folders.path(), &["--pages", "/nowhere", "--json"]),
    )
    .await;
    assert_eq!(output.status.code(), Some(1));
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = findings.as_array().unwrap();
    let items: Vec<&str> = findings
        .iter()
        .map(|finding| finding["item"].as_str().unwrap())
        .collect();
    assert_eq!(items, ITEMS);
    assert_eq!(findings[1]["verdict"], "failed");
    assert_eq!(findings[2]["verdict"], "good");
    assert!(
        findings[1]["told"]
            .as_str()
            .unwrap()
            .contains("npm run build")
    );
}

/// What would end the start is found before it.
#[cfg(unix)]
#[tokio::test]
async fn ways_out_of_this_network_that_will_not_do() {
    use std::os::unix::fs::PermissionsExt;

    let folders = folders();
    let turn = check(folders.path(), &["--ice-server", "turn:turn.example"]).await;
    assert_eq!(turn.status.code(), Some(1));
    assert_found(&turn, "options", '✗', &["TURN_SECRET"]);

    let mut line = vec!["check".to_owned()];
    line.extend(command_line(folders.path(), &["--ngrok"]));
    let with_programs_of = |folder: &Path| {
        let mut command = unnamed(line.clone());
        command.env("PATH", folder).env_remove("TUNNEL");
        command
    };
    let without = output(with_programs_of(folders.path())).await;
    assert_eq!(without.status.code(), Some(1));
    assert_found(&without, "addresses", '✗', &["ngrok is not installed"]);
    let ngrok = folders.path().join("ngrok");
    fs::write(&ngrok, "#!/bin/sh\necho ngrok version 3.0.0\n").unwrap();
    fs::set_permissions(&ngrok, fs::Permissions::from_mode(0o755)).unwrap();
    let with = output(with_programs_of(folders.path())).await;
    assert_eq!(with.status.code(), Some(0));
    assert_found(&with, "addresses", '✓', &["ngrok"]);
}
