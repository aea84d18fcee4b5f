//! At each limit: whoever runs into it is told, or hung up on, and somebody else notices nothing.

use std::net::SocketAddr;

use sightline::protocol::ApiError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::slowness::dawdle;
use super::{CLOSE_POLICY, CLOSE_SIZE};
use crate::common::bystander::with_bystander;
use crate::common::http::{RawAnswer, client, exchange, get};
use crate::common::raw::RawSocket;
use crate::common::rooms::{RoomApi, failure};
use crate::common::{PHONE_HOST, TestServer, other_address, soon};

fn word(answer: &RawAnswer) -> String {
    let told: ApiError = serde_json::from_str(&answer.body).expect("a failure as told");
    assert!(!told.message.is_empty());
    told.error
}

#[tokio::test]
async fn heads_that_are_too_large() {
    let (server, bystander) = with_bystander(&["--max-header-bytes", "9000"]).await;
    let with_header = |bytes: usize| {
        let filler = "x".repeat(bytes);
        format!(
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Filler: {filler}\r\nConnection: close\r\n\r\n"
        )
    };
    let fits = exchange(server.addr(), &with_header(8000)).await;
    assert_eq!(fits.status, 200);
    let too_large = exchange(server.addr(), &with_header(10_000)).await;
    assert_eq!(
        (too_large.status, word(&too_large).as_str()),
        (431, "header_size")
    );
    assert_eq!(
        exchange(server.addr(), &with_header(1 << 20)).await.status,
        431
    );
    let too_many = "X: y\r\n".repeat(1000);
    let too_many = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{too_many}\r\n");
    assert_eq!(exchange(server.addr(), &too_many).await.status, 431);
    assert_eq!(server.refusals("header_size").await, 3);
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn a_detection_socket_that_gives_no_sign_of_life() {
    let (server, bystander) = with_bystander(&["--detect-silence", "2"]).await;
    // It hears pings and answers none.
    let mut silent = RawSocket::connect(server.addr()).await;
    let (code, reason) = silent.expect_close().await;
    assert_eq!(
        (code, reason.as_str()),
        (CLOSE_POLICY, "no sign of life for 2 s")
    );
    assert_eq!(server.refusals("detect_silence").await, 1);
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn a_message_that_is_too_large_is_counted() {
    let (server, bystander) = with_bystander(&["--max-frame-bytes", "50000"]).await;
    let mut client = RawSocket::connect(server.addr()).await;
    client
        .write(&crate::common::raw::masked_head(0x82, 50_001))
        .await;
    assert_eq!(client.expect_close().await.0, CLOSE_SIZE);
    assert_eq!(server.refusals("message_size").await, 1);
    bystander.noticed_nothing().await;
}

/// Who is not even told sees the connection closed, or reset.
async fn is_let_in(addr: SocketAddr) -> bool {
    let heard = dawdle(
        addr,
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        false,
    );
    heard.await.starts_with("HTTP/1.1 200 ")
}

/// Connections that are served, and kept.
async fn take_places(addr: SocketAddr, count: usize) -> Vec<TcpStream> {
    let mut taken = Vec::new();
    for _ in 0..count {
        // A place is taken once an answer has come.
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await
            .unwrap();
        soon("an answer", stream.read_u8()).await.unwrap();
        taken.push(stream);
    }
    taken
}

#[tokio::test]
async fn connections_too_many_of_one_address() {
    let Some(ip) = other_address() else {
        return;
    };
    let flags = [
        ["--host", "0.0.0.0"],
        ["--max-connections-per-address", "3"],
    ]
    .concat();
    let (server, bystander) = with_bystander(&flags).await;
    let port = server.addr().port();
    let there = SocketAddr::new(ip.into(), port);
    let mut taken = take_places(there, 3).await;
    let refused = get(there, "localhost", "/healthz").await;
    assert_eq!(
        (refused.status, word(&refused).as_str()),
        (429, "connections_per_address")
    );
    assert!(refused.headers.contains_key("retry-after"));
    let over_tls = client(&server).get(format!("https://{PHONE_HOST}:{port}/healthz"));
    assert_eq!(
        over_tls.send().await.unwrap().status(),
        200,
        "loopback, a tunnel's end, has no limit of its own"
    );
    // A crowd that says nothing is hung up on as well, and keeps nobody from being told.
    let crowd: Vec<_> = (0..40).map(|_| dawdle(there, b"", false)).collect();
    let crowd = futures_util::future::join_all(crowd);
    drop(taken.pop());
    let let_in = async { while !is_let_in(there).await {} };
    tokio::join!(crowd, soon("a place", let_in));
    assert!(server.refusals("connections_per_address").await > 20);
    bystander.noticed_nothing().await;
}

/// Whoever comes from elsewhere is told; this machine itself has places of its own.
#[tokio::test]
async fn connections_too_many_in_all() {
    let Some(ip) = other_address() else {
        return;
    };
    let server = TestServer::with(&["--host", "0.0.0.0", "--max-connections", "2"]).await;
    let there = SocketAddr::new(ip.into(), server.addr().port());
    let taken = take_places(there, 2).await;
    let refused = get(there, "localhost", "/healthz").await;
    assert_eq!(
        (refused.status, word(&refused).as_str()),
        (503, "connections")
    );
    let here = get(server.addr(), "localhost", "/healthz").await;
    assert_eq!(here.status, 200);
    assert!(server.refusals("connections").await > 0);
    drop(taken);
    soon("a place", async { while !is_let_in(there).await {} }).await;
}

#[tokio::test]
async fn rooms_asked_for_without_end() {
    let (server, bystander) = with_bystander(&["--rooms-per-minute", "3"]).await;
    let elsewhere = client(&server);
    let address = format!("https://{PHONE_HOST}:{}/api/rooms", server.addr().port());
    let mut made = 0;
    // Tokens come back while this runs; the limit is that they do so slowly.
    let refused = loop {
        let answer = elsewhere.post(&address).send().await.unwrap();
        if answer.status() != 200 {
            break answer;
        }
        made += 1;
        assert!(made < 100, "there is no limit");
    };
    assert!(made >= 3, "{made}");
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(failure(refused).await, (429, "rooms_per_minute".to_owned()));
    assert_eq!(server.refusals("rooms_per_minute").await, 1);
    for _ in 0..10 {
        RoomApi::of(&server).create().await;
    }
    bystander.noticed_nothing().await;
}

/// The last guess is the key itself, and it is not heard: the answer would tell.
#[tokio::test]
async fn keys_are_not_guessed_without_end() {
    let flags = [
        ["--access-key", "correct-horse-battery"],
        ["--guesses-per-minute", "3"],
    ]
    .concat();
    let (server, bystander) = with_bystander(&flags).await;
    let elsewhere = client(&server);
    let address = format!("https://{PHONE_HOST}:{}/api/access", server.addr().port());
    let guess = async |key: &str| {
        elsewhere
            .get(&address)
            .bearer_auth(key)
            .send()
            .await
            .unwrap()
    };
    let mut guesses = 0;
    while guess("wrong").await.status() == 401 {
        guesses += 1;
        assert!(guesses < 100, "there is no limit");
    }
    assert!(guesses >= 3, "{guesses}");
    let right = guess("correct-horse-battery").await;
    assert!(right.headers().contains_key("retry-after"));
    assert_eq!(failure(right).await, (429, "guesses".to_owned()));
    let without = elsewhere.get(&address).send().await.unwrap();
    assert_eq!(without.status(), 401, "no guess at all");
    assert!(server.refusals("guesses").await >= 2);
    RoomApi::of(&server).create().await;
    bystander.noticed_nothing().await;
}

/// Tokens cannot be guessed: who has one is heard whatever others do.
#[tokio::test]
async fn wrong_tokens_without_end_keep_no_right_one_out() {
    let (server, bystander) = with_bystander(&["--guesses-per-minute", "3"]).await;
    let room = RoomApi::of(&server).create().await;
    let elsewhere = client(&server);
    let join = async |token: &str| {
        let address = format!(
            "https://{PHONE_HOST}:{}/api/join/{token}",
            server.addr().port()
        );
        elsewhere.get(address).send().await.unwrap()
    };
    let mut guesses = 0;
    while join("wrong").await.status() == 404 {
        guesses += 1;
        assert!(guesses < 100, "there is no limit");
    }
    assert!(guesses >= 3, "{guesses}");
    assert_eq!(join(&room.phone_token).await.status(), 200);
    assert!(server.refusals("wrong_token").await >= 3);
    bystander.noticed_nothing().await;
}
