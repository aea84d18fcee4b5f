//! What becomes of frames, and how long it takes.

use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec};

use crate::protocol::{DetectAnswer, FrameErrorCode, Timing};

/// In seconds; finest where decoding (0.2 ms) and inference (5 to 70 ms) lie.
pub const BUCKETS: [f64; 17] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1,
    0.25, 0.5, 1.0, 2.5,
];

/// Looked up once: every outcome and stage is told from the start, and a frame allocates nothing here.
pub struct FrameMetrics {
    pub received: IntCounter,
    answered: IntCounter,
    dropped: IntCounter,
    bad_jpeg: IntCounter,
    too_large: IntCounter,
    bad_capture_ts: IntCounter,
    internal: IntCounter,
    whole: Histogram,
    queue: Histogram,
    decode: Histogram,
    resize: Histogram,
    infer: Histogram,
    post: Histogram,
}

impl FrameMetrics {
    pub fn new(
        received: IntCounter,
        outcomes: &IntCounterVec,
        whole: Histogram,
        stages: &HistogramVec,
    ) -> Self {
        let outcome = |name| outcomes.with_label_values(&[name]);
        let stage = |name| stages.with_label_values(&[name]);
        Self {
            received,
            answered: outcome("answered"),
            dropped: outcome("dropped"),
            bad_jpeg: outcome("bad_jpeg"),
            too_large: outcome("too_large"),
            bad_capture_ts: outcome("bad_capture_ts"),
            internal: outcome("internal"),
            whole,
            queue: stage("queue"),
            decode: stage("decode"),
            resize: stage("resize"),
            infer: stage("infer"),
            post: stage("post"),
        }
    }

    /// Counts a frame's one answer as its outcome.
    pub fn count(&self, answer: &DetectAnswer) {
        match answer {
            DetectAnswer::Result(result) => {
                self.answered.inc();
                if let Some(timing) = &result.timing {
                    self.observe(timing);
                }
            }
            DetectAnswer::Dropped { .. } => self.dropped.inc(),
            DetectAnswer::Error { error } => self.failed(error.code).inc(),
            // Answers a ping, not a frame.
            DetectAnswer::Pong { .. } => {}
        }
    }

    fn failed(&self, code: FrameErrorCode) -> &IntCounter {
        match code {
            FrameErrorCode::BadJpeg => &self.bad_jpeg,
            FrameErrorCode::TooLarge => &self.too_large,
            FrameErrorCode::BadCaptureTs => &self.bad_capture_ts,
            FrameErrorCode::Internal => &self.internal,
        }
    }

    fn observe(&self, timing: &Timing) {
        let seconds = |micros: f64| micros / 1e6;
        self.whole.observe(seconds(timing.total_us() as f64));
        for (stage, micros) in [
            (&self.queue, timing.queue_us),
            (&self.decode, timing.decode_us),
            (&self.resize, timing.resize_us),
            (&self.infer, timing.infer_us),
            (&self.post, timing.post_us),
        ] {
            stage.observe(seconds(micros.into()));
        }
    }
}
