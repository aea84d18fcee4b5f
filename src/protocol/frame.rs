//! The head of a frame on the wire, to the detection socket and to the relay alike.

use thiserror::Error;

/// Bytes before the JPEG in a frame's message: `u32 LE frame_id`, then `f64 LE capture_ts`.
pub const FRAME_HEADER_BYTES: usize = 12;
/// ECMAScript's largest time, in ms since the epoch: what any calendar at the other end can hold.
const LATEST_TIME_MS: f64 = 8.64e15;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    pub frame_id: u32,
    /// When the camera captured the frame: ms since the Unix epoch on the server's clock, rounded.
    pub capture_ts: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadFrameHeader {
    #[error("a frame starts with 12 bytes: u32 frame_id, f64 capture_ts, little-endian")]
    Short,
    #[error("capture_ts must be ms since the Unix epoch: finite, not negative, at most 8.64e15")]
    CaptureTs { frame_id: u32 },
}

impl FrameHeader {
    /// Of a message that goes on with the JPEG.
    pub fn read(message: &[u8]) -> Result<Self, BadFrameHeader> {
        let header = message.first_chunk::<FRAME_HEADER_BYTES>();
        let [a, b, c, d, time @ ..] = *header.ok_or(BadFrameHeader::Short)?;
        let frame_id = u32::from_le_bytes([a, b, c, d]);
        let ms = f64::from_le_bytes(time);
        if !(0.0..=LATEST_TIME_MS).contains(&ms) {
            return Err(BadFrameHeader::CaptureTs { frame_id });
        }
        let capture_ts = ms.round() as i64;
        Ok(Self {
            frame_id,
            capture_ts,
        })
    }
}
