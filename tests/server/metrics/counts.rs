//! That the figures are those of what happened.

use serde_json::json;
use sightline::protocol::{DetectAnswer, FrameErrorCode};

use super::exposition::Exposition;
use super::{scrape, scrape_until};
use crate::common::detect::{CAPTURE_TS, DetectClient, frame};
use crate::common::http::{client, get};
use crate::common::rooms::RoomApi;
use crate::common::{BLANK, PEOPLE, TestServer};

const OUTCOMES: [&str; 6] = [
    "answered",
    "dropped",
    "bad_jpeg",
    "too_large",
    "bad_capture_ts",
    "internal",
];
const REFUSALS: [&str; 20] = [
    "foreign_host",
    "wrong_token",
    "rooms_full",
    "foreign_origin",
    "access_key",
    "guesses",
    "rooms_per_minute",
    "connections",
    "connections_per_address",
    "header_size",
    "header_timeout",
    "body_timeout",
    "answer_timeout",
    "message_size",
    "detect_silence",
    "relay_silence",
    "wrong_code",
    "peer_slow",
    "body_size",
    "picture_size",
];
const STAGES: [&str; 5] = ["queue", "decode", "resize", "infer", "post"];

fn outcome(metrics: &Exposition, outcome: &str) -> f64 {
    metrics.value("sightline_frames_total", &[("outcome", outcome)])
}

#[tokio::test]
async fn every_outcome_and_stage_is_told_from_the_start() {
    let server = TestServer::start().await;
    let metrics = scrape(&server).await;
    for name in OUTCOMES {
        assert_eq!(outcome(&metrics, name), 0.0);
    }
    for stage in STAGES {
        let count = metrics.value(
            "sightline_stage_duration_seconds_count",
            &[("stage", stage)],
        );
        assert_eq!(count, 0.0);
    }
    for transport in ["plain", "tls"] {
        metrics.value("sightline_connections_total", &[("transport", transport)]);
    }
    for reason in REFUSALS {
        let refused = metrics.value("sightline_refusals_total", &[("reason", reason)]);
        assert_eq!(refused, 0.0, "{reason}");
    }
    assert_eq!(
        metrics.0["sightline_refusals_total"].samples.len(),
        REFUSALS.len()
    );
}

/// Those at the door are tried in tests/server/hostile, each beside somebody who notices nothing.
#[tokio::test]
async fn refusals_are_counted_by_reason() {
    let server = TestServer::with(&["--max-rooms", "1"]).await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let _viewer = rooms.viewer(&room, "").await;
    assert_eq!(rooms.try_create().await.status(), 503);
    assert_eq!(rooms.try_join("wrong").await.status(), 404);
    for _ in 0..2 {
        let foreign = get(server.addr(), "evil.example", "/").await;
        assert_eq!(foreign.status, 421);
    }
    let metrics = scrape(&server).await;
    let told: Vec<f64> = REFUSALS
        .map(|reason| metrics.value("sightline_refusals_total", &[("reason", reason)]))
        .into();
    let (expected, rest) = told.split_at(3);
    assert_eq!(expected, [2.0, 1.0, 1.0]);
    assert!(rest.iter().all(|count| *count == 0.0), "{told:?}");
}

/// Frames of every kind in one stream, more than can be inferred: the server's figures are those
/// that the client counts.
#[tokio::test]
async fn every_frame_has_one_outcome_and_the_client_heard_the_same() {
    let server = TestServer::start().await;
    let mut client = DetectClient::connect(&server).await;
    let kinds: [(f64, &[u8]); 3] = [
        (CAPTURE_TS, PEOPLE),
        (CAPTURE_TS, b"no picture"),
        (f64::NAN, PEOPLE),
    ];
    let sent = 120;
    let mut heard = [0.0; OUTCOMES.len()];
    let DetectClient { sender, receiver } = &mut client;
    let sending = async {
        for id in 0..sent {
            let (time, jpeg) = kinds[id as usize % kinds.len()];
            sender.send_frame(id, time, jpeg).await;
        }
    };
    let hearing = async {
        for _ in 0..sent {
            heard[kind_of(&receiver.next_typed().await)] += 1.0;
        }
    };
    tokio::join!(sending, hearing);
    client.expect_alive().await;
    heard[0] += 1.0;
    let metrics = scrape(&server).await;
    let told = OUTCOMES.map(|name| outcome(&metrics, name));
    assert_eq!(told, heard, "{OUTCOMES:?}");
    assert!(
        told[0] > 0.0 && told[1] > 0.0 && told[4] == 40.0,
        "{told:?}"
    );
    assert_eq!(metrics.sum("sightline_frames_total"), f64::from(sent + 1));
    let received = metrics.value("sightline_frames_received_total", &[]);
    assert_eq!(received, f64::from(sent + 1));
}

/// The place of an answer's outcome in `OUTCOMES`.
fn kind_of(answer: &DetectAnswer) -> usize {
    match answer {
        DetectAnswer::Result(_) => 0,
        DetectAnswer::Dropped { .. } => 1,
        DetectAnswer::Error { error } => match error.code {
            FrameErrorCode::BadJpeg => 2,
            FrameErrorCode::TooLarge => 3,
            FrameErrorCode::BadCaptureTs => 4,
            FrameErrorCode::Internal => 5,
        },
        DetectAnswer::Pong { .. } => panic!("nobody asked"),
    }
}

/// Each refusal by itself, because of a crowd most frames are dropped before anybody looks at them.
#[tokio::test]
async fn each_refusal_has_its_own_outcome() {
    let server = TestServer::with(&["--max-pixels", "1000"]).await;
    let mut client = DetectClient::connect(&server).await;
    assert_eq!(client.refusal(PEOPLE).await, "too_large");
    assert_eq!(client.refusal(b"no picture").await, "bad_jpeg");
    client.send_frame(5, f64::INFINITY, PEOPLE).await;
    assert_eq!(client.expect_error(5).await, "bad_capture_ts");
    let metrics = scrape(&server).await;
    let told = OUTCOMES.map(|name| outcome(&metrics, name));
    assert_eq!(told, [0.0, 0.0, 1.0, 1.0, 1.0, 0.0]);
}

/// A client that leaves with a frame in the queue: that frame, too, has an outcome.
#[tokio::test]
async fn frames_of_those_who_left_are_counted_as_well() {
    let server = TestServer::start().await;
    for _ in 0..10 {
        let mut client = DetectClient::connect(&server).await;
        for id in 0..4 {
            client.send_frame(id, CAPTURE_TS, PEOPLE).await;
        }
        // Who has been answered was let in: none comes after the sockets are found closed.
        client.next_answer().await;
    }
    let nobody = |metrics: &Exposition| metrics.value("sightline_detect_sockets_open", &[]) == 0.0;
    let metrics = scrape_until(&server, "everybody's leaving", nobody).await;
    let received = metrics.value("sightline_frames_received_total", &[]);
    assert!(received >= 10.0, "{received}");
    // The worker may still have a frame in hand.
    let all_told = |metrics: &Exposition| metrics.sum("sightline_frames_total") == received;
    scrape_until(&server, "an outcome for each frame", all_told).await;
}

#[tokio::test]
async fn the_stages_add_up_to_the_frames() {
    let server = TestServer::start().await;
    let mut client = DetectClient::open(&server, "?timing=1").await;
    let mut told_us = 0;
    for id in 0..5 {
        client.send_frame(id, CAPTURE_TS, PEOPLE).await;
        match client.next_typed().await {
            DetectAnswer::Result(result) => told_us += result.timing.unwrap().total_us(),
            other => panic!("not inferred: {other:?}"),
        }
    }
    let metrics = scrape(&server).await;
    let stage = |stage, what| {
        let name = format!("sightline_stage_duration_seconds_{what}");
        metrics.value(&name, &[("stage", stage)])
    };
    assert_eq!(STAGES.map(|name| stage(name, "count")), [5.0; 5]);
    let stages: f64 = STAGES.iter().map(|name| stage(name, "sum")).sum();
    let whole = metrics.value("sightline_frame_duration_seconds_sum", &[]);
    assert!((stages - whole).abs() < 1e-9, "{stages} {whole}");
    assert!(
        (whole * 1e6 - told_us as f64).abs() < 1.0,
        "{whole} {told_us}"
    );
    assert!(stage("infer", "sum") > 0.001, "an inference takes more");
}

#[tokio::test]
async fn bytes_are_those_of_the_messages() {
    let server = TestServer::start().await;
    let mut client = DetectClient::connect(&server).await;
    let ping = r#"{"ping":{"t0":1}}"#;
    client.send_text(ping).await;
    let mut answers = client.receiver.next_text().await.len();
    client.send_frame(1, CAPTURE_TS, BLANK).await;
    answers += client.receiver.next_text().await.len();
    let metrics = scrape(&server).await;
    let received = metrics.value("sightline_detect_received_bytes_total", &[]);
    assert_eq!(
        received,
        (ping.len() + frame(1, CAPTURE_TS, BLANK).len()) as f64
    );
    assert_eq!(
        metrics.value("sightline_detect_sent_bytes_total", &[]),
        answers as f64
    );
}

#[tokio::test]
async fn connections_are_counted_by_transport_while_they_are_open() {
    let server = TestServer::start().await;
    let open = |metrics: &Exposition, transport| {
        metrics.value("sightline_connections_open", &[("transport", transport)])
    };
    let mut tls = DetectClient::over_tls(&server).await;
    tls.expect_alive().await;
    let silent = tokio::net::TcpStream::connect(server.addr()).await.unwrap();
    let all_open = |metrics: &Exposition| open(metrics, "silent") == 1.0;
    let metrics = scrape_until(&server, "a silent connection", all_open).await;
    assert_eq!(
        open(&metrics, "tls"),
        1.0,
        "also after the upgrade to a WebSocket"
    );
    assert!(open(&metrics, "plain") >= 1.0, "the scrape's own");
    assert_eq!(metrics.value("sightline_detect_sockets_open", &[]), 1.0);
    drop((tls, silent));
    let all_gone = |metrics: &Exposition| {
        open(metrics, "tls") == 0.0
            && open(metrics, "silent") == 0.0
            && metrics.value("sightline_detect_sockets_open", &[]) == 0.0
    };
    let metrics = scrape_until(&server, "their end", all_gone).await;
    assert_eq!(
        metrics.value("sightline_connections_total", &[("transport", "tls")]),
        1.0
    );
}

#[tokio::test]
async fn rooms_seats_and_signals() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    // The first viewer gets the room that was made at start.
    let (room, _other) = (rooms.create().await, rooms.create().await);
    let viewer = rooms.viewer(&room, "").await;
    let phone = rooms.phone(&room, "").await;
    let offer = json!({ "sdp": "…" });
    let signal = rooms.signal(&room.room, &room.phone_token, &offer).await;
    assert_eq!(signal.status(), 204);
    let refused = rooms.signal(&room.room, "wrong", &json!(1)).await;
    assert_eq!(refused.status(), 403);
    let metrics = scrape(&server).await;
    let seats =
        |metrics: &Exposition, role| metrics.value("sightline_seats_taken", &[("role", role)]);
    assert_eq!(metrics.value("sightline_rooms_open", &[]), 2.0);
    assert_eq!(metrics.value("sightline_rooms_created_total", &[]), 2.0);
    assert_eq!(metrics.value("sightline_room_signals_total", &[]), 1.0);
    assert_eq!(
        (seats(&metrics, "viewer"), seats(&metrics, "phone")),
        (1.0, 1.0)
    );
    drop(phone);
    scrape_until(&server, "a free seat", |metrics| {
        seats(metrics, "phone") == 0.0
    })
    .await;
    drop(viewer);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_class() {
    let server = TestServer::start().await;
    let phone = client(&server);
    for path in ["/healthz", "/healthz", "/nowhere", "/assets/none"] {
        phone.get(server.https(path)).send().await.unwrap();
    }
    let metrics = scrape(&server).await;
    let count = |route, status| {
        let labels = [("route", route), ("status", status)];
        metrics.value("sightline_http_requests_total", &labels)
    };
    assert_eq!(count("/healthz", "2xx"), 2.0);
    assert_eq!(count("none", "4xx"), 1.0);
    assert_eq!(count("/assets/{*file}", "4xx"), 1.0);
}

#[tokio::test]
async fn the_model_and_the_settings_are_told() {
    let before = sightline::clock::epoch_ms();
    let server = TestServer::with(&["--workers", "2", "--mode", "auto", "--max-rooms", "7"]).await;
    let metrics = scrape(&server).await;
    let model = &metrics.0["sightline_model_info"].samples[0].labels;
    assert_eq!(model["name"], "ssdlite_mobilenet_v2_coco");
    assert_eq!(
        (model["file"].as_str(), model["input"].as_str()),
        ("model.onnx", "300x300")
    );
    assert_eq!(
        metrics.value("sightline_mode_info", &[("mode", "auto")]),
        1.0
    );
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    assert_eq!(metrics.value("sightline_build_info", &version), 1.0);
    let settings = [
        ("sightline_inference_workers", 2.0),
        ("sightline_inference_threads", 1.0),
        ("sightline_rooms_max", 7.0),
        ("sightline_connections_max", 1024.0),
    ];
    for (name, value) in settings {
        assert_eq!(metrics.value(name, &[]), value, "{name}");
    }
    let started = metrics.value("sightline_start_time_seconds", &[]) * 1000.0;
    let started_between = before - 1.0..=sightline::clock::epoch_ms();
    assert!(started_between.contains(&started), "{started}");
    if cfg!(target_os = "linux") {
        assert!(metrics.value("process_cpu_seconds_total", &[]) > 0.0);
        assert!(metrics.value("process_resident_memory_bytes", &[]) > 1e7);
        assert!(metrics.value("process_open_fds", &[]) > 2.0);
    }
}
