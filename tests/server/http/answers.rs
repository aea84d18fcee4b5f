//! What holds for every answer.

use sightline::protocol::ApiError;

use crate::common::http::{RawAnswer, UPGRADE, exchange, get, head};
use crate::common::rooms::RoomApi;
use crate::common::{PHONE_HOST, TestServer};

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
    let redirect = get(server.addr(), PHONE_HOST, "/").await;
    assert_eq!(redirect.status, 308);
    has_all(&redirect, "a redirect");
    for (host, status) in [("<", 400), ("evil.example", 421)] {
        let refusal = get(server.addr(), host, "/").await;
        assert_eq!(refusal.status, status);
        has_all(&refusal, "a refusal");
    }
    let room = RoomApi::of(&server).create().await;
    let events = format!(
        "/api/rooms/{}/events?token={}",
        room.room, room.viewer_token
    );
    has_all(
        &head(server.addr(), &events, "").await,
        "a stream of events",
    );
    let upgraded = head(server.addr(), "/api/detect", UPGRADE).await;
    assert_eq!(upgraded.status, 101);
    has_all(&upgraded, "an upgrade");
}

/// A page that needs no camera cannot get one, whatever script should come to run in it.
#[tokio::test]
async fn only_the_phone_page_may_film() {
    let server = TestServer::start().await;
    let policy = async |path| {
        let answer = get(server.addr(), "localhost", path).await;
        answer.headers["permissions-policy"].clone()
    };
    let on_phones = policy("/j/some-token").await;
    assert!(on_phones.contains("camera=(self)") && on_phones.contains("screen-wake-lock=(self)"));
    for path in ["/", "/assets/page-1a2b3c.js", "/api/config", "/nowhere"] {
        assert!(policy(path).await.contains("camera=()"), "{path}");
    }
    for path in ["/", "/j/some-token"] {
        assert!(policy(path).await.contains("microphone=()"), "{path}");
        // One host serves plain HTTP on localhost, too: no promise that all of it is HTTPS.
        let page = get(server.addr(), "localhost", path).await;
        assert!(!page.headers.contains_key("strict-transport-security"));
    }
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
