//! The program itself: how it starts, why it does not, and how it ends.

#[path = "../common/mod.rs"]
mod common;

mod check;
mod commands;
mod container;
#[cfg(target_os = "linux")]
mod files;
#[cfg(unix)]
mod ice;
mod logs;
mod modes;
#[cfg(target_os = "linux")]
mod networks;
mod python_client;
mod readme;
mod refusals;
mod rooms;
mod secrets;
#[cfg(unix)]
mod telemetry;
mod trust;
#[cfg(unix)]
mod tunnel;

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use common::detect::{CAPTURE_TS, DetectClient, frame};
use common::{PEOPLE, command_line, folders, http, soon, state_dir, within};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio_tungstenite::tungstenite::Message;

const SIGHTLINE: &str = env!("CARGO_BIN_EXE_sightline");
/// What an operator may rely on.
const LIMIT: Duration = Duration::from_secs(2);

fn sightline(folders: &Path, flags: &[&str]) -> Command {
    program(command_line(folders, flags))
}

/// The program with this line, but without a word about the phones' host.
fn unnamed(mut line: Vec<String>) -> Command {
    let named = line.iter().position(|word| word == "--public-host");
    let named = named.expect("the tests' own");
    line.drain(named..named + 2);
    let mut command = program(line);
    command.env_remove("PUBLIC_HOST");
    command
}

fn program(line: Vec<String>) -> Command {
    let mut command = Command::new(SIGHTLINE);
    command.args(line);
    prepared(command)
}

/// As all commands are that run the program.
fn prepared(mut command: Command) -> Command {
    command
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

/// The port that a welcome names.
fn port_in(welcome: &str) -> Option<u16> {
    let (_, rest) = welcome.split_once("http://localhost:")?;
    Some(rest.split('/').next()?.parse().expect("a port"))
}

/// The phone's link that a welcome shows.
fn link_in(welcome: &str) -> Option<&str> {
    welcome.split_whitespace().find(|word| word.contains("/j/"))
}

/// A program that serves.
struct Welcomed {
    child: Child,
    /// All that it said, to the last line.
    welcome: String,
    port: u16,
    /// Whatever it prints after that.
    rest: BufReader<ChildStdout>,
}

impl Welcomed {
    /// What the welcome says of the mode.
    fn mode(&self) -> &str {
        let told = self.welcome.lines();
        let mut told = told.filter_map(|line| line.split_once("Mode: "));
        told.next().expect("a line of the mode").1
    }
}

/// Starts it and reads its welcome.
async fn welcomed(mut command: Command) -> Welcomed {
    let mut child = command.spawn().expect("it runs");
    let mut rest = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut welcome = String::new();
    while !welcome.contains("Ctrl-C stops.") {
        let read = soon("the welcome", rest.read_line(&mut welcome)).await;
        assert!(read.unwrap() > 0, "it ended: {welcome}");
    }
    let port = port_in(&welcome).expect("the viewer's address");
    Welcomed {
        child,
        welcome,
        port,
        rest,
    }
}

/// The program, and the port that its welcome names.
async fn started(command: Command) -> (Child, u16) {
    let Welcomed { child, port, .. } = welcomed(command).await;
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
    let ended = async {
        client.expect_close(1001).await;
        child.wait().await.unwrap()
    };
    let status = within(LIMIT, "its end", ended).await;
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

#[tokio::test]
async fn serves_also_when_nobody_reads_what_it_prints() {
    let folders = folders();
    let mut command = sightline(folders.path(), &["--log-format", "json"]);
    let mut child = command.env("RUST_LOG", "info").spawn().unwrap();
    drop(child.stdout.take());
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let serving = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("it goes on");
            let line: Value = serde_json::from_str(&line).unwrap();
            if let Some(address) = line["address"].as_str() {
                return address.to_owned();
            }
        }
    };
    let address = soon("the address", serving).await;
    let health = http::plain_client().get(format!("http://{address}/healthz"));
    assert_eq!(health.send().await.unwrap().status(), 200);
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
