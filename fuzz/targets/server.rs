//! The real server on a free port, in the fuzzer's own process, so that its code is followed as well.

use std::net::SocketAddr;
use std::sync::OnceLock;

use clap::Parser;
use sightline::{Args, Config, Server};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Kept while the process lives.
struct Running {
    addr: SocketAddr,
    _runtime: Runtime,
    _state: TempDir,
}

pub fn addr() -> SocketAddr {
    static RUNNING: OnceLock<Running> = OnceLock::new();
    RUNNING.get_or_init(start).addr
}

fn start() -> Running {
    // The server finds the model and the pages from there.
    std::env::set_current_dir(ROOT).expect("the project's folder");
    let state = tempfile::tempdir().expect("a folder for its state");
    let state_dir = state.path().display().to_string();
    let line = [
        "sightline",
        "--mode",
        "server",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--public-host",
        "phone.example",
        "--workers",
        "1",
        "--threads",
        "1",
        "--state-dir",
        &state_dir,
    ];
    let line = line.into_iter().chain(crate::drive::PATIENT);
    let args = Args::try_parse_from(line).expect("good options");
    let config = Config::try_from(args).expect("a built project: ./start.sh once");
    let runtime = Runtime::new().expect("threads");
    let server = runtime
        .block_on(Server::bind(config))
        .expect("the server starts");
    let addr = server.local_addr();
    runtime.spawn(async move { server.serve().await });
    Running {
        addr,
        _runtime: runtime,
        _state: state,
    }
}
