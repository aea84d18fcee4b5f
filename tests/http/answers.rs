//! What holds for every answer.

use sightline::protocol::ApiError;

use crate::common::TestServer;
use crate::common::http::{RawAnswer, exchange, get};

const SECURITY_HEADERS: [&str; 7] = [
    "content-security-policy",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
];

#[tokio::test]
async fn every_answer_says_what_browsers_may_do() {
    let server = TestServer::start().await;
    let paths = [
        "/",
        "/j/wrong",
        "/assets/page-1a2b3c.js",
        "/models/manifest.json",
        "/healthz",
    ];
    let failures = ["/nowhere", "/api/detect", "/models/none"];
    let has_all = |answer: &RawAnswer, what: &str| {
        for header in SECURITY_HEADERS {
            assert!(answer.headers.contains_key(header), "{what}: {header}");
        }
    };
    for path in paths.into_iter().chain(failures) {
        has_all(&get(server.addr(), "localhost", path).await, path);
    }
    has_all(
        &get(server.addr(), "elsewhere.example", "/").await,
        "a redirect",
    );
    has_all(&get(server.addr(), "<", "/").await, "a refusal");
}

#[tokio::test]
async fn the_policy_lets_pages_reach_nobody_else() {
    let server = TestServer::start().await;
    let page = get(server.addr(), "localhost", "/").await;
    let policy = &page.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    for loose in ["unsafe-inline", "unsafe-eval'", "http:", "https:", "*"] {
        let loose_found = policy.replace("'wasm-unsafe-eval'", "").contains(loose);
        assert!(!loose_found, "{loose} in {policy}");
    }
    assert_eq!(page.headers["cross-origin-opener-policy"], "same-origin");
    assert_eq!(page.headers["cross-origin-embedder-policy"], "require-corp");
    assert!(page.headers["permissions-policy"].contains("camera=(self)"));
}

/// `ApiError` is the body of every answer that is not a success (the phone's page apart).
#[tokio::test]
async fn every_failure_is_told_in_one_form() {
    let server = TestServer::start().await;
    let requests = [
        ("GET", "/nowhere", 404),
        ("GET", "/api/join/nobody", 404),
        ("GET", "/api/join/%ff", 400),
        ("GET", "/models/none", 404),
        ("GET", "/assets/none", 404),
        ("GET", "/api/rooms", 405),
        ("POST", "/healthz", 405),
        ("POST", "/", 405),
        ("GET", "/api/detect", 400),
        ("GET", "/api/detect?timing=x", 400),
    ];
    let mut untold = Vec::new();
    for (method, path, status) in requests {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let answer = exchange(server.addr(), &request).await;
        assert_eq!(answer.status, status, "{method} {path}");
        if serde_json::from_str::<ApiError>(&answer.body).is_err() {
            untold.push((method, path, answer.body));
        }
    }
    assert!(untold.is_empty(), "{untold:?}");
}
