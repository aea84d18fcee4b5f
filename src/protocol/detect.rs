//! The detection socket: pings and frames up, answers down. The frame's own bytes are in `frame.rs`.

use serde::{Deserialize, Serialize};

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
