//! Whoever is slow is told so, or hung up on, and somebody else notices nothing.

use std::net::SocketAddr;
use std::time::Duration;

use sightline::protocol::ApiError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

use crate::common::bystander::with_bystander;
use crate::common::http::trust;
use crate::common::{PHONE_HOST, TestServer, soon};

/// Seconds for a head. It bounds what these clients do in earnest as well, a handshake or the way to their first
/// word: time enough for that on a machine that stalls.
const FOR_A_HEAD: [&str; 2] = ["--header-timeout", "3"];

/// Says `bytes` and then, if `drip`, one more again and again; ends when the server hangs up.
pub async fn dawdle(addr: SocketAddr, bytes: &[u8], drip: bool) -> String {
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

/// It came too late, and is told what did.
fn assert_told(answer: &str, word: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
    assert!(head.starts_with("HTTP/1.1 408 "), "{answer}");
    let told: ApiError = serde_json::from_str(body).expect("a failure as told");
    assert_eq!(told.error, word);
    assert!(!told.message.is_empty());
}

/// Every place but the bystander's is taken by somebody slow; each gives it back when its time is over.
#[tokio::test]
async fn slow_clients_free_their_places_in_time() {
    let flags = [
        ["--max-connections", "10"],
        FOR_A_HEAD,
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
    for nobody in [silent, half_hello, drip_hello] {
        assert_eq!(nobody, "", "nobody who asks for anything");
    }
    for too_late in [half_head, drip_head] {
        assert_told(&too_late, "header_timeout");
    }
    assert!(kept.starts_with("HTTP/1.1 200 "), "{kept}");
    for too_late in [half_body, drip_body] {
        assert_told(&too_late, "body_timeout");
    }
    assert_eq!(server.refusals("header_timeout").await, 5);
    assert_eq!(server.refusals("body_timeout").await, 2);
    bystander.noticed_nothing().await;
}

/// The second request on a connection has the time that the first one had, however long it was idle.
#[tokio::test]
async fn a_kept_connection_is_not_a_slow_head() {
    let flags = [FOR_A_HEAD, ["--idle-timeout", "3600"]].concat();
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
    let heard = dawdle(server.addr(), &twice, true).await;
    let (first, second) = heard.split_at(heard.rfind("HTTP/1.1 ").unwrap());
    assert!(first.starts_with("HTTP/1.1 200 "), "{heard}");
    assert_told(second, "header_timeout");
    assert_eq!(server.refusals("header_timeout").await, 2);
    bystander.noticed_nothing().await;
}

/// Behind its handshake a head is as late as one in the clear, and is told so; who asks for nothing is not.
#[tokio::test]
async fn a_slow_head_is_told_over_tls_too() {
    let server = TestServer::with(&FOR_A_HEAD).await;
    let tls = TlsConnector::from(trust(&server));
    let dawdle = async |bytes: &[u8]| {
        let stream = TcpStream::connect(server.addr()).await.unwrap();
        let host = PHONE_HOST.try_into().unwrap();
        let mut stream = tls.connect(host, stream).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut heard = String::new();
        let reading = stream.read_to_string(&mut heard);
        soon("the server's end of it", reading).await.map(|_| heard)
    };
    let (half, none) = tokio::join!(dawdle(b"GET /healthz HTTP/1.1\r\nHost: "), dawdle(b""));
    assert_told(&half.expect("a clean end"), "header_timeout");
    assert_eq!(none.unwrap_or_default(), "");
    assert_eq!(server.refusals("header_timeout").await, 2);
}

#[tokio::test]
async fn who_takes_nothing_of_the_answer_is_hung_up_on() {
    let (server, bystander) = with_bystander(&["--idle-timeout", "1"]).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server.addr()).await.unwrap();
    let request = b"GET /models/model.onnx HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let counted = async { while server.refusals("answer_timeout").await == 0 {} };
    soon("the server's giving up", counted).await;
    bystander.noticed_nothing().await;
}
