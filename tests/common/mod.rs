//! A real server on a free port, and what every test asks of it.

// Each test program uses a part of this.
#![allow(dead_code)]

pub mod bystander;
pub mod detect;
pub mod http;
pub mod raw;
pub mod rooms;

use std::fmt::Display;
use std::fs;
use std::future::Future;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use sightline::{Args, Config, Server};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// Only a hang takes this long, on however busy a machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/ssdlite_mobilenet_v2");
/// The host that phones reach the server by: it is in the certificate and in no name service.
pub const PHONE_HOST: &str = "phone.example";

pub const PEOPLE: &[u8] = include_bytes!("../fixtures/people.jpg");
pub const PEOPLE_GREY: &[u8] = include_bytes!("../fixtures/people_grey.jpg");
pub const PEOPLE_CMYK: &[u8] = include_bytes!("../fixtures/people_cmyk.jpg");
pub const PEOPLE_PROGRESSIVE: &[u8] = include_bytes!("../fixtures/people_progressive.jpg");
pub const BLANK: &[u8] = include_bytes!("../fixtures/blank.jpg");

/// Tells which test is not run, and what for: past the test harness, which shows what is printed of failed tests only.
pub fn say_skipped(why: impl Display) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let line = format!("\nskipped: {test}: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// One of this machine's addresses that is not loopback. None where there is none, which is said.
pub fn other_address() -> Option<Ipv4Addr> {
    let address = find_other_address();
    if address.is_none() {
        say_skipped("this machine has no address but loopback");
    }
    address
}

fn find_other_address() -> Option<Ipv4Addr> {
    let interfaces = if_addrs::get_if_addrs().ok()?;
    let mut addresses = interfaces
        .iter()
        .filter_map(|interface| match interface.ip() {
            IpAddr::V4(ip) if !ip.is_loopback() => Some(ip),
            _ => None,
        });
    addresses.next()
}

/// What `future` gives, or a failure that says what never came.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: nothing within {PATIENCE:?}"),
    }
}

/// What `future` gives before so much time has passed. However long the machine stalls, it counts as
/// one tick: only a server that waits too long is late, not one that was not let run.
pub async fn within<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> T {
    const TICK: Duration = Duration::from_millis(10);
    let limit_passed = async {
        let mut passed = Duration::ZERO;
        while passed < limit {
            let before = Instant::now();
            tokio::time::sleep(TICK).await;
            passed += before.elapsed().min(2 * TICK);
        }
    };
    tokio::select! {
        value = future => value,
        () = limit_passed => panic!("{what}: not within {limit:?}"),
    }
}

pub struct TestServer {
    pub server: Arc<Server>,
    serving: Option<JoinHandle<anyhow::Result<()>>>,
    folders: TempDir,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With `flags` in place of the tests' own of the same name.
    pub async fn with(flags: &[&str]) -> Self {
        Self::tuned(flags, |_| {}).await
    }

    /// With something changed that no flag changes.
    pub async fn tuned(flags: &[&str], tune: impl FnOnce(&mut Config)) -> Self {
        let folders = folders();
        let mut config = config(folders.path(), flags).expect("the flags are right");
        tune(&mut config);
        let server = Arc::new(Server::bind(config).await.expect("the server starts"));
        let serving = {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.serve().await })
        };
        Self {
            server,
            serving: Some(serving),
            folders,
        }
    }

    pub fn addr(&self) -> SocketAddr {
        let addr = self.server.local_addr();
        match addr.ip().is_unspecified() {
            true => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), addr.port()),
            false => addr,
        }
    }

    pub fn http(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr())
    }

    pub fn https(&self, path: &str) -> String {
        format!("https://{}{path}", self.addr())
    }

    pub fn state_dir(&self) -> PathBuf {
        state_dir(self.folders.path())
    }

    /// Times counted by the server, of a limit that was run into.
    pub async fn refusals(&self, reason: &str) -> u32 {
        let metrics = http::get(self.addr(), "localhost", "/metrics").await.body;
        let series = format!("sightline_refusals_total{{reason=\"{reason}\"}} ");
        let count = metrics.lines().find_map(|line| line.strip_prefix(&series));
        let count = count.unwrap_or_else(|| panic!("no {series}"));
        count.parse().expect("a number")
    }

    /// Asks the server to stop; waits until `serve` has returned.
    pub async fn stop(&mut self) {
        self.server.shutdown();
        let serving = self.serving.take().expect("stopped once");
        let served = soon("the end of serve()", serving).await;
        served
            .expect("serve() does not panic")
            .expect("a clean end");
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.server.shutdown();
    }
}

/// Pages that tell which of the two they are, beside a folder for the certificate.
pub fn folders() -> TempDir {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let assets = dir.path().join("pages/assets");
    fs::create_dir_all(&assets).unwrap();
    fs::write(dir.path().join("pages/index.html"), "<p>the viewer</p>").unwrap();
    fs::write(dir.path().join("pages/phone.html"), "<p>the phone</p>").unwrap();
    fs::write(assets.join("page-1a2b3c.js"), "export {};").unwrap();
    fs::write(assets.join("runtime-1a2b3c.mjs"), "export {};").unwrap();
    fs::write(assets.join("runtime-1a2b3c.wasm"), b"\0asm\x01\0\0\0").unwrap();
    fs::write(dir.path().join("pages/secret.txt"), "not an asset").unwrap();
    dir
}

pub fn state_dir(folders: &Path) -> PathBuf {
    folders.join("state")
}

/// The command line of a small server: everything that a variable of the tester's environment could
/// set is named, but for the runtime library, and for what no value turns off.
pub fn command_line(folders: &Path, flags: &[&str]) -> Vec<String> {
    let pages = folders.join("pages").display().to_string();
    let state = state_dir(folders).display().to_string();
    let defaults = [
        ("--mode", "server"),
        ("--host", "127.0.0.1"),
        ("--port", "0"),
        ("--public-host", PHONE_HOST),
        ("--model", MODEL),
        ("--pages", &pages),
        ("--state-dir", &state),
        ("--score", "0.3"),
        ("--workers", "1"),
        ("--threads", "1"),
        ("--max-frame-bytes", "4194304"),
        ("--max-pixels", "8294400"),
        ("--max-rooms", "1024"),
        ("--room-idle-minutes", "720"),
        ("--room-events", "64"),
        ("--max-connections", "1024"),
        ("--max-connections-per-address", "64"),
        ("--rooms-per-minute", "30"),
        ("--guesses-per-minute", "30"),
        ("--max-header-bytes", "16384"),
        ("--header-timeout", "10"),
        ("--body-timeout", "10"),
        ("--idle-timeout", "60"),
        ("--detect-silence", "60"),
        ("--log-format", "text"),
        ("--ice-server", ""),
        ("--ice-policy", "all"),
        ("--turn-secret", ""),
        ("--turn-user", ""),
        ("--turn-password", ""),
    ];
    let unnamed = |flag: &str| !flags.contains(&flag);
    let defaults = defaults.into_iter().filter(|(flag, _)| unnamed(flag));
    let defaults = defaults.flat_map(|(flag, value)| [flag, value]);
    let line = flags.iter().copied().chain(defaults);
    line.map(str::to_owned).collect()
}

pub fn config(folders: &Path, flags: &[&str]) -> anyhow::Result<Config> {
    let line = command_line(folders, flags);
    let program = std::iter::once("sightline".to_owned());
    Config::try_from(Args::try_parse_from(program.chain(line))?)
}
