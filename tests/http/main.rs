//! Pages, files, what the server says of itself, and which requests it takes at all.

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod connections;
mod files;
mod guard;
mod hosts;
mod trust;

use common::TestServer;
use common::http::plain_client;
use serde_json::Value;

async fn body(server: &TestServer, path: &str) -> Value {
    let answer = plain_client().get(server.http(path)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}
