//! A frame on its way in, and the one answer it is owed.

use bytes::Bytes;
use tokio::sync::mpsc::OwnedPermit;

use crate::clock::Moment;
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
pub struct Reply {
    frame_id: u32,
    permit: Option<OwnedPermit<DetectAnswer>>,
}

impl Reply {
    pub fn new(frame_id: u32, permit: OwnedPermit<DetectAnswer>) -> Self {
        Self {
            frame_id,
            permit: Some(permit),
        }
    }

    pub fn frame_id(&self) -> u32 {
        self.frame_id
    }

    pub fn result(self, result: DetectionResult) {
        self.answer(DetectAnswer::Result(result));
    }

    pub fn dropped(self) {
        let frame_id = self.frame_id;
        self.answer(DetectAnswer::Dropped {
            dropped: DroppedFrame { frame_id },
        });
    }

    pub fn error(self, code: FrameErrorCode, message: impl Into<String>) {
        let answer = error_answer(self.frame_id, code, message.into());
        self.answer(answer);
    }

    fn answer(mut self, answer: DetectAnswer) {
        if let Some(permit) = self.permit.take() {
            permit.send(answer);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            let message = "the server could not finish this frame".to_owned();
            permit.send(error_answer(
                self.frame_id,
                FrameErrorCode::Internal,
                message,
            ));
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
