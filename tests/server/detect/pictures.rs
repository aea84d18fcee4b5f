//! What is found in a picture.

use tokio_tungstenite::tungstenite::Message;

use super::{PEOPLE_BY_HAND, assert_people_found, result};
use crate::common::detect::{CAPTURE_TS, DetectClient, frame};
use crate::common::{BLANK, PEOPLE, PEOPLE_CMYK, PEOPLE_GREY, PEOPLE_PROGRESSIVE, TestServer};

#[tokio::test]
async fn people_are_found_where_they_are() {
    let server = TestServer::start().await;
    let mut client = DetectClient::connect(&server).await;
    assert_people_found(&client.detect(PEOPLE).await);
}

#[tokio::test]
async fn people_are_found_in_jpegs_of_every_kind() {
    let server = TestServer::start().await;
    let mut client = DetectClient::connect(&server).await;
    for jpeg in [PEOPLE_GREY, PEOPLE_CMYK, PEOPLE_PROGRESSIVE] {
        assert_people_found(&client.detect(jpeg).await);
    }
}

#[tokio::test]
async fn an_empty_picture_gives_no_boxes() {
    let server = TestServer::start().await;
    let mut client = DetectClient::connect(&server).await;
    assert_eq!(client.detect(BLANK).await, []);
}

#[tokio::test]
async fn boxes_lie_in_the_frame_and_scores_above_the_threshold() {
    let server = TestServer::with(&["--score", "0.02"]).await;
    let mut client = DetectClient::connect(&server).await;
    let detections = client.detect(PEOPLE).await;
    assert!(detections.len() > PEOPLE_BY_HAND.len());
    for found in &detections {
        assert!(
            0.0 <= found.xmin && found.xmin < found.xmax && found.xmax <= 1.0,
            "{found:?}"
        );
        assert!(
            0.0 <= found.ymin && found.ymin < found.ymax && found.ymax <= 1.0,
            "{found:?}"
        );
        assert!(0.02 <= found.score && found.score <= 1.0, "{found:?}");
    }
    let scores: Vec<_> = detections.iter().map(|found| found.score).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "best first: {scores:?}");
}

#[tokio::test]
async fn the_same_over_tls() {
    let server = TestServer::start().await;
    let plain = DetectClient::connect(&server).await.detect(PEOPLE).await;
    let tls = DetectClient::over_tls(&server).await.detect(PEOPLE).await;
    assert_eq!(plain, tls);
}

#[tokio::test]
async fn a_message_in_fragments_is_one_frame() {
    use tokio_tungstenite::tungstenite::protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    };
    let server = TestServer::start().await;
    let mut client = DetectClient::connect(&server).await;
    let whole = frame(9, CAPTURE_TS, PEOPLE);
    let pieces: Vec<_> = whole.chunks(5000).collect();
    for (index, piece) in pieces.iter().enumerate() {
        let kind = if index == 0 {
            Data::Binary
        } else {
            Data::Continue
        };
        let last = index + 1 == pieces.len();
        let fragment = Frame::message(piece.to_vec(), OpCode::Data(kind), last);
        client.sender.send(Message::Frame(fragment)).await.unwrap();
    }
    assert_people_found(&result(client.next_typed().await).detections);
}
