//! Frames that go through the server, because phone and viewer cannot reach each other.

use serde::{Deserialize, Serialize};

use super::Pong;

/// Answer to `GET /api/clock`: a ping for those who have no socket. `t1`: when the server received
/// the question, `t2`: when it answered; fractional ms, server clock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ServerTime {
    pub t1: f64,
    pub t2: f64,
}

/// Answer to a frame posted to the relay. No refusal: browsers log those as errors, and that the
/// viewer has stopped listening is how every relaying ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RelayAnswer {
    /// A viewer will get it, or a newer one. Otherwise it was thrown away.
    pub listening: bool,
}

/// Which of the phone's clocks told when a frame was captured, best first; names as in `CaptureClockCounts`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RelayClock {
    /// The camera's own.
    CaptureTime,
    /// The moment the phone's page was shown the frame.
    #[default]
    SampleTime,
}

/// What is known of the frame in the next binary message.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RelayedFrame {
    pub frame_id: u32,
    pub clock: RelayClock,
    /// The phone knows the server's clock within ± this.
    pub clock_error_ms: f64,
}

/// Server → viewer on the relay's socket, as text: before each frame, and in answer to each ping.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(untagged)]
pub enum RelayMessage {
    Frame { frame: RelayedFrame },
    Pong { pong: Pong },
}
