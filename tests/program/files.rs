//! With few files to open: connections are limited before the system's limit is met, and strangers are told.

use std::net::SocketAddr;
use std::path::Path;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};

use crate::common::http::{RawAnswer, get};
use crate::common::rooms::RoomApi;
use crate::common::{command_line, folders, other_address, say_skipped, soon};
use crate::logs::{Logged, lines};
use crate::{SIGHTLINE, Welcomed, prepared, sightline, welcomed};

/// Fewer than macOS gives.
const FEW: u32 = 128;

/// The program, as a shell starts it that has said `ulimit`.
fn limited(ulimit: &str, folders: &Path, flags: &[&str]) -> Command {
    let script = format!("{ulimit} && exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, SIGHTLINE]);
    command.args(command_line(folders, flags));
    prepared(command)
}

fn connections_max(metrics: &RawAnswer) -> &str {
    let mut lines = metrics.body.lines();
    let found = lines.find_map(|line| line.strip_prefix("sightline_connections_max "));
    found.expect("it is told")
}

fn warnings(told: &str) -> Vec<&str> {
    let mut lines = lines(told);
    lines.retain(|line| line.contains("WARN"));
    lines
}

/// Strangers who ask for something large and take nothing of it, until one is told something else.
async fn crowd(there: SocketAddr) -> (Vec<TcpStream>, u16) {
    let request = b"GET /models/model.onnx HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut crowd = Vec::new();
    for _ in 0..2 * FEW {
        let mut stream = TcpStream::connect(there).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut head = [0; 12];
        let heard = soon("an answer", stream.read_exact(&mut head)).await;
        heard.expect("a status");
        let status = std::str::from_utf8(&head[9..]).unwrap().parse().unwrap();
        if status != 200 {
            return (crowd, status);
        }
        crowd.push(stream);
    }
    panic!("there is no limit");
}

#[tokio::test]
async fn strangers_are_told_and_this_machine_is_served() {
    let Some(ip) = other_address() else {
        return;
    };
    let folders = folders();
    let flags = [
        ["--host", "0.0.0.0"],
        ["--max-connections-per-address", "1000"],
    ];
    let ulimit = format!("ulimit -n {FEW}");
    let logged = Logged::start(limited(&ulimit, folders.path(), &flags.concat())).await;
    let port = logged.program.port;
    let (served, status) = crowd(SocketAddr::new(ip.into(), port)).await;
    assert_eq!(status, 503);
    let here = SocketAddr::from(([127, 0, 0, 1], port));
    assert_eq!(get(here, "localhost", "/healthz").await.status, 200);
    assert_eq!(
        get(here, "localhost", "/models/model.onnx").await.status,
        200
    );
    // The rooms' file is written with all that.
    let rooms = RoomApi::at(format!("http://{here}"));
    rooms.create().await;
    rooms.create().await;
    let metrics = get(here, "localhost", "/metrics").await;
    // Somebody of this machine, who has left, may have had a place yet.
    let most: usize = connections_max(&metrics).parse().unwrap();
    assert!((1..=most).contains(&served.len()), "{}", served.len());
    drop(served);
    let (_, told) = logged.stop().await;
    let [warning] = warnings(&told)[..] else {
        panic!("not one warning: {told}");
    };
    for words in ["--max-connections", "1024", "128 files", "ulimit -n"] {
        assert!(warning.contains(words), "no {words:?} in {warning}");
    }
}

/// What shells give is only where the limit begins.
#[tokio::test]
async fn the_limit_is_raised_as_far_as_it_may_be() {
    let folders = folders();
    let ulimit = format!("ulimit -S -n {FEW}");
    // More than these few files are enough for, and no more than whoever runs the tests may open.
    let flags = ["--max-connections", "100"];
    let logged = Logged::start(limited(&ulimit, folders.path(), &flags)).await;
    let here = SocketAddr::from(([127, 0, 0, 1], logged.program.port));
    let metrics = get(here, "localhost", "/metrics").await;
    assert_eq!(connections_max(&metrics), "100");
    let (_, told) = logged.stop().await;
    assert!(warnings(&told).is_empty(), "{told}");
}

/// It is tried twenty times a second; that it fails is told when it begins to.
#[tokio::test]
async fn failed_accepts_are_told_once_until_one_works_again() {
    if Command::new("prlimit")
        .arg("--version")
        .output()
        .await
        .is_err()
    {
        return say_skipped("no prlimit (util-linux) on the PATH");
    }
    let folders = folders();
    let mut command = sightline(folders.path(), &[]);
    command.env("RUST_LOG", "sightline=debug");
    let Welcomed {
        mut child, port, ..
    } = welcomed(command).await;
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    let here = SocketAddr::from(([127, 0, 0, 1], port));
    for _ in 0..2 {
        limit_files(&child, "3:").await;
        let waiting = TcpStream::connect(here).await.unwrap();
        // There may be more of the round before than was waited for.
        while !next_failure(&mut told).await.contains("WARN") {}
        for _ in 0..3 {
            let again = next_failure(&mut told).await;
            assert!(again.contains("DEBUG"), "{again}");
        }
        limit_files(&child, "1024:").await;
        drop(waiting);
        assert_eq!(get(here, "localhost", "/healthz").await.status, 200);
    }
}

/// `nofile`: soft limit, colon, hard limit; what is left out stays.
async fn limit_files(child: &Child, nofile: &str) {
    let pid = child.id().expect("it runs").to_string();
    let flag = format!("--nofile={nofile}");
    let limited = Command::new("prlimit")
        .args(["--pid", &pid, &flag])
        .status();
    assert!(limited.await.expect("util-linux").success());
}

async fn next_failure(lines: &mut Lines<BufReader<ChildStderr>>) -> String {
    let failure = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("it goes on");
            if line.contains("accepting failed") {
                return line;
            }
        }
    };
    soon("a failed accept", failure).await
}
