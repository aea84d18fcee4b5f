//! Bytes that are no WebSocket, and clients that go without a word.

use tokio::io::AsyncWriteExt;

use super::{CLOSE_INVALID, CLOSE_PROTOCOL};
use crate::common::bystander::with_bystander;
use crate::common::detect::{CAPTURE_TS, DetectClient, frame};
use crate::common::raw::{BINARY, CLOSE, FIN, PING, RawSocket, TEXT, masked, unmasked};
use crate::common::{PEOPLE, soon};

/// Bytes that no WebSocket client may send.
async fn assert_wire_closes(bytes: &[u8], code: u16) {
    let (server, bystander) = with_bystander(&[]).await;
    let mut client = RawSocket::connect(server.addr()).await;
    client.write(bytes).await;
    let (heard, reason) = client.expect_close().await;
    assert_eq!(heard, code, "{reason}");
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn text_that_is_no_utf8() {
    assert_wire_closes(&masked(FIN | TEXT, b"\xFF\xFE\x80"), CLOSE_INVALID).await;
}

#[tokio::test]
async fn a_frame_without_a_mask() {
    assert_wire_closes(&unmasked(FIN | TEXT, b"{}"), CLOSE_PROTOCOL).await;
}

#[tokio::test]
async fn an_opcode_that_does_not_exist() {
    assert_wire_closes(&masked(FIN | 0x3, b"?"), CLOSE_PROTOCOL).await;
}

#[tokio::test]
async fn a_ping_frame_that_is_too_long() {
    assert_wire_closes(&masked(FIN | PING, &[0; 126]), CLOSE_PROTOCOL).await;
}

#[tokio::test]
async fn a_fragment_of_nothing() {
    assert_wire_closes(&masked(FIN, b"rest"), CLOSE_PROTOCOL).await;
}

#[tokio::test]
async fn a_client_that_is_cut_off_within_a_frame() {
    let (server, bystander) = with_bystander(&[]).await;
    let message = masked(FIN | BINARY, &frame(1, CAPTURE_TS, PEOPLE));
    for cut in [
        1,
        2,
        4,
        8,
        12,
        19,
        20,
        21,
        message.len() / 2,
        message.len() - 1,
    ] {
        let mut client = RawSocket::connect(server.addr()).await;
        client.write(&message[..cut]).await;
        drop(client);
    }
    // The server hangs up on one that only stops sending, too: nothing more can come.
    let mut client = RawSocket::connect(server.addr()).await;
    client.write(&message[..message.len() / 2]).await;
    client.writer.shutdown().await.unwrap();
    client.reader.drain().await;
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn a_client_that_leaves_with_frames_in_flight() {
    let (server, bystander) = with_bystander(&[]).await;
    for _ in 0..20 {
        let mut client = DetectClient::connect(&server).await;
        for id in 0..4 {
            client.send_frame(id, CAPTURE_TS, PEOPLE).await;
        }
    }
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn a_client_that_takes_its_leave() {
    let (server, bystander) = with_bystander(&[]).await;
    let mut client = RawSocket::connect(server.addr()).await;
    client
        .write(&masked(FIN | CLOSE, &1000_u16.to_be_bytes()))
        .await;
    loop {
        let (opcode, payload) = soon("the echo", client.reader.next_frame()).await.unwrap();
        if opcode == CLOSE {
            assert_eq!(payload, 1000_u16.to_be_bytes());
            break;
        }
    }
    client.reader.drain().await;
    bystander.noticed_nothing().await;
}
