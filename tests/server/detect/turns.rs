//! Every frame is answered once, the newest wins, and clients take turns.

use std::collections::HashSet;

use sightline::protocol::DetectAnswer;

use super::assert_people_found;
use crate::common::detect::{CAPTURE_TS, DetectClient, answered_id};
use crate::common::{PEOPLE, TestServer, soon};

/// Sends `count` frames without waiting for anything, and hears as many answers.
async fn flood(client: &mut DetectClient, ids: std::ops::Range<u32>) -> Vec<DetectAnswer> {
    let DetectClient { sender, receiver } = client;
    let count = ids.len();
    let sending = async {
        for id in ids {
            sender.send_frame(id, CAPTURE_TS, PEOPLE).await;
        }
    };
    let hearing = async {
        let mut answers = Vec::new();
        while answers.len() < count {
            answers.push(receiver.next_typed().await);
        }
        answers
    };
    tokio::join!(sending, hearing).1
}

#[tokio::test]
async fn every_frame_gets_exactly_one_answer_and_the_newest_is_inferred() {
    let server = TestServer::start().await;
    let mut client = DetectClient::connect(&server).await;
    let answers = flood(&mut client, 0..200).await;
    client.expect_nothing_more().await;
    let ids: HashSet<_> = answers.iter().map(answered_id).collect();
    assert_eq!(ids.len(), 200);
    let inferred = |answer: &&DetectAnswer| matches!(answer, DetectAnswer::Result(_));
    let dropped = |answer: &&DetectAnswer| matches!(answer, DetectAnswer::Dropped { .. });
    let counts = (
        answers.iter().filter(inferred).count(),
        answers.iter().filter(dropped).count(),
    );
    assert_eq!(counts.0 + counts.1, 200);
    let newest = answers.iter().find(|answer| answered_id(answer) == 199);
    assert!(newest.is_some_and(|answer| inferred(&answer)), "{newest:?}");
    let order: Vec<_> = answers.iter().filter(inferred).map(answered_id).collect();
    assert!(order.is_sorted(), "one worker infers in order: {order:?}");
}

#[tokio::test]
async fn several_workers_answer_every_frame_once() {
    let server = TestServer::with(&["--workers", "3"]).await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(DetectClient::connect(&server).await);
    }
    let floods = clients.into_iter().map(|mut client| async move {
        let answers = flood(&mut client, 0..50).await;
        client.expect_nothing_more().await;
        let ids: HashSet<_> = answers.iter().map(answered_id).collect();
        assert_eq!(ids.len(), 50);
        for answer in answers {
            if let DetectAnswer::Result(result) = answer {
                assert_people_found(&result.detections);
            }
        }
    });
    futures_util::future::join_all(floods).await;
}

#[tokio::test]
async fn a_repeated_frame_id_is_answered_each_time() {
    let server = TestServer::start().await;
    let mut client = DetectClient::connect(&server).await;
    for _ in 0..3 {
        client.send_frame(4, CAPTURE_TS, PEOPLE).await;
        client.send_frame(4, CAPTURE_TS, PEOPLE).await;
        for _ in 0..2 {
            assert_eq!(answered_id(&client.next_typed().await), 4);
        }
    }
    client.expect_nothing_more().await;
}

/// One that keeps to its credit beside one that does not.
#[tokio::test]
async fn a_greedy_client_takes_nothing_from_a_polite_one() {
    let server = TestServer::start().await;
    let mut polite = DetectClient::connect(&server).await;
    let DetectClient {
        sender,
        mut receiver,
    } = DetectClient::connect(&server).await;
    let sending = tokio::spawn(sender.flood());
    let hearing = tokio::spawn(async move {
        let mut inferred = 0;
        loop {
            if let DetectAnswer::Result(_) = receiver.next_typed().await {
                inferred += 1;
            }
            if inferred == 10 {
                return;
            }
        }
    });
    for _ in 0..30 {
        assert_people_found(&polite.detect(PEOPLE).await);
    }
    soon("the greedy one's own turns", hearing).await.unwrap();
    sending.abort();
}
