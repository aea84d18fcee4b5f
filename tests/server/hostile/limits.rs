//! At each limit: whoever runs into it is told, or hung up on, and somebody else notices nothing.

use std::net::SocketAddr;
use std::time::Duration;

use sightline::protocol::ApiError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::{CLOSE_POLICY, CLOSE_SIZE};
use crate::common::bystander::with_bystander;
use crate::common::http::{RawAnswer, client, exchange, get};
use crate::common::raw::RawSocket;
use crate::common::rooms::{RoomApi, failure};
use crate::common::{PHONE_HOST, TestServer, other_address, soon};

/// Times counted by the server, of a limit that was run into.
async fn refusals(server: &TestServer, reason: &str) -> u32 {
    let metrics = get(server.addr(), "localhost", "/metrics").await.body;
    let series = format!("sightline_refusals_total{{reason=\"{reason}\"}} ");
    let count = metrics.lines().find_map(|line| line.strip_prefix(&series));
    count
        .unwrap_or_else(|| panic!("no {series}"))
        .parse()
        .unwrap()
}

fn word(answer: &RawAnswer) -> String {
    let told: ApiError = serde_json::from_str(&answer.body).expect("a failure as told");
    assert!(!told.message.is_empty());
    told.error
}

/// Says `bytes` and then, if `drip`, one more again and again; ends when the server hangs up.
async fn dawdle(addr: SocketAddr, bytes: &[u8], drip: bool) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    if stream.write_all(bytes).await.is_err() {
        return String::new();
    }
    let (mut reader, mut writer) = stream.into_split();
    let dripping = async {
        while drip && writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::future::pending().await
    };
    let mut heard = Vec::new();
    tokio::select! {
        // Reset or closed: either is an end.
        _ = soon("the server's end of it", reader.read_to_end(&mut heard)) => {}
        () = dripping => {}
    }
    String::from_utf8_lossy(&heard).into_owned()
}

/// Every place but the bystander's is taken by somebody slow; each gives it back when its time is over.
#[tokio::test]
async fn slow_clients_free_their_places_in_time() {
    let flags = [
        ["--max-connections", "10"],
        ["--header-timeout", "1"],
        ["--body-timeout", "1"],
        ["--idle-timeout", "1"],
    ];
    let (server, bystander) = with_bystander(&flags.concat()).await;
    let addr = server.addr();
    let post = "POST /api/rooms/r/signal?token=t HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let half_body = format!("{post}Content-Length: 60000\r\n\r\n{{");
    let drip_body = format!("{post}Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\nf000\r\n");
    let hello = [0x16, 3, 1, 2, 0, 1, 0];
    let (silent, half_hello, drip_hello, half_head, drip_head, half_body, drip_body, kept) = tokio::join!(
        dawdle(addr, b"", false),
        dawdle(addr, &hello, false),
        dawdle(addr, &hello, true),
        dawdle(addr, b"GET /healthz HTTP/1.1\r\nHost: loc", false),
        dawdle(
            addr,
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ",
            true
        ),
        dawdle(addr, half_body.as_bytes(), false),
        dawdle(addr, drip_body.as_bytes(), true),
        dawdle(
            addr,
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
            false
        ),
    );
    for unheard in [silent, half_hello, drip_hello, half_head, drip_head] {
        assert!(!unheard.contains("HTTP/1.1 200"), "{unheard}");
    }
    assert!(kept.starts_with("HTTP/1.1 200 "), "{kept}");
    for too_late in [half_body, drip_body] {
        assert!(
            too_late.starts_with("HTTP/1.1 408 ") && too_late.contains("body_timeout"),
            "{too_late}"
        );
    }
    assert_eq!(refusals(&server, "header_timeout").await, 5);
    assert_eq!(refusals(&server, "body_timeout").await, 2);
    bystander.noticed_nothing().await;
}

/// The second request on a connection has the time that the first one had, however long it was idle.
#[tokio::test]
async fn a_kept_connection_is_not_a_slow_head() {
    let flags = [["--header-timeout", "1"], ["--idle-timeout", "3600"]].concat();
    let (server, bystander) = with_bystander(&flags).await;
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut answer = [0; 12];
    stream.write_all(request).await.unwrap();
    soon("an answer", stream.read_exact(&mut answer))
        .await
        .unwrap();
    // Somebody else who is late by then has waited longer than this one may take for a head.
    dawdle(server.addr(), b"GET / HT", false).await;
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut rest = String::new();
    soon("the other answer", stream.read_to_string(&mut rest))
        .await
        .unwrap();
    assert!(rest.contains("HTTP/1.1 200 "), "{rest}");
    // And its head has to come in time as well.
    let twice = [&request[..], b"GET /healthz HTTP/1.1\r\n"].concat();
    dawdle(server.addr(), &twice, true).await;
    assert_eq!(refusals(&server, "header_timeout").await, 2);
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn who_takes_nothing_of_the_answer_is_hung_up_on() {
    let (server, bystander) = with_bystander(&["--idle-timeout", "1"]).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server.addr()).await.unwrap();
    let request = b"GET /models/model.onnx HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let counted = async { while refusals(&server, "answer_timeout").await == 0 {} };
    soon("the server's giving up", counted).await;
    bystander.noticed_nothing().await;
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
    assert_eq!(refusals(&server, "header_size").await, 3);
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
    assert_eq!(refusals(&server, "detect_silence").await, 1);
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
    assert_eq!(refusals(&server, "message_size").await, 1);
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
        return println!("skipped: this machine has no address but loopback");
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
    assert!(refusals(&server, "connections_per_address").await > 20);
    bystander.noticed_nothing().await;
}

/// Whoever comes from elsewhere is told; this machine itself has places of its own.
#[tokio::test]
async fn connections_too_many_in_all() {
    let Some(ip) = other_address() else {
        return println!("skipped: this machine has no address but loopback");
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
    assert!(refusals(&server, "connections").await > 0);
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
    assert_eq!(refusals(&server, "rooms_per_minute").await, 1);
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
    assert!(refusals(&server, "guesses").await >= 2);
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
    assert!(refusals(&server, "wrong_token").await >= 3);
    bystander.noticed_nothing().await;
}
