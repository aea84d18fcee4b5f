//! `GET /metrics`: that it is well formed, that it counts what happened, and the dashboard that draws it.

mod counts;
mod dashboard;
mod exposition;
mod form;

use std::io::Write;
use std::process::{Command, Stdio};

use crate::common::http::plain_client;
use crate::common::{TestServer, say_skipped, soon};
use exposition::Exposition;

async fn text(server: &TestServer) -> String {
    let answer = plain_client().get(server.http("/metrics")).send().await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

async fn scrape(server: &TestServer) -> Exposition {
    Exposition::parse(&text(server).await)
}

/// Scrapes until `happened`: the server notices some things (a client that left) a moment later.
async fn scrape_until(
    server: &TestServer,
    what: &str,
    happened: impl Fn(&Exposition) -> bool,
) -> Exposition {
    let scraping = async {
        loop {
            let metrics = scrape(server).await;
            if happened(&metrics) {
                break metrics;
            }
        }
    };
    soon(what, scraping).await
}

/// What Prometheus's own checker makes of `input`, where it is installed: its verdict and its words.
fn promtool(arguments: &[&str], input: &str) -> Option<(bool, String)> {
    let spawned = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = spawned else {
        say_skipped("promtool is not on the PATH");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    Some((output.status.success(), told))
}
