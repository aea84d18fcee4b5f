//! `metrics.json`: what a viewer measured.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Mode;

/// The middle of what was measured, and the value that 95 % stay below.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Summary {
    pub median: f64,
    pub p95: f64,
}

/// What became of the frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct FrameCounts {
    /// Frames due by the sampler's rate.
    pub sampled: u32,
    /// Frames handed to the detector: sent to the server, or taken for inference in the browser.
    pub sent: u32,
    /// Frames that came back with detections (an empty list too).
    pub answered: u32,
    /// Frames whose detections were on screen.
    pub displayed: u32,
    /// Due frames that a newer one replaced before they could be sent.
    pub dropped_client: u32,
    /// Frames the server answered with `dropped`.
    pub dropped_server: u32,
    /// Error answers, frames that could not be encoded or inferred, and frames lost with their socket.
    pub errors: u32,
}

/// How many frames had their `capture_ts` from which clock, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct CaptureClockCounts {
    /// The phone's camera, by WebRTC's capture time, or by the phone's browser where frames are relayed.
    pub capture_time: u32,
    /// The frame's arrival at the viewer.
    pub receive_time: u32,
    /// The moment it was sampled: by the viewer, or by the phone where frames are relayed.
    pub sample_time: u32,
}

/// The part of a measurement in which the viewer's tab was hidden: frames are detected on, and not seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct HiddenTime {
    /// Of `duration_s`.
    pub duration_s: f64,
    /// Of `frames.answered`.
    pub answered: u32,
}

/// Processor time of whole process trees by the operating system, in percent of one core.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct CpuPercent {
    pub server: Option<f64>,
    pub viewer: Option<f64>,
    pub phone: Option<f64>,
}

/// How long one stage of a frame's way takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct StageSummary {
    /// In the frames whose end-to-end latency is nearest to its median, a twentieth of all: so the
    /// stages add up to that median. (Each stage's own median would not: what comes late in one
    /// stage waits less in another.)
    pub median: f64,
    /// Of all frames.
    pub p95: f64,
}

/// Where the time from camera to screen goes; for each frame the stages add up to its end-to-end
/// latency. Null for a stage that the mode does not have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct StagesMs {
    /// Camera → last packet of the frame at the viewer: the phone's video encoder and the network.
    pub capture_to_receive: Option<StageSummary>,
    /// → taken by the sampler: jitter buffer, video decoder, waiting for the detector to be free.
    pub receive_to_sample: Option<StageSummary>,
    /// → JPEG handed to the socket.
    pub encode: Option<StageSummary>,
    /// → last byte read by the server.
    pub uplink: Option<StageSummary>,
    /// → taken by a worker.
    pub queue: Option<StageSummary>,
    /// → pixels.
    pub decode: Option<StageSummary>,
    /// → the model's input.
    pub resize: Option<StageSummary>,
    /// → the model's outputs.
    pub infer: Option<StageSummary>,
    /// → detections ready.
    pub post: Option<StageSummary>,
    /// → answer received by the viewer.
    pub downlink: Option<StageSummary>,
    /// → drawn on the canvas.
    pub paint: Option<StageSummary>,
    /// → on screen: the frame callback after drawing.
    pub display: Option<StageSummary>,
}

/// `metrics.json`. What could not be measured is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct MetricsReport {
    pub mode: Mode,
    pub duration_s: Option<f64>,
    pub frames: FrameCounts,
    /// Other programs' reports may lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional = nullable))]
    pub hidden: Option<HiddenTime>,
    /// Frames whose detections were on screen, per second in which the tab could be seen.
    pub processed_fps: Option<f64>,
    /// Camera → boxes on screen.
    pub e2e_latency_ms: Option<Summary>,
    /// `inference_ts − recv_ts`.
    pub server_latency_ms: Option<Summary>,
    /// `recv_ts − capture_ts`.
    pub network_latency_ms: Option<Summary>,
    /// Bytes of the messages on the detection socket.
    pub uplink_kbps: Option<f64>,
    pub downlink_kbps: Option<f64>,
    /// The phone's video, RTP headers included, by `getStats`; of relayed frames, what came down the relay.
    pub video_kbps: Option<f64>,
    pub capture_clock: CaptureClockCounts,
    /// The server's clock is known within ± this; of relayed frames, to phone and viewer together.
    pub clock_error_ms: Option<f64>,
    pub cpu_percent: CpuPercent,
    pub stages_ms: StagesMs,
    /// What was measured with.
    #[cfg_attr(test, ts(type = "Record<string, unknown>"))]
    pub config: Map<String, Value>,
    /// What was measured on.
    #[cfg_attr(test, ts(type = "Record<string, unknown>"))]
    pub machine: Map<String, Value>,
}
