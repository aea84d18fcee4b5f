//! What an answer holds.

use serde_json::{Value, json};

use super::{keys, result};
use crate::common::detect::{CAPTURE_TS, DetectClient};
use crate::common::{BLANK, PEOPLE, TestServer};

#[tokio::test]
async fn an_answer_has_exactly_five_fields() {
    let server = TestServer::start().await;
    let mut client = DetectClient::connect(&server).await;
    client.send_frame(u32::MAX, CAPTURE_TS, PEOPLE).await;
    let answer = client.next_answer().await;
    let fields = [
        "capture_ts",
        "detections",
        "frame_id",
        "inference_ts",
        "recv_ts",
    ];
    assert_eq!(keys(&answer), fields);
    assert_eq!(answer["frame_id"], u32::MAX);
    assert_eq!(answer["capture_ts"], json!(1_690_000_000_000_i64));
    assert!(answer["recv_ts"].is_i64() && answer["inference_ts"].is_i64());
    let detection = ["label", "score", "xmax", "xmin", "ymax", "ymin"];
    assert_eq!(keys(&answer["detections"][0]), detection);
}

#[tokio::test]
async fn timing_is_a_sixth_field_for_those_who_ask() {
    let server = TestServer::start().await;
    for other in ["", "?timing=0", "?unknown=1"] {
        let mut client = DetectClient::open(&server, other).await;
        client.send_frame(1, CAPTURE_TS, BLANK).await;
        assert!(client.next_answer().await.get("timing").is_none());
    }
    let mut client = DetectClient::open(&server, "?timing=1").await;
    client.send_frame(1, CAPTURE_TS, BLANK).await;
    let answer = client.next_answer().await;
    assert_eq!(keys(&answer).len(), 6);
    let stages = ["decode_us", "infer_us", "post_us", "queue_us", "resize_us"];
    assert_eq!(keys(&answer["timing"]), stages);
    assert!(
        answer["timing"]
            .as_object()
            .unwrap()
            .values()
            .all(Value::is_u64)
    );
}

/// The median of several frames, because on a busy machine any one of them may be interrupted
/// between two stages.
#[tokio::test]
async fn the_stage_times_add_up() {
    let server = TestServer::start().await;
    let mut client = DetectClient::open(&server, "?timing=1").await;
    let mut rests = Vec::new();
    for id in 0..21 {
        client.send_frame(id, CAPTURE_TS, PEOPLE).await;
        let result = result(client.next_typed().await);
        let timing = result.timing.expect("asked for");
        let sum_ms = timing.total_us() as f64 / 1000.0;
        let whole_ms = (result.inference_ts - result.recv_ts) as f64;
        assert!(sum_ms <= whole_ms + 2.0, "{sum_ms} of {whole_ms} ms");
        rests.push(whole_ms - sum_ms);
    }
    rests.sort_by(f64::total_cmp);
    assert!(rests[10] <= 2.0, "unaccounted: {rests:?} ms");
}

#[tokio::test]
async fn times_are_in_order_and_of_now() {
    let server = TestServer::start().await;
    let mut client = DetectClient::connect(&server).await;
    let before = sightline::clock::epoch_ms().floor() as i64;
    client.send_frame(1, CAPTURE_TS, PEOPLE).await;
    let result = result(client.next_typed().await);
    let after = sightline::clock::epoch_ms().ceil() as i64;
    assert!(before <= result.recv_ts, "{before} {result:?}");
    assert!(result.recv_ts <= result.inference_ts, "{result:?}");
    assert!(result.inference_ts <= after, "{after} {result:?}");
}

#[tokio::test]
async fn capture_ts_comes_back_rounded() {
    let server = TestServer::start().await;
    let mut client = DetectClient::connect(&server).await;
    let stamps = [
        (0.0, 0),
        (-0.0, 0),
        (1_690_000_000_000.4, 1_690_000_000_000),
        (1_690_000_000_000.6, 1_690_000_000_001),
        (8.64e15, 8_640_000_000_000_000),
    ];
    for (sent, echoed) in stamps {
        client.send_frame(1, sent, BLANK).await;
        let result = result(client.next_typed().await);
        assert_eq!(result.capture_ts, echoed, "{sent}");
    }
}
