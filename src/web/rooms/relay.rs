//! The relay over HTTP: the phone posts frames, the viewer gets the newest by a WebSocket.

use std::time::{Duration, Instant};

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use futures_util::SinkExt;
use serde::Deserialize;
use tokio::time::{MissedTickBehavior, timeout};
use tracing::{Instrument, Span};

use super::{TokenQuery, bad_query};
use crate::clock::{Moment, epoch_ms};
use crate::metrics::{Counted, Refusal};
use crate::pipeline::decode::{self, DecodeError};
use crate::protocol::{
    FRAME_HEADER_BYTES, FrameHeader, RelayAnswer, RelayClock, RelayMessage, RelayedFrame, Role,
};
use crate::relay::{Frame, Listener, Offered};
use crate::web::AppState;
use crate::web::detect::{Goodbye, SEND_TIMEOUT, answer_ping, goodbye_to};
use crate::web::error::Failure;

/// Frames on their way to a viewer. Behind them only the newest waits; without this bound the system's
/// send buffers would hold seconds of old frames for a viewer on a slow line.
const IN_FLIGHT: u64 = 2;
/// How often the socket looks whether its room and its viewer are still there.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A viewer says nothing but pings.
const MAX_MESSAGE_BYTES: usize = 1024;

const DISPLACED: Goodbye = Goodbye::new(close_code::POLICY, "another window listens now");
const ROOM_GONE: Goodbye = Goodbye::new(close_code::POLICY, "this room has expired");
const TALKATIVE: Goodbye = Goodbye::new(close_code::UNSUPPORTED, "this socket takes no frames");
const STOPPING: Goodbye = Goodbye::new(close_code::AWAY, "the server is shutting down");

pub fn routes(max_frame_bytes: usize) -> Router<AppState> {
    Router::new()
        .route("/api/rooms/{room}/relay", get(listen).post(pass_on))
        .layer(DefaultBodyLimit::max(max_frame_bytes))
}

#[derive(Deserialize)]
struct FrameQuery {
    token: String,
    /// From the welcome: a phone whose seat another one took is not heard any more.
    sitting: Option<String>,
    /// What told the frame's `capture_ts`.
    #[serde(default)]
    clock: RelayClock,
    /// How well the phone knows our clock, ± ms.
    error_ms: f64,
}

async fn pass_on(
    State(state): State<AppState>,
    Path(room): Path<String>,
    query: Result<Query<FrameQuery>, QueryRejection>,
    request: Request,
) -> Result<Json<RelayAnswer>, Failure> {
    let Query(query) = query.map_err(bad_query)?;
    // Before the body is read: strangers do not fill our memory.
    let sitting = query.sitting.as_deref();
    state
        .rooms
        .expect_seated(Role::Phone, &room, &query.token, sitting)?;
    let message = Bytes::from_request(request, &()).await.map_err(|error| {
        let word = match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "too_large",
            _ => "bad_frame",
        };
        Failure::new(error.status(), word, error.body_text())
    })?;
    let frame = checked(message, &query, state.max_pixels)?;
    let offered = state.relays.offer(&room, frame);
    if offered == Offered::Replaced {
        state.metrics.relay.replaced.inc();
    }
    let listening = offered != Offered::NobodyListens;
    Ok(Json(RelayAnswer { listening }))
}

fn checked(message: Bytes, query: &FrameQuery, max_pixels: usize) -> Result<Frame, Failure> {
    let bad = |message| Failure::new(StatusCode::BAD_REQUEST, "bad_frame", message);
    let header = FrameHeader::read(&message).map_err(|error| bad(error.to_string()))?;
    if !(query.error_ms.is_finite() && query.error_ms >= 0.0) {
        return Err(bad("error_ms must be finite and not negative".to_owned()));
    }
    decode::check(&message[FRAME_HEADER_BYTES..], max_pixels)?;
    let about = RelayedFrame {
        frame_id: header.frame_id,
        clock: query.clock,
        clock_error_ms: query.error_ms,
    };
    Ok(Frame { about, message })
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        let told = |status, word| Self::new(status, word, error.to_string());
        match error {
            DecodeError::BadJpeg(_) => told(StatusCode::BAD_REQUEST, "bad_jpeg"),
            DecodeError::TooLarge { .. } => {
                told(StatusCode::PAYLOAD_TOO_LARGE, "too_large").counted_as(Refusal::PictureSize)
            }
        }
    }
}

async fn listen(
    State(state): State<AppState>,
    Path(room): Path<String>,
    query: Result<Query<TokenQuery>, QueryRejection>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Failure> {
    let Query(TokenQuery { token }) = query.map_err(bad_query)?;
    state.rooms.expect(Role::Viewer, &room, &token)?;
    let tasks = state.tasks.clone();
    let request = Span::current();
    Ok(upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .on_upgrade(move |socket| {
            let listening = Listening {
                listener: state.relays.listen(&room),
                state,
                socket,
                room,
                token,
                heard: Instant::now(),
                sent: 0,
                taken: 0,
            };
            tasks.track_future(listening.run().instrument(request))
        }))
}

/// A viewer's socket.
struct Listening {
    state: AppState,
    socket: WebSocket,
    listener: Listener,
    room: String,
    token: String,
    heard: Instant,
    /// Frames sent so far, and of those how many have arrived: a ping follows each, with its number.
    sent: u64,
    taken: u64,
}

/// Why it ends; nothing to say when the viewer has gone.
type End = Option<Goodbye>;

impl Listening {
    async fn run(mut self) {
        let _open = Counted::by(&self.state.metrics.relay.sockets_open);
        let shutdown = self.state.shutdown.clone();
        let end = tokio::select! {
            end = self.converse() => end,
            () = shutdown.cancelled() => Some(STOPPING),
        };
        if let Some(goodbye) = end {
            // Whether it arrives or not, the conversation is over.
            let _ = timeout(SEND_TIMEOUT, self.socket.send(goodbye.message())).await;
        }
    }

    async fn converse(&mut self) -> End {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let step = tokio::select! {
                message = self.socket.recv() => self.receive(message).await,
                frame = self.listener.next(), if self.sent - self.taken < IN_FLIGHT => {
                    self.pass(frame).await
                }
                () = self.listener.displaced() => Err(Some(DISPLACED)),
                _ = looks.tick() => self.look().await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn receive(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let received = Moment::now();
        self.heard = received.instant;
        let message = message.ok_or(None)?;
        match message.map_err(|error| goodbye_to(error, &self.state.metrics))? {
            Message::Text(text) => {
                let mut pong = answer_ping(&text, received).map_err(Some)?;
                pong.t2 = epoch_ms();
                self.send(&[text_of(RelayMessage::Pong { pong })]).await
            }
            Message::Pong(number) => {
                // One pong may stand for all pings before it.
                if let Some(number) = number.first_chunk() {
                    let arrived = u64::from_be_bytes(*number).min(self.sent);
                    self.taken = self.taken.max(arrived);
                }
                Ok(())
            }
            Message::Binary(_) => Err(Some(TALKATIVE)),
            Message::Ping(_) | Message::Close(_) => Ok(()),
        }
    }

    async fn pass(&mut self, Frame { about, message }: Frame) -> Result<(), End> {
        let relayed = &self.state.metrics.relay;
        relayed.frames.inc();
        relayed.bytes.inc_by(message.len() as u64);
        self.sent += 1;
        self.send(&[
            text_of(RelayMessage::Frame { frame: about }),
            Message::Binary(message),
            self.ping(),
        ])
        .await
    }

    async fn look(&mut self) -> Result<(), End> {
        if self.state.rooms.role_of(&self.room, &self.token).is_err() {
            return Err(Some(ROOM_GONE));
        }
        let silence = self.state.guard.limits.detect_silence;
        if self.heard.elapsed() > silence {
            self.state.metrics.refusals.count(Refusal::RelaySilence);
            return Err(Some(Goodbye::silent_for(silence)));
        }
        // With the last frame's number: a pong to this may stand for the one to that.
        self.send(&[self.ping()]).await
    }

    fn ping(&self) -> Message {
        Message::Ping(Bytes::copy_from_slice(&self.sent.to_be_bytes()))
    }

    async fn send(&mut self, messages: &[Message]) -> Result<(), End> {
        let socket = &mut self.socket;
        let sending = async {
            for message in messages {
                socket.feed(message.clone()).await?;
            }
            socket.flush().await
        };
        match timeout(SEND_TIMEOUT, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(None),
        }
    }
}

fn text_of(message: RelayMessage) -> Message {
    let json = serde_json::to_string(&message).expect("it is plain JSON");
    Message::Text(json.into())
}
