//! Every message on any wire, written once.
//!
//! `frontend/src/protocol/messages.ts` is generated from these types and the manifest's in
//! `model.rs`; the test at the end of this file fails when they drift apart
//! (`UPDATE_TYPES=1 cargo test protocol` rewrites it).
//!
//! Units: times are milliseconds since the Unix epoch on the server's clock, durations are
//! microseconds, coordinates are fractions of the frame that was sent.

mod frame;
mod metrics;
mod relay;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use frame::{BadFrameHeader, FRAME_HEADER_BYTES, FrameHeader};
pub use metrics::{
    CaptureClockCounts, CpuPercent, FrameCounts, HiddenTime, MetricsReport, StageSummary, StagesMs,
    Summary,
};
pub use relay::{RelayAnswer, RelayClock, RelayMessage, RelayedFrame, ServerTime};

/// One object found in a frame. Coordinates lie in [0, 1] of the frame that was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Detection {
    pub label: String,
    pub score: f32,
    pub xmin: f32,
    pub ymin: f32,
    pub xmax: f32,
    pub ymax: f32,
}

/// Where the time between `recv_ts` and `inference_ts` went. The five add up to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Timing {
    pub queue_us: u32,
    pub decode_us: u32,
    pub resize_us: u32,
    pub infer_us: u32,
    pub post_us: u32,
}

impl Timing {
    /// From `recv_ts` to `inference_ts`.
    pub fn total_us(&self) -> u64 {
        let stages = [
            self.queue_us,
            self.decode_us,
            self.resize_us,
            self.infer_us,
            self.post_us,
        ];
        stages.into_iter().map(u64::from).sum()
    }
}

/// The answer to a frame that was inferred.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DetectionResult {
    pub frame_id: u32,
    #[cfg_attr(test, ts(type = "number"))]
    pub capture_ts: i64,
    #[cfg_attr(test, ts(type = "number"))]
    pub recv_ts: i64,
    #[cfg_attr(test, ts(type = "number"))]
    pub inference_ts: i64,
    pub detections: Vec<Detection>,
    /// Present only when the socket was opened with `?timing=1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub timing: Option<Timing>,
}

/// Why a frame could not be inferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FrameErrorCode {
    /// The bytes are not a whole, decodable JPEG.
    BadJpeg,
    /// The JPEG header announces more pixels than the server accepts.
    TooLarge,
    /// `capture_ts` is not a finite time that a calendar can hold.
    BadCaptureTs,
    /// The server failed, not the frame.
    Internal,
}

/// Server → client on the detection socket. Every frame gets exactly one `Result`, `Dropped` or
/// `Error`; every ping gets one `Pong`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(untagged)]
pub enum DetectAnswer {
    Result(DetectionResult),
    /// A newer frame of the same connection took this one's place before inference.
    Dropped {
        dropped: DroppedFrame,
    },
    Error {
        error: FrameError,
    },
    Pong {
        pong: Pong,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DroppedFrame {
    pub frame_id: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FrameError {
    pub frame_id: u32,
    pub code: FrameErrorCode,
    pub message: String,
}

/// Client → server on the detection socket, as text. `t0` is the client's clock and comes back untouched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct DetectRequest {
    pub ping: Ping,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Ping {
    pub t0: f64,
}

/// `t1`: when the server received the ping, `t2`: when it sent this; fractional ms, server clock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Pong {
    pub t0: f64,
    pub t1: f64,
    pub t2: f64,
}

/// The two seats of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Viewer,
    Phone,
}

impl Role {
    pub fn other(self) -> Self {
        match self {
            Role::Viewer => Role::Phone,
            Role::Phone => Role::Viewer,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Viewer => "viewer",
            Role::Phone => "phone",
        })
    }
}

/// Answer to `POST /api/rooms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RoomCreated {
    pub room: String,
    pub viewer_token: String,
    pub phone_token: String,
    /// What the QR says: the phone page's address.
    pub join_url: String,
    /// The same as an SVG document.
    pub qr_svg: String,
}

/// Answer to `GET /api/rooms/{room}/invitation`: how a phone joins, as of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Invitation {
    /// What leads to `join_url`, for people: `Wi-Fi`, `Ethernet`, …
    pub interface: String,
    /// What the QR says: the phone page's address.
    pub join_url: String,
    /// The same as an SVG document.
    pub qr_svg: String,
    /// `null` when there is no address to type it at.
    pub code: Option<InvitationCode>,
    /// Other addresses of this machine, the likeliest first.
    pub others: Vec<InvitationAddress>,
    /// Why no phone can join by `join_url`, and what to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub obstacle: Option<String>,
}

/// A short code that stands for the phone's link, to be typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InvitationCode {
    pub url: String,
    pub code: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub expires_ts: i64,
}

/// The same link by another network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InvitationAddress {
    pub interface: String,
    pub join_url: String,
    pub qr_svg: String,
}

/// Answer to `GET /api/join/{phone_token}`: the room that a phone token opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JoinInfo {
    pub room: String,
}

/// The event without an id that a room's stream has at least every two seconds: the server is there.
pub const ALIVE_EVENT: &str = "alive";

/// One `data:` line on a room's event stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RoomEvent {
    /// First on every stream: the seat taken, and whether the other one is occupied. `sitting` names this
    /// stay in the seat, for `POST`s. `resumed`: the stream goes on after the event that was named, and
    /// nothing is missing; else whatever was said before may be lost.
    Welcome {
        role: Role,
        peer_present: bool,
        sitting: String,
        resumed: bool,
    },
    /// The other seat was taken (or taken anew, by a reload) or left.
    Peer { role: Role, present: bool },
    /// What the other seat posted. The server stamps `from` and reads nothing of `payload`.
    Signal {
        from: Role,
        #[cfg_attr(test, ts(type = "unknown"))]
        payload: Value,
    },
    /// To the viewer: ask for the invitation anew, this machine's addresses have changed.
    Invitation {},
    /// Another phone sits here; ask again with `takeover=1` to replace it. The stream ends.
    Taken {},
    /// Somebody else took this seat. The stream ends.
    Replaced {},
}

/// Where inference runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The viewer sends JPEG frames, the server infers.
    Server,
    /// The viewer's browser infers.
    Wasm,
    /// The viewer measures both and picks.
    Auto,
}

/// What phone and viewer may connect by: `RTCConfiguration.iceTransportPolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum IcePolicy {
    All,
    /// By TURN servers only.
    Relay,
}

/// Answer to `GET /api/rooms/{room}/ice`: what its two ends connect by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RoomIce {
    /// Those with credentials, too.
    pub ice_servers: Vec<IceServer>,
    pub ice_policy: IcePolicy,
    /// Seconds after which the credentials open nothing any more; absent when they do not expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub lifetime_s: Option<u32>,
}

/// Answer to `GET /api/config`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClientConfig {
    pub version: String,
    pub mode: Mode,
    pub model: ModelInfo,
    /// Every label the model can give, in its own order.
    pub labels: Vec<String>,
    /// `RTCConfiguration.iceServers` that need no credentials; empty on a local network. `RoomIce` has all.
    pub ice_servers: Vec<IceServer>,
    /// Why no phone can join, and what to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub join_obstacle: Option<String>,
    /// This computer made the server's certificate, so phones warn of it; absent where they know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub certificate: Option<CertificateInfo>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CertificateInfo {
    /// Where phones can be told to trust this computer, so that they warn no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub trust: Option<TrustOffer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TrustOffer {
    pub url: String,
    /// SHA-256 of the authority's certificate, to compare with what the phone shows.
    pub fingerprint: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModelInfo {
    pub name: String,
    /// Address of the manifest; the model file lies beside it.
    pub manifest: String,
    pub input_width: u32,
    pub input_height: u32,
    /// Detections below this score are not sent.
    pub score_threshold: f32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct IceServer {
    pub urls: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub credential: Option<String>,
}

/// Body of every HTTP answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ApiError {
    /// A word for programs, such as `room_not_found`.
    pub error: String,
    /// A sentence for people, with what to do.
    pub message: String,
}

/// Answer to `GET /healthz`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Health {
    pub status: String,
    pub version: String,
    pub model: String,
    pub workers: u32,
    pub threads: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        AnchorSpec, ColorOrder, Fit, InputSpec, Manifest, OutputSpec, SsdSpec, Thresholds,
        YoloxSpec,
    };
    use ts_rs::{Config, TS};

    const TYPESCRIPT: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/frontend/src/protocol/messages.ts"
    );

    /// All types of this file and the manifest's as TypeScript, in the order of the source.
    fn typescript() -> String {
        let config = Config::default();
        macro_rules! declarations {
            ($($name:ty),+ $(,)?) => {
                [$(<$name>::decl(&config)),+].map(|declaration| format!("export {declaration}\n"))
            };
        }
        let types = declarations![
            Detection,
            Timing,
            DetectionResult,
            FrameErrorCode,
            DetectAnswer,
            DroppedFrame,
            FrameError,
            DetectRequest,
            Ping,
            Pong,
            Role,
            RoomCreated,
            Invitation,
            InvitationCode,
            InvitationAddress,
            JoinInfo,
            RoomEvent,
            Mode,
            ClientConfig,
            CertificateInfo,
            TrustOffer,
            ModelInfo,
            IceServer,
            IcePolicy,
            RoomIce,
            Summary,
            FrameCounts,
            CaptureClockCounts,
            HiddenTime,
            CpuPercent,
            StageSummary,
            StagesMs,
            MetricsReport,
            ServerTime,
            RelayAnswer,
            RelayClock,
            RelayedFrame,
            RelayMessage,
            ApiError,
            Health,
            Manifest,
            InputSpec,
            ColorOrder,
            Fit,
            OutputSpec,
            SsdSpec,
            AnchorSpec,
            YoloxSpec,
            Thresholds,
        ];
        let header = "// Generated from src/protocol.rs and src/model.rs; do not edit. \
                      UPDATE_TYPES=1 cargo test protocol rewrites it.\n\n";
        let constant = format!("export const FRAME_HEADER_BYTES = {FRAME_HEADER_BYTES};\n\n");
        let alive = format!("export const ALIVE_EVENT = '{ALIVE_EVENT}';\n\n");
        format!("{header}{constant}{alive}{}", types.join("\n"))
    }

    #[test]
    fn typescript_follows_these_types() {
        let expected = typescript();
        if std::env::var_os("UPDATE_TYPES").is_some() {
            std::fs::write(TYPESCRIPT, &expected).unwrap();
        }
        let committed = std::fs::read_to_string(TYPESCRIPT).unwrap_or_default();
        assert_eq!(
            committed, expected,
            "run UPDATE_TYPES=1 cargo test protocol"
        );
    }

    #[test]
    fn an_answer_has_exactly_the_five_fields_of_the_contract() {
        let result = DetectionResult {
            frame_id: 7,
            capture_ts: 1_690_000_000_000,
            recv_ts: 1_690_000_000_100,
            inference_ts: 1_690_000_000_120,
            detections: Vec::new(),
            timing: None,
        };
        assert_eq!(
            serde_json::to_string(&DetectAnswer::Result(result)).unwrap(),
            r#"{"frame_id":7,"capture_ts":1690000000000,"recv_ts":1690000000100,"inference_ts":1690000000120,"detections":[]}"#
        );
    }

    #[test]
    fn other_answers_are_named_by_their_one_key() {
        let dropped = DetectAnswer::Dropped {
            dropped: DroppedFrame { frame_id: 6 },
        };
        assert_eq!(
            serde_json::to_string(&dropped).unwrap(),
            r#"{"dropped":{"frame_id":6}}"#
        );
        let error = DetectAnswer::Error {
            error: FrameError {
                frame_id: 7,
                code: FrameErrorCode::BadJpeg,
                message: "…".to_owned(),
            },
        };
        assert_eq!(
            serde_json::to_string(&error).unwrap(),
            r#"{"error":{"frame_id":7,"code":"bad_jpeg","message":"…"}}"#
        );
    }
}
