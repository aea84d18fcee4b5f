//! What a room's viewer measured: kept, read, refused.

use serde_json::{Value, json};
use sightline::protocol::{ApiError, RoomCreated};

use crate::common::TestServer;
use crate::common::bystander::with_bystander;
use crate::common::rooms::{RoomApi, failure};

const LARGEST: usize = 32 << 10;

fn report() -> Value {
    let summary = json!({"median": 44.5, "p95": -3.25});
    json!({
        "mode": "wasm", "duration_s": 30.5,
        "frames": {
            "sampled": 450, "sent": 440, "answered": 439, "displayed": 438,
            "dropped_client": 10, "dropped_server": 0, "errors": 1,
        },
        "processed_fps": 14.5, "e2e_latency_ms": summary, "server_latency_ms": summary,
        "network_latency_ms": summary, "uplink_kbps": 0.5, "downlink_kbps": 0.5, "video_kbps": null,
        "capture_clock": {"capture_time": 430, "receive_time": 10, "sample_time": 0},
        "clock_error_ms": null, "cpu_percent": {"server": 1.5, "viewer": 150.25, "phone": null},
        "stages_ms": {
            "capture_to_receive": summary, "receive_to_sample": summary, "encode": null,
            "uplink": null, "queue": summary, "decode": summary, "resize": summary,
            "infer": summary, "post": summary, "downlink": null, "paint": summary,
            "display": summary,
        },
        "config": {"video": [640, 480], "deeper": {"ü": "\u{2028}"}}, "machine": {},
    })
}

/// The report with one part of it changed.
fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut report = report();
    change(&mut report);
    report.to_string()
}

/// The report, as large as `bytes`.
fn padded(bytes: usize) -> String {
    let pad = |text: String| with(|report| report["machine"] = json!({ "pad": text }));
    pad("x".repeat(bytes - pad(String::new()).len()))
}

struct Shelf {
    _server: TestServer,
    rooms: RoomApi,
    room: RoomCreated,
}

impl Shelf {
    async fn make() -> Self {
        let server = TestServer::start().await;
        let rooms = RoomApi::of(&server);
        let room = rooms.create().await;
        Self {
            _server: server,
            rooms,
            room,
        }
    }

    async fn keep(&self, body: String) -> reqwest::Response {
        let RoomCreated {
            room, viewer_token, ..
        } = &self.room;
        self.rooms.post_metrics(room, viewer_token, body).await
    }

    /// The refusal names the field.
    async fn refuses(&self, body: String, field: &str) {
        let answer = self.keep(body).await;
        assert_eq!(answer.status(), 422, "{field}");
        let told: ApiError = answer.json().await.unwrap();
        assert_eq!(told.error, "bad_metrics");
        assert!(told.message.contains(field), "{field}: {}", told.message);
    }

    async fn kept(&self) -> Value {
        let answer = self
            .rooms
            .metrics(&self.room.room, &self.room.viewer_token)
            .await;
        answer.json().await.expect("a report")
    }
}

#[tokio::test]
async fn the_last_report_is_kept_and_not_cached() {
    let shelf = Shelf::make().await;
    let room = &shelf.room.room;
    let none = shelf.rooms.metrics(room, &shelf.room.phone_token).await;
    assert_eq!(none.headers()["cache-control"], "no-store");
    assert_eq!(failure(none).await, (404, "metrics_not_found".to_owned()));

    let first = shelf.keep(report().to_string()).await;
    assert_eq!(first.status(), 204);
    assert_eq!(first.text().await.unwrap(), "");
    assert_eq!(shelf.kept().await, report());

    let second = with(|report| report["processed_fps"] = json!(9.5));
    assert_eq!(shelf.keep(second.clone()).await.status(), 204);
    let answer = shelf.rooms.metrics(room, &shelf.room.phone_token).await;
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let kept: Value = answer.json().await.unwrap();
    assert_eq!(kept, serde_json::from_str::<Value>(&second).unwrap());
}

#[tokio::test]
async fn either_end_of_the_room_may_read_and_nobody_else() {
    let shelf = Shelf::make().await;
    let other = shelf.rooms.create().await;
    assert_eq!(shelf.keep(report().to_string()).await.status(), 204);
    let RoomCreated { room, .. } = &shelf.room;
    for token in [&shelf.room.viewer_token, &shelf.room.phone_token] {
        assert_eq!(shelf.rooms.metrics(room, token).await.status(), 200);
    }
    for token in [&other.viewer_token, room, ""] {
        let refused = failure(shelf.rooms.metrics(room, token).await).await;
        assert_eq!(refused, (403, "bad_token".to_owned()), "{token}");
    }
}

#[tokio::test]
async fn a_report_with_hidden_time_keeps_it() {
    let shelf = Shelf::make().await;
    let hidden = json!({"duration_s": 3.5, "answered": 50});
    let body = with(|report| report["hidden"] = hidden.clone());
    assert_eq!(shelf.keep(body).await.status(), 204);
    assert_eq!(shelf.kept().await["hidden"], hidden);
    let half = with(|report| report["hidden"] = json!({"answered": 50}));
    assert_eq!(shelf.keep(half).await.status(), 422);
}

#[tokio::test]
async fn only_the_viewer_of_the_room_may_post() {
    let shelf = Shelf::make().await;
    let other = shelf.rooms.create().await;
    let room = &shelf.room.room;
    let post = async |room: &str, token: &str| {
        let answer = shelf.rooms.post_metrics(room, token, report().to_string());
        failure(answer.await).await
    };
    let bad_token = (403, "bad_token".to_owned());
    for token in [&other.viewer_token, &other.phone_token, room, ""] {
        assert_eq!(post(room, token).await, bad_token, "{token}");
    }
    let phone = post(room, &shelf.room.phone_token).await;
    assert_eq!(phone, (403, "viewer_only".to_owned()));
    let not_found = (404, "room_not_found".to_owned());
    assert_eq!(post("nowhere", &shelf.room.viewer_token).await, not_found);
    assert_eq!(
        failure(
            shelf
                .rooms
                .metrics("nowhere", &shelf.room.viewer_token)
                .await
        )
        .await,
        not_found
    );
    let twice = post(room, "a&token=b").await;
    assert_eq!(twice, (400, "bad_query".to_owned()));
    let nothing = failure(shelf.rooms.metrics(room, &shelf.room.phone_token).await).await;
    assert_eq!(nothing, (404, "metrics_not_found".to_owned()));
}

#[tokio::test]
async fn rooms_keep_their_own_and_take_it_with_them() {
    let server = TestServer::with(&["--max-rooms", "2"]).await;
    let rooms = RoomApi::of(&server);
    let (a, b) = (rooms.create().await, rooms.create().await);
    for (room, mode) in [(&a, "server"), (&b, "auto")] {
        let body = with(|report| report["mode"] = json!(mode));
        let answer = rooms.post_metrics(&room.room, &room.viewer_token, body);
        assert_eq!(answer.await.status(), 204);
    }
    for (room, mode) in [(&a, "server"), (&b, "auto")] {
        let kept: Value = rooms
            .metrics(&room.room, &room.phone_token)
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(kept["mode"], mode);
    }
    let _sits_in_b = rooms.viewer(&b, "").await;
    rooms.create().await;
    let gone = failure(rooms.metrics(&a.room, &a.viewer_token).await).await;
    assert_eq!(gone, (404, "room_not_found".to_owned()));
    assert_eq!(rooms.metrics(&b.room, &b.viewer_token).await.status(), 200);
}

#[tokio::test]
async fn a_report_must_have_all_fields() {
    let shelf = Shelf::make().await;
    for field in report().as_object().unwrap().keys() {
        let without = with(|report| drop(report.as_object_mut().unwrap().remove(field)));
        shelf.refuses(without, field).await;
    }
    for (parent, field, named) in [
        ("/stages_ms", "encode", "stages_ms.encode"),
        ("/stages_ms/infer", "p95", "stages_ms.infer"),
        ("/frames", "errors", "errors"),
        ("/cpu_percent", "phone", "cpu_percent.phone"),
    ] {
        let without = with(|report| {
            let parent = report.pointer_mut(parent).unwrap();
            parent.as_object_mut().unwrap().remove(field);
        });
        shelf.refuses(without, named).await;
    }
}

#[tokio::test]
async fn a_report_must_have_no_other_fields_and_no_other_values() {
    let shelf = Shelf::make().await;
    assert_eq!(shelf.keep(report().to_string()).await.status(), 204);
    for (parent, field, value) in [
        ("", "nonsense", json!(1)),
        ("/frames", "nonsense", json!(1)),
        ("/stages_ms", "nonsense", json!(null)),
        ("", "mode", json!("cloud")),
        ("", "config", json!([])),
        ("", "uplink_kbps", json!("1")),
        ("", "frames", json!([1, 2, 3, 4, 5, 6, 7])),
        ("/frames", "sent", json!(-1)),
        ("/frames", "sent", json!(1_u64 << 32)),
    ] {
        let changed = with(|report| report.pointer_mut(parent).unwrap()[field] = value);
        shelf.refuses(changed, field).await;
    }
    assert_eq!(shelf.kept().await, report(), "what was kept before");
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let (server, bystander) = with_bystander(&[]).await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let post = |body: String| rooms.post_metrics(&room.room, &room.viewer_token, body);
    let text = report().to_string();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let bodies = [
        String::new(),
        "nonsense".to_owned(),
        text[..text.len() - 1].to_owned(),
        format!("{text} {text}"),
        text.replace("44.5", "NaN"),
        text.replace("44.5", "1e400"),
        text.replace("[640,480]", "1e400"),
        text.replace("[640,480]", &deep),
    ];
    for body in bodies {
        let told = failure(post(body.clone()).await).await;
        assert_eq!(told, (400, "bad_metrics".to_owned()), "{body:.80}");
    }
    for body in ["[]", "null", "{}", "7"] {
        let told = failure(post(body.to_owned()).await).await;
        assert_eq!(told, (422, "bad_metrics".to_owned()), "{body}");
    }
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn a_report_may_have_32_kib_written_out() {
    let shelf = Shelf::make().await;
    let too_large = (413, "bad_metrics".to_owned());
    for bytes in [LARGEST + 1, 60 << 10, 20 << 20] {
        let told = failure(shelf.keep(padded(bytes)).await).await;
        assert_eq!(told, too_large, "{bytes}");
    }
    // 6000 numbers that are four times as long when they are written out.
    let short = vec!["1e15"; 6000].join(",");
    let grows = report()
        .to_string()
        .replace("[640,480]", &format!("[{short}]"));
    assert!(grows.len() < LARGEST);
    assert_eq!(failure(shelf.keep(grows).await).await, too_large);

    assert_eq!(shelf.keep(padded(LARGEST)).await.status(), 204);
    let kept = shelf
        .rooms
        .metrics(&shelf.room.room, &shelf.room.viewer_token)
        .await;
    assert_eq!(kept.bytes().await.unwrap().len(), LARGEST);
}
