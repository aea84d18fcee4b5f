//! Connections that are not as they should be.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::body;
use crate::common::http::client;
use crate::common::{TestServer, soon};

#[tokio::test]
async fn clients_that_say_nothing_hold_nobody_up() {
    let server = TestServer::start().await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(server.addr()).await.unwrap());
    }
    let half_said = TcpStream::connect(server.addr()).await.unwrap();
    half_said.writable().await.unwrap();
    half_said.try_write(b"GET / HT").unwrap();
    let half_shaken = TcpStream::connect(server.addr()).await.unwrap();
    half_shaken.writable().await.unwrap();
    half_shaken.try_write(&[0x16, 3, 1]).unwrap();
    assert_eq!(body(&server, "/healthz").await["status"], "ok");
    let over_tls = client(&server).get(server.https("/healthz")).send();
    assert_eq!(over_tls.await.unwrap().status(), 200);
}

#[tokio::test]
async fn bytes_that_are_no_http_are_hung_up_on() {
    let server = TestServer::start().await;
    for bytes in [
        "\0\0\0\0",
        "\x16\x03\x01\x7f\x7fgarbage",
        "HELO mail\r\n\r\n",
        "GET\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let hung_up = soon("the end", stream.read_to_end(&mut answer)).await;
        hung_up.expect("closed in good order");
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{bytes:?}");
    }
    assert_eq!(body(&server, "/healthz").await["status"], "ok");
}
