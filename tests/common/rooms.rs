//! A room's two ends: its events and its signals.

use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use sightline::protocol::{Invitation, Role, RoomCreated, RoomEvent};

use super::{TestServer, http, soon};

/// Rooms over plain HTTP, as a viewer on this machine sees them.
pub struct RoomApi {
    base: String,
    http: Client,
}

impl RoomApi {
    pub fn of(server: &TestServer) -> Self {
        Self {
            base: server.http(""),
            http: http::plain_client(),
        }
    }

    pub async fn create(&self) -> RoomCreated {
        let answer = self.try_create().await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.expect("a room")
    }

    pub async fn try_create(&self) -> Response {
        let request = self.http.post(format!("{}/api/rooms", self.base));
        request.send().await.expect("an answer")
    }

    pub async fn try_join(&self, token: &str) -> Response {
        let address = format!("{}/api/join/{token}", self.base);
        self.http.get(address).send().await.expect("an answer")
    }

    pub async fn try_invite(&self, room: &str, token: &str) -> Response {
        let address = format!("{}/api/rooms/{room}/invitation?token={token}", self.base);
        self.http.get(address).send().await.expect("an answer")
    }

    /// What the room's viewer shows to phones.
    pub async fn invite(&self, room: &RoomCreated) -> Invitation {
        let answer = self.try_invite(&room.room, &room.viewer_token).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.expect("an invitation")
    }

    /// `extra` continues the query: `&client=…&takeover=1`.
    pub async fn try_sit(&self, room: &str, token: &str, extra: &str) -> Response {
        let address = format!("{}/api/rooms/{room}/events?token={token}{extra}", self.base);
        self.http.get(address).send().await.expect("an answer")
    }

    pub async fn sit(&self, room: &str, token: &str, extra: &str) -> EventStream {
        let answer = self.try_sit(room, token, extra).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let kind = &answer.headers()["content-type"];
        assert_eq!(kind, "text/event-stream");
        EventStream {
            answer,
            text: String::new(),
        }
    }

    /// The viewer's seat, the welcome heard.
    pub async fn viewer(&self, room: &RoomCreated, extra: &str) -> EventStream {
        let mut events = self.sit(&room.room, &room.viewer_token, extra).await;
        events.expect_welcome(Role::Viewer).await;
        events
    }

    /// The phone's seat, the welcome heard.
    pub async fn phone(&self, room: &RoomCreated, extra: &str) -> EventStream {
        let mut events = self.sit(&room.room, &room.phone_token, extra).await;
        events.expect_welcome(Role::Phone).await;
        events
    }

    pub async fn signal(&self, room: &str, token: &str, payload: &Value) -> Response {
        self.signal_text(room, token, payload.to_string()).await
    }

    pub async fn signal_text(&self, room: &str, token: &str, body: String) -> Response {
        let address = format!("{}/api/rooms/{room}/signal?token={token}", self.base);
        let request = self.http.post(address);
        let request = request.header("content-type", "application/json");
        request.body(body).send().await.expect("an answer")
    }

    pub async fn post_metrics(&self, room: &str, token: &str, body: String) -> Response {
        let address = format!("{}/api/rooms/{room}/metrics?token={token}", self.base);
        let request = self.http.post(address).body(body);
        request.send().await.expect("an answer")
    }

    /// `query` is empty or starts with `?`.
    pub async fn metrics(&self, room: &str, query: &str) -> Response {
        let address = format!("{}/api/rooms/{room}/metrics{query}", self.base);
        self.http.get(address).send().await.expect("an answer")
    }
}

/// Server-Sent Events. Dropping it closes its connection.
pub struct EventStream {
    answer: Response,
    text: String,
}

impl EventStream {
    /// The next event, `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<RoomEvent> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.strip_prefix("data: ").map(str::to_owned);
                self.text = rest.to_owned();
                match data {
                    Some(data) => return Some(serde_json::from_str(&data).expect("an event")),
                    None => continue, // a comment that keeps the stream open
                }
            }
            let chunk = soon("an event", self.answer.chunk()).await;
            let chunk = chunk.expect("the stream ends in good order")?;
            self.text += std::str::from_utf8(&chunk).expect("UTF-8");
        }
    }

    pub async fn expect(&mut self, event: RoomEvent) {
        assert_eq!(self.next().await, Some(event));
    }

    pub async fn expect_welcome(&mut self, seat: Role) -> bool {
        match self.next().await {
            Some(RoomEvent::Welcome { role, peer_present }) if role == seat => peer_present,
            other => panic!("no welcome but {other:?}"),
        }
    }

    pub async fn expect_peer(&mut self, role: Role, present: bool) {
        self.expect(RoomEvent::Peer { role, present }).await;
    }

    pub async fn expect_end(&mut self) {
        assert_eq!(self.next().await, None);
    }
}

/// The status, and the word for programs.
pub async fn failure(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: sightline::protocol::ApiError = answer.json().await.expect("a failure as told");
    assert!(!body.message.is_empty(), "a sentence for people");
    (status, body.error)
}
