//! A frame on its way in, and the one answer it is owed.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc::OwnedPermit;

use crate::clock::Moment;
use crate::metrics::Metrics;
use crate::protocol::{DetectAnswer, DetectionResult, DroppedFrame, FrameError, FrameErrorCode};

/// A frame that waits for a worker.
pub struct Frame {
    pub capture_ts: i64,
    pub jpeg: Bytes,
    pub received: Moment,
    pub reply: Reply,
}

/// The right to answer one frame, once: room for the answer is reserved before the frame is taken
/// in, so a worker never waits for a slow reader. Dropped unused, it says that the server failed.
/// It also counts the frame, and its answer as the frame's outcome.
pub struct Reply {
    frame_id: u32,
    metrics: Arc<Metrics>,
    permit: Option<OwnedPermit<DetectAnswer>>,
}

impl Reply {
    pub fn new(frame_id: u32, permit: OwnedPermit<DetectAnswer>, metrics: Arc<Metrics>) -> Self {
        metrics.frames.received.inc();
        Self {
            frame_id,
            metrics,
            permit: Some(permit),
        }
    }

    pub fn frame_id(&self) -> u32 {
        self.frame_id
    }

    pub fn result(mut self, result: DetectionResult) {
        self.answer(DetectAnswer::Result(result));
    }

    pub fn dropped(mut self) {
        let frame_id = self.frame_id;
        self.answer(DetectAnswer::Dropped {
            dropped: DroppedFrame { frame_id },
        });
    }

    pub fn error(mut self, code: FrameErrorCode, message: impl Into<String>) {
        let answer = error_answer(self.frame_id, code, message.into());
        self.answer(answer);
    }

    fn answer(&mut self, answer: DetectAnswer) {
        if let Some(permit) = self.permit.take() {
            // Before it is sent: who has heard the answer finds it counted.
            self.metrics.frames.count(&answer);
            permit.send(answer);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if self.permit.is_some() {
            let message = "the server could not finish this frame".to_owned();
            let answer = error_answer(self.frame_id, FrameErrorCode::Internal, message);
            self.answer(answer);
        }
    }
}

fn error_answer(frame_id: u32, code: FrameErrorCode, message: String) -> DetectAnswer {
    DetectAnswer::Error {
        error: FrameError {
            frame_id,
            code,
            message,
        },
    }
}
