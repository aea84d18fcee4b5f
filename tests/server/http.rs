//! Pages, files, what the server says of itself, and which requests it takes at all.

mod answers;
mod connections;
mod files;
mod guard;
mod hosts;
mod trust;

use crate::common::TestServer;
use crate::common::http::plain_client;
use serde_json::Value;

async fn body(server: &TestServer, path: &str) -> Value {
    let answer = plain_client().get(server.http(path)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}
