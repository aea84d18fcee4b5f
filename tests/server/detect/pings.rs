//! Pings, by which a client learns the server's clock.

use std::collections::HashSet;

use serde_json::json;

use super::keys;
use crate::common::detect::{CAPTURE_TS, DetectClient};
use crate::common::{PEOPLE, TestServer};

#[tokio::test]
async fn a_ping_is_answered_with_its_t0_untouched() {
    let server = TestServer::start().await;
    let mut client = DetectClient::connect(&server).await;
    let mut stamps = vec![0.0, -1.5, 0.1, 1e-7, 1e300, 1_690_000_000_000.0];
    // Fractions as a browser's clock has them.
    stamps.extend((0..200).map(|n| 1_763_800_000_000.0 + f64::from(n) * 0.137_f64.sqrt()));
    stamps.extend((1..200).map(|n| f64::from(n) * 12_345.678_901_234_56));
    for t0 in stamps {
        let before = sightline::clock::epoch_ms();
        client
            .send_text(&json!({"ping": {"t0": t0}}).to_string())
            .await;
        let answer = client.receiver.next_text().await;
        let after = sightline::clock::epoch_ms();
        // Read by the standard library: the JSON reader may be a bit off in the last place.
        let [echoed, t1, t2] = ["t0", "t1", "t2"].map(|key| number(&answer, key));
        assert_eq!(echoed.to_bits(), t0.to_bits(), "{t0} came back as {echoed}");
        assert!(
            before <= t1 && t1 <= t2 && t2 <= after,
            "{before} {answer} {after}"
        );
    }
}

fn number(json: &str, key: &str) -> f64 {
    let (_, rest) = json.split_once(&format!("\"{key}\":")).expect("the field");
    let end = rest.find([',', '}']).expect("its end");
    rest[..end].parse().expect("a number")
}

#[tokio::test]
async fn a_pong_has_exactly_three_times() {
    let server = TestServer::start().await;
    let mut client = DetectClient::connect(&server).await;
    client.send_text(r#" {"ping" : {"t0": 5}} "#).await;
    let answer = client.next_answer().await;
    assert_eq!(keys(&answer), ["pong"]);
    assert_eq!(keys(&answer["pong"]), ["t0", "t1", "t2"]);
    assert_eq!(answer["pong"]["t0"], 5.0);
}

/// The clock is measured while frames are on their way; a ping must not wait for them.
#[tokio::test]
async fn a_ping_is_answered_before_the_frame_sent_before_it() {
    let server = TestServer::start().await;
    let mut greedy = DetectClient::connect(&server).await;
    let mut client = DetectClient::connect(&server).await;
    // The only worker is busy with the first, so the second waits for its turn.
    greedy.send_frame(1, CAPTURE_TS, PEOPLE).await;
    client.send_frame(1, CAPTURE_TS, PEOPLE).await;
    client.send_text(r#"{"ping":{"t0":1}}"#).await;
    let mut kinds = HashSet::new();
    for _ in 0..2 {
        kinds.insert(client.next_answer().await.get("pong").is_some());
    }
    assert_eq!(kinds.len(), 2, "one pong and one result, in either order");
}
