//! Every message on any wire, written once; a file for each wire.
//!
//! `frontend/src/protocol/messages.ts` is generated from these types and the manifest's in
//! `model.rs`; a test fails when they drift apart (`UPDATE_TYPES=1 cargo test protocol` rewrites it).
//!
//! Units: times are milliseconds since the Unix epoch on the server's clock, durations are
//! microseconds, coordinates are fractions of the frame that was sent.

mod detect;
mod frame;
mod metrics;
mod relay;
mod rooms;
mod settings;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use detect::{
    DetectAnswer, DetectRequest, Detection, DetectionResult, DroppedFrame, FrameError,
    FrameErrorCode, Ping, Pong, Timing,
};
pub use frame::{BadFrameHeader, FRAME_HEADER_BYTES, FrameHeader};
pub use metrics::{
    CaptureClockCounts, CpuPercent, FrameCounts, HiddenTime, MetricsReport, StageSummary, StagesMs,
    Summary,
};
pub use relay::{RelayAnswer, RelayClock, RelayMessage, RelayedFrame, ServerTime};
pub use rooms::{
    ALIVE_EVENT, Invitation, InvitationAddress, InvitationCode, JoinInfo, Role, RoomCreated,
    RoomEvent,
};
pub use settings::{
    CertificateInfo, ClientConfig, IcePolicy, IceServer, Mode, ModelInfo, RoomIce, TrustOffer,
};

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
