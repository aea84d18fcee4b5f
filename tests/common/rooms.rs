//! A room's two ends: its events and its signals.

use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use sightline::protocol::{ALIVE_EVENT, Invitation, Role, RoomCreated, RoomEvent};

use super::{TestServer, http, soon};

/// Rooms over plain HTTP, as a viewer on this machine sees them.
pub struct RoomApi {
    base: String,
    http: Client,
}

impl RoomApi {
    pub fn of(server: &TestServer) -> Self {
        Self::at(server.http(""))
    }

    /// `base`: an address without a path.
    pub fn at(base: String) -> Self {
        let http = http::plain_client();
        Self { base, http }
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
        EventStream::of(answer)
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

    /// A signal of a page that names its sitting, and each of its signals.
    pub async fn signal_as(
        &self,
        room: &str,
        token: &str,
        (sitting, number): (&str, u64),
        payload: &Value,
    ) -> Response {
        let query = format!("token={token}&sitting={sitting}&number={number}");
        let address = format!("{}/api/rooms/{room}/signal?{query}", self.base);
        let request = self.http.post(address).json(payload);
        request.send().await.expect("an answer")
    }

    /// `query` continues the token.
    pub async fn leave(&self, room: &str, token: &str, query: &str) -> Response {
        let address = format!("{}/api/rooms/{room}/leave?token={token}{query}", self.base);
        self.http.post(address).send().await.expect("an answer")
    }

    /// Whether the token opens the room.
    pub async fn knock(&self, room: &str, token: &str) -> Response {
        let address = format!("{}/api/rooms/{room}?token={token}", self.base);
        self.http.get(address).send().await.expect("an answer")
    }

    /// Goes on after the event that came last, as a browser's own event source says it.
    pub async fn sit_again(
        &self,
        room: &str,
        token: &str,
        extra: &str,
        last_event_id: &str,
    ) -> EventStream {
        let address = format!("{}/api/rooms/{room}/events?token={token}{extra}", self.base);
        let request = self
            .http
            .get(address)
            .header("last-event-id", last_event_id);
        EventStream::of(request.send().await.expect("an answer"))
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

    pub async fn metrics(&self, room: &str, token: &str) -> Response {
        let address = format!("{}/api/rooms/{room}/metrics?token={token}", self.base);
        self.http.get(address).send().await.expect("an answer")
    }
}

/// Server-Sent Events. Dropping it closes its connection.
pub struct EventStream {
    answer: Response,
    text: String,
    /// Of the last event that came.
    pub last_id: String,
}

impl EventStream {
    fn of(answer: Response) -> Self {
        let (text, last_id) = Default::default();
        Self {
            answer,
            text,
            last_id,
        }
    }

    /// The next event, `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<RoomEvent> {
        loop {
            let (kind, event) = self.next_of_any_kind().await?;
            if kind != ALIVE_EVENT {
                return Some(event.expect("an event of the room"));
            }
        }
    }

    /// The word of the server that it is there, after all events that came before.
    pub async fn expect_alive(&mut self) {
        while self.next_of_any_kind().await.expect("the stream goes on").0 != ALIVE_EVENT {}
    }

    async fn next_of_any_kind(&mut self) -> Option<(String, Option<RoomEvent>)> {
        while !self.text.contains("\n\n") {
            let chunk = soon("an event", self.answer.chunk()).await;
            let chunk = chunk.expect("the stream ends in good order")?;
            self.text += std::str::from_utf8(&chunk).expect("UTF-8");
        }
        let (event, rest) = self.text.split_once("\n\n").expect("a whole event");
        let field = |name: &str| {
            let mut lines = event.lines();
            lines.find_map(|line| Some(line.strip_prefix(name)?.to_owned()))
        };
        let (kind, id, data) = (field("event: "), field("id: "), field("data: "));
        self.text = rest.to_owned();
        if let Some(id) = id {
            self.last_id = id;
        }
        let data = data.expect("every event has data");
        Some((kind.unwrap_or_default(), serde_json::from_str(&data).ok()))
    }

    pub async fn expect(&mut self, event: RoomEvent) {
        assert_eq!(self.next().await, Some(event));
    }

    pub async fn expect_welcome(&mut self, seat: Role) -> bool {
        match self.next().await {
            Some(RoomEvent::Welcome {
                role,
                peer_present,
                resumed: false,
                ..
            }) if role == seat => peer_present,
            other => panic!("no welcome but {other:?}"),
        }
    }

    /// The stream goes on where the last one broke.
    pub async fn expect_resumed(&mut self) {
        match self.next().await {
            Some(RoomEvent::Welcome { resumed: true, .. }) => {}
            other => panic!("not resumed but {other:?}"),
        }
    }

    /// What names the stay in the seat, from an event's id.
    pub fn sitting(&self) -> &str {
        let (sitting, _) = self.last_id.rsplit_once('-').expect("an id of ours");
        sitting
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
