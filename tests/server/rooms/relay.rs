//! The relay: a phone's frames come to its viewer through the server, the newest first and to nobody else.

use futures_util::{SinkExt, StreamExt};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use sightline::clock::epoch_ms;
use sightline::protocol::{RelayAnswer, RelayMessage, RoomCreated, ServerTime};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::common::bystander::Bystander;
use crate::common::detect::{CAPTURE_TS, frame};
use crate::common::raw::RawSocket;
use crate::common::rooms::{RoomApi, failure};
use crate::common::{PEOPLE, TestServer, http, soon};

const GOING_AWAY: u16 = 1001;
const TAKES_NO_FRAMES: u16 = 1003;
const NO_PING: u16 = 1007;
const POLICY: u16 = 1008;
const TOO_LARGE: u16 = 1009;

/// A room whose phone posts and whose viewer listens.
struct Relayed {
    server: TestServer,
    room: RoomCreated,
    http: Client,
}

impl Relayed {
    async fn start(flags: &[&str]) -> Self {
        let server = TestServer::with(flags).await;
        let room = RoomApi::of(&server).create().await;
        Self {
            server,
            room,
            http: http::plain_client(),
        }
    }

    fn path(&self, room: &str, token: &str) -> String {
        format!(
            "{}/api/rooms/{room}/relay?token={token}",
            self.server.addr()
        )
    }

    async fn post_as(&self, room: &str, token: &str, extra: &str, body: Vec<u8>) -> Response {
        let address = format!("http://{}{extra}", self.path(room, token));
        let request = self.http.post(address).body(body);
        request.send().await.expect("an answer")
    }

    async fn post(&self, body: Vec<u8>) -> Response {
        let RoomCreated {
            room, phone_token, ..
        } = &self.room;
        let extra = "&clock=capture_time&error_ms=1.5";
        self.post_as(room, phone_token, extra, body).await
    }

    /// Whether a viewer listens.
    async fn pass(&self, frame_id: u32) -> bool {
        let answer = self.post(frame(frame_id, CAPTURE_TS, PEOPLE)).await;
        assert_eq!(answer.status(), 200);
        answer.json::<RelayAnswer>().await.unwrap().listening
    }

    async fn try_listen(&self, room: &str, token: &str) -> Result<Viewer, (u16, String)> {
        let address = format!("ws://{}", self.path(room, token));
        match soon("a WebSocket", connect_async(address)).await {
            Ok((socket, _)) => Ok(Viewer(socket)),
            Err(tungstenite::Error::Http(answer)) => {
                let body = answer.body().as_deref().unwrap_or_default();
                let told: Value = serde_json::from_slice(body).expect("a failure as told");
                let word = told["error"].as_str().expect("a word").to_owned();
                Err((answer.status().as_u16(), word))
            }
            Err(other) => panic!("no answer: {other}"),
        }
    }

    /// Returns when the server knows that this viewer listens.
    async fn viewer(&self) -> Viewer {
        let (room, token) = (&self.room.room, &self.room.viewer_token);
        let mut viewer = self.try_listen(room, token).await.expect("it is accepted");
        viewer.ping().await;
        viewer
    }

    async fn counted(&self, metric: &str) -> u64 {
        let text = self.http.get(self.server.http("/metrics")).send().await;
        let text = text.unwrap().text().await.unwrap();
        let lines = text.lines();
        let mut values = lines.filter_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
        values
            .next()
            .expect("it is told")
            .parse()
            .expect("a number")
    }

    async fn until_counted(&self, metric: &str, count: u64) {
        soon(metric, async {
            while self.counted(metric).await != count {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

struct Viewer(WebSocketStream<MaybeTlsStream<TcpStream>>);

#[derive(Debug)]
enum Heard {
    Told(RelayMessage),
    Frame(Vec<u8>),
    Closed { code: u16, reason: String },
}

impl Viewer {
    async fn hear(&mut self) -> Heard {
        loop {
            let next = soon("the server's word", self.0.next()).await;
            match next.expect("a close frame comes first").expect("read") {
                Message::Text(text) => {
                    return Heard::Told(serde_json::from_str(&text).expect("of the contract"));
                }
                Message::Binary(bytes) => return Heard::Frame(bytes.into()),
                Message::Close(Some(close)) => {
                    return Heard::Closed {
                        code: close.code.into(),
                        reason: close.reason.to_string(),
                    };
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next frame with what is told before it.
    async fn next_frame(&mut self) -> (Value, Vec<u8>) {
        let Heard::Told(RelayMessage::Frame { frame }) = self.hear().await else {
            panic!("nothing was told of the frame");
        };
        match self.hear().await {
            Heard::Frame(bytes) => (serde_json::to_value(frame).unwrap(), bytes),
            other => panic!("no frame but {other:?}"),
        }
    }

    async fn next_id(&mut self) -> u32 {
        let (about, bytes) = self.next_frame().await;
        assert_eq!(
            about["frame_id"],
            u32::from_le_bytes(*bytes.first_chunk().unwrap())
        );
        about["frame_id"].as_u64().unwrap() as u32
    }

    async fn send(&mut self, message: Message) {
        soon("room to send", self.0.send(message))
            .await
            .expect("sent");
    }

    /// The server's clock when it answered.
    async fn ping(&mut self) -> f64 {
        self.send(Message::text(r#"{"ping":{"t0":7.5}}"#)).await;
        match self.hear().await {
            Heard::Told(RelayMessage::Pong { pong }) => {
                assert_eq!(pong.t0, 7.5);
                assert!(pong.t1 <= pong.t2);
                pong.t2
            }
            other => panic!("no pong but {other:?}"),
        }
    }

    async fn expect_close(&mut self, expected: u16) -> String {
        match self.hear().await {
            Heard::Closed { code, reason } => {
                assert_eq!(code, expected, "{reason}");
                assert!(!reason.is_empty());
                reason
            }
            other => panic!("not closed but {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_frame_reaches_the_viewer_as_it_was_posted() {
    let relayed = Relayed::start(&[]).await;
    let mut viewer = relayed.viewer().await;
    // Larger than any other body may be: zeros behind a JPEG's end are padding.
    let large = [PEOPLE, &[0; 200 << 10]].concat();
    let posted = frame(7, CAPTURE_TS + 0.25, &large);
    let answer = relayed.post(posted.clone()).await;
    assert_eq!(
        answer.json::<Value>().await.unwrap(),
        json!({"listening": true})
    );
    let (about, bytes) = viewer.next_frame().await;
    assert_eq!(
        about,
        json!({"frame_id": 7, "clock": "capture_time", "clock_error_ms": 1.5})
    );
    assert_eq!(bytes, posted);
    assert_eq!(relayed.counted("sightline_relay_frames_total").await, 1);
    let bytes = relayed.counted("sightline_relay_bytes_total").await;
    assert_eq!(bytes, posted.len() as u64);
}

#[tokio::test]
async fn a_slow_viewer_gets_two_frames_and_then_the_newest() {
    let relayed = Relayed::start(&[]).await;
    let mut viewer = relayed.viewer().await;
    // It reads nothing, so nothing arrives.
    for frame_id in 1..=2 {
        assert!(relayed.pass(frame_id).await);
        let sent = u64::from(frame_id);
        relayed
            .until_counted("sightline_relay_frames_total", sent)
            .await;
    }
    for frame_id in 3..=30 {
        assert!(relayed.pass(frame_id).await, "the phone is not held up");
    }
    assert_eq!(relayed.counted("sightline_relay_frames_total").await, 2);
    assert_eq!(
        relayed
            .counted("sightline_relay_replaced_frames_total")
            .await,
        27
    );
    for frame_id in [1, 2, 30] {
        assert_eq!(viewer.next_id().await, frame_id);
    }
    // What was replaced is gone, and the next one comes as ever.
    relayed.pass(31).await;
    assert_eq!(viewer.next_id().await, 31);
}

#[tokio::test]
async fn without_a_viewer_the_phone_is_told_and_nothing_is_kept() {
    let relayed = Relayed::start(&[]).await;
    assert!(!relayed.pass(1).await);
    let mut viewer = relayed.viewer().await;
    relayed.pass(2).await;
    assert_eq!(viewer.next_id().await, 2);
    drop(viewer);
    relayed
        .until_counted("sightline_relay_sockets_open", 0)
        .await;
    assert!(!relayed.pass(3).await);
    let mut viewer = relayed.viewer().await;
    assert!(relayed.pass(4).await);
    assert_eq!(viewer.next_id().await, 4);
}

#[tokio::test]
async fn each_end_has_its_own_token() {
    let relayed = Relayed::start(&[]).await;
    let other = RoomApi::of(&relayed.server).create().await;
    let mut viewer = relayed.viewer().await;
    let RoomCreated {
        room,
        viewer_token,
        phone_token,
        ..
    } = &relayed.room;
    for (room, token, status, word) in [
        (room, viewer_token, 403, "phone_only"),
        (room, &other.phone_token, 403, "bad_token"),
        (room, &String::new(), 403, "bad_token"),
        (&other.room, phone_token, 403, "bad_token"),
        (phone_token, phone_token, 404, "room_not_found"),
    ] {
        let body = frame(1, CAPTURE_TS, PEOPLE);
        let refused = relayed.post_as(room, token, "&error_ms=1", body).await;
        assert_eq!(failure(refused).await, (status, word.to_owned()));
    }
    for (room, token, status, word) in [
        (room, phone_token, 403, "viewer_only"),
        (room, &other.viewer_token, 403, "bad_token"),
        (viewer_token, viewer_token, 404, "room_not_found"),
    ] {
        let refused = relayed.try_listen(room, token).await.err();
        assert_eq!(refused, Some((status, word.to_owned())));
    }
    // The rightful two go on, and nothing of the others came through.
    relayed.pass(2).await;
    assert_eq!(viewer.next_id().await, 2);
}

/// It has the same token; the one whose seat it was is not heard any more.
#[tokio::test]
async fn only_the_phone_that_sits_there_is_relayed() {
    let relayed = Relayed::start(&[]).await;
    let mut viewer = relayed.viewer().await;
    let (rooms, room) = (RoomApi::of(&relayed.server), &relayed.room);
    let first = rooms.phone(room, "&client=a").await;
    let second = rooms.phone(room, "&client=b&takeover=1").await;
    for (sitting, status) in [(first.sitting(), 409), ("x", 409), (second.sitting(), 200)] {
        let extra = format!("&error_ms=1&sitting={sitting}");
        let body = frame(status, CAPTURE_TS, PEOPLE);
        let (room, token) = (&room.room, &room.phone_token);
        let answer = relayed.post_as(room, token, &extra, body).await;
        assert_eq!(u32::from(answer.status().as_u16()), status);
    }
    assert_eq!(viewer.next_id().await, 200);
    // A seat with a name is not spoken for without it.
    let nameless = relayed.post(frame(1, CAPTURE_TS, PEOPLE)).await;
    assert_eq!(failure(nameless).await, (409, "not_seated".to_owned()));
}

#[tokio::test]
async fn hostile_frames_are_told_and_disturb_nobody() {
    let relayed = Relayed::start(&["--max-frame-bytes", "400000", "--max-pixels", "400000"]).await;
    let bystander = Bystander::join(&relayed.server).await;
    let mut viewer = relayed.viewer().await;
    let mut huge = PEOPLE.to_vec();
    let header = huge
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    huge[header + 5..header + 9].fill(0xFF);
    for (status, word, body) in [
        (400, "bad_frame", Vec::new()),
        (400, "bad_frame", vec![0; 11]),
        (400, "bad_frame", frame(1, f64::NAN, PEOPLE)),
        (400, "bad_frame", frame(1, f64::NEG_INFINITY, PEOPLE)),
        (400, "bad_frame", frame(1, -1.0, PEOPLE)),
        (400, "bad_frame", frame(1, 8.7e15, PEOPLE)),
        (400, "bad_jpeg", frame(1, CAPTURE_TS, b"")),
        (400, "bad_jpeg", frame(1, CAPTURE_TS, b"\x89PNG\r\n\x1a\n")),
        (
            400,
            "bad_jpeg",
            frame(1, CAPTURE_TS, &PEOPLE[..PEOPLE.len() / 2]),
        ),
        (413, "too_large", frame(1, CAPTURE_TS, &huge)),
        (413, "too_large", vec![0; 400_001]),
        (413, "too_large", vec![0; 20 << 20]),
    ] {
        let refused = relayed.post(body).await;
        assert_eq!(failure(refused).await, (status, word.to_owned()));
    }
    assert_eq!(relayed.server.refusals("picture_size").await, 1);
    assert_eq!(relayed.server.refusals("body_size").await, 2);
    let (room, token) = (&relayed.room.room, &relayed.room.phone_token);
    for extra in [
        "",
        "&error_ms=",
        "&error_ms=1&clock=sundial",
        "&error_ms=1&error_ms=1",
    ] {
        let body = frame(1, CAPTURE_TS, PEOPLE);
        let refused = relayed.post_as(room, token, extra, body).await;
        assert_eq!(
            failure(refused).await,
            (400, "bad_query".to_owned()),
            "{extra}"
        );
    }
    for error in ["NaN", "inf", "-1"] {
        let extra = format!("&error_ms={error}");
        let refused = relayed
            .post_as(room, token, &extra, frame(1, CAPTURE_TS, PEOPLE))
            .await;
        assert_eq!(
            failure(refused).await,
            (400, "bad_frame".to_owned()),
            "{error}"
        );
    }
    relayed.pass(2).await;
    assert_eq!(viewer.next_id().await, 2);
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn a_viewer_that_breaks_the_protocol_is_told_why_it_is_closed() {
    let relayed = Relayed::start(&[]).await;
    for (code, message) in [
        (NO_PING, Message::text("nonsense")),
        (NO_PING, Message::text(r#"{"ping":{"t0":1,"t1":1}}"#)),
        (
            TAKES_NO_FRAMES,
            Message::binary(frame(1, CAPTURE_TS, b"JPEG")),
        ),
        (TOO_LARGE, Message::text("x".repeat(1025))),
    ] {
        let mut viewer = relayed.viewer().await;
        viewer.send(message).await;
        viewer.expect_close(code).await;
    }
    assert_eq!(relayed.server.refusals("message_size").await, 1);
    relayed
        .until_counted("sightline_relay_sockets_open", 0)
        .await;
}

#[tokio::test]
async fn a_viewer_that_gives_no_sign_of_life_is_let_go() {
    let relayed = Relayed::start(&["--detect-silence", "1"]).await;
    let (room, token) = (&relayed.room.room, &relayed.room.viewer_token);
    let path = format!("/api/rooms/{room}/relay?token={token}");
    // It hears pings and answers none.
    let mut silent = RawSocket::open(relayed.server.addr(), &path).await;
    let (code, reason) = silent.expect_close().await;
    assert_eq!((code, reason.as_str()), (POLICY, "no sign of life for 1 s"));
    assert_eq!(relayed.server.refusals("relay_silence").await, 1);
}

#[tokio::test]
async fn a_newer_window_listens_in_the_place_of_an_older() {
    let relayed = Relayed::start(&[]).await;
    let mut before = relayed.viewer().await;
    let mut after = relayed.viewer().await;
    assert!(before.expect_close(POLICY).await.contains("another window"));
    assert!(relayed.pass(1).await);
    assert_eq!(after.next_id().await, 1);
}

#[tokio::test]
async fn a_room_that_expires_takes_its_relay_with_it() {
    let relayed = Relayed::start(&["--max-rooms", "1"]).await;
    let mut viewer = relayed.viewer().await;
    assert!(relayed.pass(1).await);
    viewer.next_id().await;
    // Nobody sits in the old room, so it makes way.
    RoomApi::of(&relayed.server).create().await;
    let posted = relayed.post(frame(2, CAPTURE_TS, PEOPLE)).await;
    assert_eq!(failure(posted).await, (404, "room_not_found".to_owned()));
    assert!(viewer.expect_close(POLICY).await.contains("expired"));
}

#[tokio::test]
async fn both_ends_can_ask_for_the_time() {
    let relayed = Relayed::start(&[]).await;
    let mut viewer = relayed.viewer().await;
    let before = epoch_ms();
    let told = viewer.ping().await;
    let asked = relayed.http.get(relayed.server.http("/api/clock"));
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let ServerTime { t1, t2 } = answer.json().await.unwrap();
    assert!(before <= told && told <= t1 && t1 <= t2 && t2 <= epoch_ms());
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let mut relayed = Relayed::start(&[]).await;
    let mut viewer = relayed.viewer().await;
    relayed.server.stop().await;
    assert!(
        viewer
            .expect_close(GOING_AWAY)
            .await
            .contains("shutting down")
    );
}
