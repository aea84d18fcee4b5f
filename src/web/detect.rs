//! The detection socket: frames in, exactly one answer each out.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Query, State};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::time::{MissedTickBehavior, timeout};
use tokio_tungstenite::tungstenite::{self, error::ProtocolError};
use tracing::{Instrument, Span};

use super::AppState;
use crate::clock::{Moment, epoch_ms};
use crate::metrics::{Counted, Metrics, Refusal};
use crate::pipeline::Client;
use crate::pipeline::frame::{Frame, Reply};
use crate::protocol::{
    BadFrameHeader, DetectAnswer, DetectRequest, FRAME_HEADER_BYTES, FrameErrorCode, FrameHeader,
    Pong,
};

/// Answers that may wait for a slow reader. When they do, no further frame is read.
const QUEUED_ANSWERS: usize = 32;
/// A client that takes no byte for this long is gone.
pub(super) const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// Pings in the time after which silence is the end.
const PINGS_UNANSWERED: u32 = 3;

#[derive(Deserialize)]
pub struct DetectQuery {
    /// `1` adds the stage times to every answer.
    #[serde(default)]
    timing: u8,
}

pub async fn connect(
    State(state): State<AppState>,
    Query(query): Query<DetectQuery>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let limit = state.max_frame_bytes;
    let tasks = state.tasks.clone();
    let request = Span::current();
    upgrade
        .max_message_size(limit)
        .max_frame_size(limit)
        .on_upgrade(move |socket| {
            let conversation = converse(state, socket, query.timing == 1);
            tasks.track_future(conversation.instrument(request))
        })
}

/// Why a conversation ends; the close frame's code and reason.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Goodbye {
    code: u16,
    reason: Cow<'static, str>,
}

impl Goodbye {
    pub(super) const fn new(code: u16, reason: &'static str) -> Self {
        let reason = Cow::Borrowed(reason);
        Self { code, reason }
    }

    pub(super) fn silent_for(limit: Duration) -> Self {
        let reason = format!("no sign of life for {} s", limit.as_secs()).into();
        let code = close_code::POLICY;
        Self { code, reason }
    }

    pub(super) fn message(self) -> Message {
        Message::Close(Some(CloseFrame {
            code: self.code,
            reason: self.reason.as_ref().into(),
        }))
    }
}

async fn converse(state: AppState, socket: WebSocket, timing: bool) {
    let _open = Counted::by(&state.metrics.sockets.open);
    let (sink, stream) = socket.split();
    let (answers, outbox) = mpsc::channel(QUEUED_ANSWERS);
    let client = state.pipeline.client();
    let silence = state.guard.limits.detect_silence;
    let reader = Reader {
        metrics: Arc::clone(&state.metrics),
        silence,
        stream,
        answers,
        client,
    };
    let mut writer = Writer {
        metrics: Arc::clone(&state.metrics),
        sink,
        outbox,
        ping_every: silence / PINGS_UNANSWERED,
        timing,
    };
    let goodbye = tokio::select! {
        goodbye = reader.run() => goodbye,
        () = writer.run() => return,
        () = state.shutdown.cancelled() => {
            Some(Goodbye::new(close_code::AWAY, "the server is shutting down"))
        }
    };
    if let Some(goodbye) = goodbye {
        writer.close(goodbye).await;
    }
}

struct Reader {
    metrics: Arc<Metrics>,
    silence: Duration,
    stream: SplitStream<WebSocket>,
    answers: mpsc::Sender<DetectAnswer>,
    client: Client,
}

impl Reader {
    /// Reads until the client leaves (`None`) or breaks the protocol.
    async fn run(mut self) -> Option<Goodbye> {
        loop {
            // Room for the answer first: a client that does not read is not read from either.
            let room = self.answers.clone().reserve_owned().await.ok()?;
            let message = match timeout(self.silence, self.stream.next()).await {
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(error))) => return goodbye_to(error, &self.metrics),
                Ok(None) => return None,
                Err(_) => {
                    self.metrics.refusals.count(Refusal::DetectSilence);
                    return Some(Goodbye::silent_for(self.silence));
                }
            };
            if let Err(goodbye) = self.receive(message, room) {
                return Some(goodbye);
            }
        }
    }

    fn receive(&self, message: Message, room: OwnedPermit<DetectAnswer>) -> Result<(), Goodbye> {
        let received = Moment::now();
        self.metrics
            .sockets
            .received_bytes
            .inc_by(bytes_in(&message));
        match message {
            Message::Binary(bytes) => self.receive_frame(bytes, received, room),
            Message::Text(text) => {
                let pong = answer_ping(&text, received)?;
                room.send(DetectAnswer::Pong { pong });
                Ok(())
            }
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Ok(()),
        }
    }

    fn receive_frame(
        &self,
        mut bytes: bytes::Bytes,
        received: Moment,
        room: OwnedPermit<DetectAnswer>,
    ) -> Result<(), Goodbye> {
        let reply = |frame_id| Reply::new(frame_id, room, Arc::clone(&self.metrics));
        match FrameHeader::read(&bytes) {
            Ok(header) => self.client.offer(Frame {
                capture_ts: header.capture_ts,
                jpeg: bytes.split_off(FRAME_HEADER_BYTES),
                received,
                reply: reply(header.frame_id),
            }),
            Err(error @ BadFrameHeader::CaptureTs { frame_id }) => {
                reply(frame_id).error(FrameErrorCode::BadCaptureTs, error.to_string());
            }
            Err(error @ BadFrameHeader::Short) => {
                return Err(Goodbye {
                    code: close_code::PROTOCOL,
                    reason: error.to_string().into(),
                });
            }
        }
        Ok(())
    }
}

fn bytes_in(message: &Message) -> u64 {
    let length = match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
    };
    length as u64
}

pub(super) fn answer_ping(text: &str, received: Moment) -> Result<Pong, Goodbye> {
    const GARBAGE: Goodbye = Goodbye::new(
        close_code::INVALID,
        "text messages are {\"ping\":{\"t0\":ms}}",
    );
    let request: DetectRequest = serde_json::from_str(text).map_err(|_| GARBAGE)?;
    let t1 = received.epoch_ms;
    // The writer stamps t2 when it sends this.
    Ok(Pong {
        t0: request.ping.t0,
        t1,
        t2: t1,
    })
}

/// What the client broke gets its close code; after a broken connection nobody listens.
pub(super) fn goodbye_to(error: axum::Error, metrics: &Metrics) -> Option<Goodbye> {
    const TOO_LARGE: &str = "the message is larger than this server accepts";
    const NOT_TEXT: &str = "text must be UTF-8";
    const BROKEN: &str = "that is no WebSocket frame of a client";
    tracing::debug!("WebSocket: {error}");
    let error = error.into_inner().downcast::<tungstenite::Error>().ok()?;
    match *error {
        tungstenite::Error::Capacity(_) => {
            metrics.refusals.count(Refusal::MessageSize);
            Some(Goodbye::new(close_code::SIZE, TOO_LARGE))
        }
        tungstenite::Error::Utf8(_) => Some(Goodbye::new(close_code::INVALID, NOT_TEXT)),
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        tungstenite::Error::Protocol(_) => Some(Goodbye::new(close_code::PROTOCOL, BROKEN)),
        _ => None,
    }
}

struct Writer {
    metrics: Arc<Metrics>,
    sink: SplitSink<WebSocket, Message>,
    outbox: mpsc::Receiver<DetectAnswer>,
    ping_every: Duration,
    timing: bool,
}

impl Writer {
    /// Sends answers, and pings between them, until the client takes no more.
    async fn run(&mut self) {
        let mut pings = tokio::time::interval(self.ping_every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let message = tokio::select! {
                answer = self.outbox.recv() => match answer {
                    Some(answer) => self.text(answer),
                    None => return,
                },
                _ = pings.tick() => Message::Ping(bytes::Bytes::new()),
            };
            self.metrics.sockets.sent_bytes.inc_by(bytes_in(&message));
            if !matches!(
                timeout(SEND_TIMEOUT, self.sink.send(message)).await,
                Ok(Ok(()))
            ) {
                return;
            }
        }
    }

    fn text(&self, mut answer: DetectAnswer) -> Message {
        match &mut answer {
            DetectAnswer::Result(result) if !self.timing => result.timing = None,
            DetectAnswer::Pong { pong } => pong.t2 = epoch_ms(),
            _ => {}
        }
        let json = serde_json::to_string(&answer).expect("answers are plain JSON");
        Message::Text(json.into())
    }

    async fn close(&mut self, goodbye: Goodbye) {
        // Whether it arrives or not, the conversation is over.
        let _ = timeout(SEND_TIMEOUT, self.sink.send(goodbye.message())).await;
    }
}
