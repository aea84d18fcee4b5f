//! Stopping: every connection is told, and the server is gone within two seconds.

use std::time::Duration;

use crate::common::detect::DetectClient;
use crate::common::rooms::RoomApi;
use crate::common::{TestServer, http, soon, within};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

const CLOSE_AWAY: u16 = 1001;
/// What an operator may rely on.
const LIMIT: Duration = Duration::from_secs(2);

#[tokio::test]
async fn sockets_and_streams_are_told() {
    let mut server = TestServer::start().await;
    let mut plain = DetectClient::connect(&server).await;
    let mut tls = DetectClient::over_tls(&server).await;
    plain.expect_alive().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let mut events = rooms.viewer(&room, "").await;
    within(LIMIT, "the end", server.stop()).await;
    assert!(
        plain
            .expect_close(CLOSE_AWAY)
            .await
            .contains("shutting down")
    );
    tls.expect_close(CLOSE_AWAY).await;
    events.expect_end().await;
}

/// One that sends all the time, so that there is always something unread when the server stops.
#[tokio::test]
async fn a_busy_client_is_told() {
    let mut server = TestServer::start().await;
    let DetectClient {
        sender,
        mut receiver,
    } = DetectClient::connect(&server).await;
    let sending = tokio::spawn(sender.flood());
    for _ in 0..5 {
        receiver.next_answer().await;
    }
    let told = receiver.expect_close_in_the_end(CLOSE_AWAY);
    let stopped = async { tokio::join!(server.stop(), told) };
    within(LIMIT, "the end and its reason", stopped).await;
    sending.abort();
}

#[tokio::test]
async fn silent_and_half_finished_connections_do_not_hold_it_up() {
    let mut server = TestServer::start().await;
    let mut open = Vec::new();
    let beginnings: [&[u8]; 5] = [
        b"",
        b"GET / HT",
        b"\x16\x03\x01",
        b"POST /api/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
        b"POST /api/rooms/x/signal?token=x HTTP/1.1\r\nHost: localhost\r\n\
          Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    ];
    for beginning in beginnings {
        use tokio::io::AsyncWriteExt;
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        open.push(stream);
    }
    // It has been served, so the connections before it have been accepted.
    let idle = http::plain_client();
    let answer = idle.get(server.http("/healthz")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    within(LIMIT, "the end", server.stop()).await;
}

#[tokio::test]
async fn a_stopped_server_takes_no_more_and_frees_its_port() {
    let mut server = TestServer::start().await;
    let addr = server.addr();
    server.stop().await;
    drop(server);
    // If anybody accepts, it is another program that was given the port since.
    match TcpStream::connect(addr).await {
        Err(_) => {}
        Ok(mut stream) => {
            let read = soon("the end", stream.read(&mut [0])).await;
            assert!(!matches!(read, Ok(1..)), "somebody answers");
        }
    }
}
