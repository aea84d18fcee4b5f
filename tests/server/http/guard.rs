//! By which names, from whose pages and with which key a request is heard.

use reqwest::{Client, StatusCode};
use sightline::protocol::{ApiError, RoomCreated};

use crate::common::http::{RawAnswer, UPGRADE, client, exchange, get, head, plain_client};
use crate::common::rooms::{RoomApi, failure};
use crate::common::{PHONE_HOST, TestServer, other_address};

const KEY: &str = "correct-horse-battery";

fn told(answer: &RawAnswer) -> ApiError {
    serde_json::from_str(&answer.body)
        .unwrap_or_else(|_| panic!("no failure as told: {}", answer.body))
}

/// Over both transports, and for whatever is asked: no page of a name of somebody else's gets an answer.
#[tokio::test]
async fn a_name_that_is_nobodys_here_is_refused() {
    let server = TestServer::start().await;
    for host in [
        "evil.example",
        "evil.example:3000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "phone.example.evil.example",
        "[::1].evil.example",
    ] {
        for path in [
            "/",
            "/api/config",
            "/j/token",
            "/healthz",
            "/metrics",
            "/nowhere",
        ] {
            let plain = get(server.addr(), host, path).await;
            let malformed = host.starts_with('[');
            assert_eq!(
                plain.status,
                if malformed { 400 } else { 421 },
                "{host}{path}"
            );
            assert!(
                !plain.headers.contains_key("location"),
                "not even led to HTTPS"
            );
        }
    }
    let over_tls = client(&server)
        .get(server.https("/"))
        .header("host", "evil.example");
    let refused = over_tls.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::MISDIRECTED_REQUEST);
    let told: ApiError = refused.json().await.unwrap();
    assert_eq!(told.error, "foreign_host");
    assert!(
        told.message.contains("--allow-host evil.example"),
        "{}",
        told.message
    );
}

#[tokio::test]
async fn names_of_this_server_and_addresses_are_heard() {
    let flags = ["--allow-host", "extra.example,other.example"];
    let server = TestServer::with(&flags).await;
    let own = gethostname::gethostname().to_string_lossy().into_owned();
    let by_mdns = format!("{}.local:3000", own.split('.').next().unwrap());
    for host in [
        "192.168.1.5",
        "[fd00::2]:3000",
        "[fe80::1%25eth0]:3000",
        PHONE_HOST,
        "PHONE.example.",
        "extra.example",
        "other.example:8443",
        &own,
        &by_mdns,
    ] {
        let plain = get(server.addr(), host, "/healthz").await;
        assert_eq!(plain.status, 308, "{host} is led to HTTPS");
        let over_tls = client(&server)
            .get(server.https("/healthz"))
            .header("host", host);
        assert_eq!(over_tls.send().await.unwrap().status(), 200, "{host}");
    }
    for host in ["localhost.", "LOCALHOST", "[::1]:3000"] {
        assert_eq!(
            get(server.addr(), host, "/healthz").await.status,
            200,
            "{host}"
        );
    }
    let twice = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert_eq!(exchange(server.addr(), twice).await.status, 400);
}

#[tokio::test]
async fn pages_of_other_origins_may_not_post() {
    let server = TestServer::start().await;
    let own = server.http("");
    let post = async |headers: &str, path: &str| {
        let host = server.addr();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        exchange(server.addr(), &request).await
    };
    assert_eq!(post("", "/api/rooms").await.status, 200, "no browser");
    assert_eq!(
        post(&format!("Origin: {own}\r\n"), "/api/rooms")
            .await
            .status,
        200
    );
    let evil = [
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://localhost:5173\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        &format!("Origin: {own}\r\nOrigin: https://evil.example\r\n"),
        &format!("Origin: {own}\r\nSec-Fetch-Site: cross-site\r\n"),
    ];
    for headers in evil {
        for path in ["/api/rooms", "/api/rooms/some/signal?token=x", "/nowhere"] {
            let refused = post(headers, path).await;
            assert_eq!(refused.status, 403, "{headers}");
            assert_eq!(told(&refused).error, "foreign_origin");
        }
    }
    assert!(
        told(&post(evil[0], "/").await)
            .message
            .contains("another web site")
    );
    let reading = format!(
        "GET /api/config HTTP/1.1\r\nHost: {}\r\n{}Connection: close\r\n\r\n",
        server.addr(),
        evil[0]
    );
    let read = exchange(server.addr(), &reading).await;
    assert_eq!(read.status, 200, "the browser keeps it from that page");
    assert!(!read.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn pages_of_other_origins_may_not_open_a_web_socket() {
    let server = TestServer::start().await;
    let status = async |origin: &str| {
        let headers = format!("{UPGRADE}Origin: {origin}\r\n");
        head(server.addr(), "/api/detect", &headers).await.status
    };
    assert_eq!(status(&server.http("")).await, 101);
    for origin in [
        "http://evil.example",
        "null",
        "http://localhost:5173",
        "https://evil.example:3000",
    ] {
        assert_eq!(status(origin).await, 403, "{origin}");
    }
}

/// The browser's page has the tunnel's name; the tunnel passes that on, or puts its own into Host.
#[tokio::test]
async fn pages_behind_a_tunnel_are_our_own() {
    let server = TestServer::with(&[
        "--public-host",
        "https://tunnel.example",
        "--allow-host",
        "proxy.example",
    ])
    .await;
    let behind = client(&server);
    let post = async |host: &str, origin: &str| {
        let request = behind.post(server.https("/api/rooms"));
        let request = request.header("host", host).header("origin", origin);
        let request = request
            .header("x-forwarded-for", "203.0.113.7")
            .header("sec-fetch-site", "same-origin");
        request.send().await.unwrap().status()
    };
    assert_eq!(post("tunnel.example", "https://tunnel.example").await, 200);
    assert_eq!(post("localhost:3000", "https://tunnel.example").await, 200);
    assert_eq!(post("localhost:3000", "https://proxy.example").await, 200);
    assert_eq!(post("tunnel.example", "https://evil.example").await, 403);
    assert_eq!(post("tunnel.example", "http://tunnel.example").await, 403);
}

/// Somebody on another machine, as far as the server can tell: through a tunnel, by the phones' name.
struct Elsewhere {
    http: Client,
    server: TestServer,
}

impl Elsewhere {
    async fn with(flags: &[&str]) -> Self {
        let server = TestServer::with(flags).await;
        let http = client(&server);
        Self { http, server }
    }

    fn at(&self, path: &str) -> String {
        format!("https://{PHONE_HOST}:{}{path}", self.server.addr().port())
    }

    async fn new_room(&self, key: Option<&str>) -> reqwest::Response {
        let mut request = self.http.post(self.at("/api/rooms"));
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        request.send().await.unwrap()
    }

    /// The status of a WebSocket's opening.
    async fn detect(&self, query: &str) -> StatusCode {
        let request = self.http.get(self.at(&format!("/api/detect{query}")));
        let request = request
            .header("connection", "upgrade")
            .header("upgrade", "websocket");
        let request = request.header("sec-websocket-version", "13");
        let request = request.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        request.send().await.unwrap().status()
    }
}

#[tokio::test]
async fn without_an_access_key_all_may() {
    let elsewhere = Elsewhere::with(&[]).await;
    assert_eq!(elsewhere.new_room(None).await.status(), 200);
    assert_eq!(elsewhere.detect("").await, 101);
    let access = elsewhere.http.get(elsewhere.at("/api/access")).send().await;
    assert_eq!(access.unwrap().status(), 204);
}

#[tokio::test]
async fn the_access_key_guards_rooms_and_detection() {
    let elsewhere = Elsewhere::with(&["--access-key", KEY]).await;
    let refused = elsewhere.new_room(None).await;
    assert_eq!(
        refused.headers()["www-authenticate"],
        "Bearer realm=\"sightline\""
    );
    let (status, word) = failure(refused).await;
    assert_eq!((status, word.as_str()), (401, "access_key"));
    for wrong in [
        "",
        "wrong",
        "correct-horse-batter",
        "correct-horse-battery1",
    ] {
        assert_eq!(
            elsewhere.new_room(Some(wrong)).await.status(),
            401,
            "{wrong}"
        );
        assert_eq!(
            elsewhere.detect(&format!("?key={wrong}")).await,
            401,
            "{wrong}"
        );
    }
    assert_eq!(elsewhere.detect("").await, 401);
    assert_eq!(elsewhere.detect(&format!("?timing=1&key={KEY}")).await, 101);
    let in_address = elsewhere.at(&format!("/api/rooms?key={KEY}"));
    let in_address = elsewhere.http.post(in_address).send().await.unwrap();
    assert_eq!(
        in_address.status(),
        401,
        "addresses are for WebSockets only"
    );
    let access = elsewhere
        .http
        .get(elsewhere.at("/api/access"))
        .bearer_auth(KEY);
    assert_eq!(access.send().await.unwrap().status(), 204);
    let room = elsewhere.new_room(Some(KEY)).await;
    let room: RoomCreated = room.json().await.expect("a room");
    // A phone's token is enough for all that a phone does, from wherever.
    for path in [
        format!("/j/{}", room.phone_token),
        format!("/api/join/{}", room.phone_token),
    ] {
        assert_eq!(
            elsewhere
                .http
                .get(elsewhere.at(&path))
                .send()
                .await
                .unwrap()
                .status(),
            200
        );
    }
    let events = format!("/api/rooms/{}/events?token={}", room.room, room.phone_token);
    assert_eq!(
        elsewhere
            .http
            .get(elsewhere.at(&events))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}

/// No key where one sits at the computer. What a tunnel passes on comes from there, too, and is told by
/// its Host, or by what proxies add.
#[tokio::test]
async fn this_machine_itself_needs_no_key() {
    let server = TestServer::with(&["--access-key", KEY]).await;
    RoomApi::of(&server).create().await;
    assert_eq!(
        head(server.addr(), "/api/detect", UPGRADE).await.status,
        101
    );
    for proxy in [
        "x-forwarded-for",
        "forwarded",
        "via",
        "cf-connecting-ip",
        "x-real-ip",
    ] {
        let passed_on = plain_client()
            .post(server.http("/api/rooms"))
            .header(proxy, "127.0.0.1");
        assert_eq!(passed_on.send().await.unwrap().status(), 401, "{proxy}");
    }
}

/// Where the server listens on one address of the network only, this machine comes from that one.
#[tokio::test]
async fn this_machine_is_known_by_the_only_address_that_is_listened_on() {
    let Some(ip) = other_address() else {
        return;
    };
    let server = TestServer::with(&["--host", &ip.to_string(), "--access-key", KEY]).await;
    let rooms = server.server.viewer_url() + "api/rooms";
    let ask = || client(&server).post(&rooms);
    let passed_on = ask().header("x-forwarded-for", "192.0.2.9");
    assert_eq!(passed_on.send().await.unwrap().status(), 401);
    // What a program on this machine passes on without a mark comes from its address, too.
    let port = server.addr().port();
    let elsewhere = [
        PHONE_HOST.to_owned(),
        format!("{ip}:{}", port ^ 1),
        format!("192.0.2.9:{port}"),
    ];
    for host in elsewhere {
        let visitor = ask().header("host", &host);
        assert_eq!(visitor.send().await.unwrap().status(), 401, "{host}");
    }
    let room: RoomCreated = ask().send().await.unwrap().json().await.unwrap();
    assert_eq!(Some(room.join_url), server.server.join_url());
}
