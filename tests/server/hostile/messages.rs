//! Messages that break the protocol: the socket closes and says why.

use sightline::protocol::FRAME_HEADER_BYTES;
use tokio::io::AsyncWriteExt;

use super::{CLOSE_INVALID, CLOSE_PROTOCOL, CLOSE_SIZE};
use crate::common::bystander::with_bystander;
use crate::common::detect::{CAPTURE_TS, DetectClient, frame};
use crate::common::raw::{BINARY, FIN, RawSocket, masked, masked_head};
use crate::common::{PEOPLE, soon};

/// Messages that break the protocol: the socket closes and says why.
async fn assert_text_closes(texts: &[&str]) {
    let (server, bystander) = with_bystander(&[]).await;
    for text in texts {
        let mut client = DetectClient::connect(&server).await;
        client.send_text(text).await;
        client.expect_close(CLOSE_INVALID).await;
    }
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn text_garbage() {
    let deep = "[".repeat(100_000);
    assert_text_closes(&["garbage", "", "{", "\0", "🤷", &deep]).await;
}

#[tokio::test]
async fn json_that_is_no_ping() {
    assert_text_closes(&[
        "null",
        "7",
        "[]",
        "{}",
        r#"{"ping":null}"#,
        r#"{"ping":{}}"#,
        r#"{"ping":{"t0":"1"}}"#,
        r#"{"ping":{"t0":null}}"#,
        r#"{"ping":{"t0":1e999}}"#,
        r#"{"pong":{"t0":1}}"#,
    ])
    .await;
}

#[tokio::test]
async fn a_ping_with_something_extra() {
    assert_text_closes(&[
        r#"{"ping":{"t0":1},"more":1}"#,
        r#"{"ping":{"t0":1,"more":1}}"#,
        r#"{"ping":{"t0":1},"ping":{"t0":2}}"#,
    ])
    .await;
}

#[tokio::test]
async fn messages_shorter_than_a_header() {
    let (server, bystander) = with_bystander(&[]).await;
    for length in [0, 1, FRAME_HEADER_BYTES - 1] {
        let mut client = DetectClient::connect(&server).await;
        client.send_binary(vec![7; length]).await;
        client.expect_close(CLOSE_PROTOCOL).await;
    }
    bystander.noticed_nothing().await;
}

/// The client goes on sending its 50 MB and receives the reason all the same.
#[tokio::test]
async fn a_message_of_50_mb() {
    const SIZE: usize = 50 << 20;
    let (server, bystander) = with_bystander(&[]).await;
    let RawSocket {
        mut reader,
        mut writer,
    } = RawSocket::connect(server.addr()).await;
    let sending = async {
        writer.write_all(&masked_head(FIN | BINARY, SIZE)).await?;
        let chunk = vec![0; 1 << 16];
        for _ in 0..SIZE / chunk.len() {
            writer.write_all(&chunk).await?;
        }
        std::io::Result::Ok(())
    };
    let (sent, closed) = tokio::join!(soon("room to send", sending), reader.expect_close());
    assert_eq!(closed.0, CLOSE_SIZE, "{}", closed.1);
    sent.expect("the server listens to the end before it hangs up");
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn a_message_of_50_mb_over_tls() {
    let (server, bystander) = with_bystander(&[]).await;
    let mut client = DetectClient::over_tls(&server).await;
    client
        .send_binary(frame(1, CAPTURE_TS, &vec![0; 50 << 20]))
        .await;
    client.expect_close(CLOSE_SIZE).await;
    bystander.noticed_nothing().await;
}

/// 50 MB in pieces that are each small enough.
#[tokio::test]
async fn a_message_of_many_fragments() {
    let (server, bystander) = with_bystander(&[]).await;
    let mut client = RawSocket::connect(server.addr()).await;
    let piece = vec![0; 1 << 20];
    client.write(&masked(BINARY, &piece)).await;
    let sending = async {
        for _ in 0..49 {
            client.writer.write_all(&masked(0, &piece)).await?;
        }
        std::io::Result::Ok(())
    };
    let (sent, closed) = tokio::join!(sending, client.reader.expect_close());
    assert_eq!(closed.0, CLOSE_SIZE, "{}", closed.1);
    sent.expect("the server listens to the end before it hangs up");
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn the_size_limit_is_exact() {
    let limit = FRAME_HEADER_BYTES + PEOPLE.len();
    let flags = ["--max-frame-bytes", &limit.to_string()];
    let (server, bystander) = with_bystander(&flags).await;
    let mut client = DetectClient::connect(&server).await;
    client.expect_alive().await;
    let one_more = [PEOPLE, &[0]].concat();
    client.send_frame(1, CAPTURE_TS, &one_more).await;
    client.expect_close(CLOSE_SIZE).await;
    bystander.noticed_nothing().await;
}

/// Whether the good frame still gets its answer is a race; the reason must come.
#[tokio::test]
async fn garbage_behind_a_good_frame() {
    let (server, bystander) = with_bystander(&[]).await;
    let mut client = DetectClient::connect(&server).await;
    client.send_frame(1, CAPTURE_TS, PEOPLE).await;
    client.send_text("garbage").await;
    client.receiver.expect_close_in_the_end(CLOSE_INVALID).await;
    bystander.noticed_nothing().await;
}
