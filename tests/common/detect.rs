//! A client of the detection socket, as anybody might write one.

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use sightline::protocol::{DetectAnswer, Detection};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};

use super::{PEOPLE, TestServer, http, soon};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Some moment when a picture was taken.
pub const CAPTURE_TS: f64 = 1_690_000_000_000.0;

pub struct DetectClient {
    pub sender: Sender,
    pub receiver: Receiver,
}

pub struct Sender(SplitSink<Socket, Message>);
pub struct Receiver(SplitStream<Socket>);

/// What the server says, WebSocket's own pings left out.
#[derive(Debug)]
pub enum Heard {
    Answer(String),
    Closed {
        code: u16,
        reason: String,
    },
    /// The connection ended and no close frame told why.
    Cut(String),
}

impl DetectClient {
    pub async fn connect(server: &TestServer) -> Self {
        Self::open(server, "").await
    }

    /// `query` begins with `?`.
    pub async fn open(server: &TestServer, query: &str) -> Self {
        let address = format!("ws://{}/api/detect{query}", server.addr());
        let opening = tokio_tungstenite::connect_async(address);
        let (socket, _) = soon("a WebSocket", opening).await.expect("it is accepted");
        Self::from(socket)
    }

    pub async fn over_tls(server: &TestServer) -> Self {
        let address = format!("wss://{}/api/detect", server.addr());
        let trust = Connector::Rustls(http::trust(server));
        let opening =
            tokio_tungstenite::connect_async_tls_with_config(address, None, true, Some(trust));
        let (socket, _) = soon("a WebSocket", opening).await.expect("it is accepted");
        Self::from(socket)
    }

    pub async fn send_frame(&mut self, frame_id: u32, capture_ts: f64, jpeg: &[u8]) {
        self.sender.send_frame(frame_id, capture_ts, jpeg).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.sender.send(Message::text(text)).await.expect("sent");
    }

    pub async fn send_binary(&mut self, bytes: impl Into<Vec<u8>>) {
        let message = Message::binary(bytes.into());
        self.sender.send(message).await.expect("sent");
    }

    pub async fn next_answer(&mut self) -> Value {
        self.receiver.next_answer().await
    }

    /// The answer as the type that the server writes.
    pub async fn next_typed(&mut self) -> DetectAnswer {
        self.receiver.next_typed().await
    }

    /// Sends `jpeg` and waits for what was found in it.
    pub async fn detect(&mut self, jpeg: &[u8]) -> Vec<Detection> {
        self.send_frame(77, CAPTURE_TS, jpeg).await;
        match self.next_typed().await {
            DetectAnswer::Result(result) => result.detections,
            other => panic!("not inferred: {other:?}"),
        }
    }

    /// Sends `jpeg`, which must be refused: the word for programs.
    pub async fn refusal(&mut self, jpeg: &[u8]) -> Value {
        self.send_frame(5, CAPTURE_TS, jpeg).await;
        self.expect_error(5).await
    }

    pub async fn expect_error(&mut self, frame_id: u32) -> Value {
        let answer = self.next_answer().await;
        let error = &answer["error"];
        assert_eq!(error["frame_id"], frame_id, "{answer}");
        let message = error["message"].as_str().expect("a sentence for people");
        assert!(!message.is_empty());
        error["code"].clone()
    }

    /// The close frame's reason.
    pub async fn expect_close(&mut self, code: u16) -> String {
        self.receiver.expect_close(code).await
    }

    /// A ping is answered and nothing comes before it: all that was owed has been heard.
    pub async fn expect_nothing_more(&mut self) {
        self.send_text(r#"{"ping":{"t0":0}}"#).await;
        let answer = self.next_answer().await;
        assert!(
            answer.get("pong").is_some(),
            "one answer too many: {answer}"
        );
    }

    /// The socket still serves.
    pub async fn expect_alive(&mut self) {
        assert!(!self.detect(PEOPLE).await.is_empty());
    }
}

impl From<Socket> for DetectClient {
    fn from(socket: Socket) -> Self {
        let (sender, receiver) = socket.split();
        Self {
            sender: Sender(sender),
            receiver: Receiver(receiver),
        }
    }
}

impl Sender {
    /// Sends frames without a pause and without credit, until the server takes no more.
    pub async fn flood(mut self) {
        for id in 0_u32.. {
            let message = Message::binary(frame(id, CAPTURE_TS, PEOPLE));
            if self.send(message).await.is_err() {
                break;
            }
        }
    }

    pub async fn send(&mut self, message: Message) -> tungstenite::Result<()> {
        soon("room to send", self.0.send(message)).await
    }

    pub async fn send_frame(&mut self, frame_id: u32, capture_ts: f64, jpeg: &[u8]) {
        let message = Message::binary(frame(frame_id, capture_ts, jpeg));
        self.send(message).await.expect("sent");
    }
}

impl Receiver {
    pub async fn hear(&mut self) -> Heard {
        soon("an answer", self.hear_unbounded()).await
    }

    async fn hear_unbounded(&mut self) -> Heard {
        loop {
            let message = match self.0.next().await {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Heard::Cut(error.to_string()),
                None => return Heard::Cut("end of stream".to_owned()),
            };
            match message {
                Message::Text(text) => return Heard::Answer(text.to_string()),
                Message::Close(Some(close)) => {
                    return Heard::Closed {
                        code: close.code.into(),
                        reason: close.reason.to_string(),
                    };
                }
                Message::Close(None) => return Heard::Cut("closed without a code".to_owned()),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("the server sends only text: {other:?}"),
            }
        }
    }

    pub async fn next_text(&mut self) -> String {
        match self.hear().await {
            Heard::Answer(answer) => answer,
            end => panic!("no answer but {end:?}"),
        }
    }

    pub async fn next_answer(&mut self) -> Value {
        serde_json::from_str(&self.next_text().await).expect("answers are JSON")
    }

    pub async fn next_typed(&mut self) -> DetectAnswer {
        let answer = self.next_answer().await;
        serde_json::from_value(answer).expect("an answer of the contract")
    }

    /// The close frame's reason. It must be the next thing heard.
    pub async fn expect_close(&mut self, code: u16) -> String {
        match self.hear().await {
            Heard::Answer(answer) => panic!("an answer instead of a close frame: {answer}"),
            Heard::Cut(how) => panic!("no close frame: {how}"),
            Heard::Closed {
                code: heard,
                reason,
            } => {
                assert_eq!(heard, code, "{reason}");
                assert!(!reason.is_empty(), "a reason goes with the code");
                reason
            }
        }
    }

    /// The same behind answers that are still on their way.
    pub async fn expect_close_in_the_end(&mut self, code: u16) {
        loop {
            match self.hear().await {
                Heard::Answer(_) => {}
                Heard::Cut(how) => panic!("no close frame: {how}"),
                Heard::Closed {
                    code: heard,
                    reason,
                } => {
                    return assert_eq!(heard, code, "{reason}");
                }
            }
        }
    }
}

/// A binary message: `u32 LE frame_id`, `f64 LE capture_ts`, JPEG.
pub fn frame(frame_id: u32, capture_ts: f64, jpeg: &[u8]) -> Vec<u8> {
    [&frame_id.to_le_bytes()[..], &capture_ts.to_le_bytes(), jpeg].concat()
}

/// The id that an answer of any kind is for.
pub fn answered_id(answer: &DetectAnswer) -> u32 {
    match answer {
        DetectAnswer::Result(result) => result.frame_id,
        DetectAnswer::Dropped { dropped } => dropped.frame_id,
        DetectAnswer::Error { error } => error.frame_id,
        DetectAnswer::Pong { .. } => panic!("a pong answers no frame"),
    }
}
