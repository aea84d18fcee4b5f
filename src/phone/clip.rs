//! A clip: an IVF file's VP8 frames, each with its time. Whatever the file claims is checked.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bytes::{Buf, Bytes};

/// The whole clip is kept in memory: it is played over and over.
const MAX_FILE_BYTES: u64 = 256 << 20;
const MAX_SIDE: u16 = 4096;
const FILE_HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 12;
const MAX_FRAME_BYTES: usize = 2 << 20;
/// Beyond these two it is no video: a viewer gives up on a picture that stands still for long.
const SHORTEST_FRAME: Duration = Duration::from_millis(4);
const LONGEST_FRAME: Duration = Duration::from_secs(5);
/// Of a clip that is one picture.
const LONE_FRAME: Duration = Duration::from_secs(1);
const KEY_FRAME_START: [u8; 3] = [0x9d, 0x01, 0x2a];

#[derive(Debug)]
pub struct Clip {
    pub width: u16,
    pub height: u16,
    /// At least one, the first a key frame, in the order of time.
    pub frames: Vec<Frame>,
    /// From the first frame to the first frame of the next turn.
    pub length: Duration,
}

#[derive(Debug, Clone)]
pub struct Frame {
    /// Since the clip's beginning.
    pub at: Duration,
    /// Can be decoded without those before it.
    pub is_key: bool,
    pub data: Bytes,
}

impl Clip {
    pub fn open(path: &Path) -> Result<Self> {
        let read = || -> Result<Self> {
            let mut bytes = Vec::new();
            // A pipe or a device tells no size: what is read is bounded, not what is announced.
            File::open(path)?
                .take(MAX_FILE_BYTES + 1)
                .read_to_end(&mut bytes)?;
            let is_whole = bytes.len() as u64 <= MAX_FILE_BYTES;
            ensure!(is_whole, "larger than {} MiB", MAX_FILE_BYTES >> 20);
            Self::parse(bytes.into())
        };
        read().with_context(|| {
            format!(
                "cannot play {}: the clip must be VP8 in an IVF file \
                 (ffmpeg -i VIDEO -an -c:v libvpx -auto-alt-ref 0 -g 30 CLIP.ivf makes one)",
                path.display()
            )
        })
    }

    pub fn parse(mut bytes: Bytes) -> Result<Self> {
        let header = Header::parse(&mut bytes)?;
        let mut frames: Vec<Frame> = Vec::new();
        let mut first_tick = None;
        while bytes.has_remaining() {
            let number = frames.len();
            let (tick, data) = next_frame(&mut bytes).with_context(|| format!("frame {number}"))?;
            let ticks = tick.checked_sub(*first_tick.get_or_insert(tick));
            let at = ticks.and_then(|ticks| header.time_of(ticks));
            let at = at.with_context(|| format!("frame {number}: its time is out of order"))?;
            if let Some(before) = frames.last() {
                let lasts = at.saturating_sub(before.at);
                ensure!(
                    (SHORTEST_FRAME..=LONGEST_FRAME).contains(&lasts),
                    "frame {number}: comes {lasts:?} after the one before it, which is no video's pace"
                );
            }
            let is_key = is_key(&data).with_context(|| format!("frame {number}"))?;
            ensure!(is_key || number > 0, "the first frame is no key frame");
            frames.push(Frame { at, is_key, data });
        }
        let length = length(&frames).context("it holds no frame")?;
        Ok(Self {
            width: header.width,
            height: header.height,
            frames,
            length,
        })
    }

    pub fn frames_per_second(&self) -> f64 {
        self.frames.len() as f64 / self.length.as_secs_f64()
    }
}

struct Header {
    width: u16,
    height: u16,
    ticks_per: u32,
    seconds: u32,
}

impl Header {
    fn parse(bytes: &mut Bytes) -> Result<Self> {
        ensure!(
            bytes.starts_with(b"DKIF") && bytes.len() >= FILE_HEADER_BYTES,
            "it is no IVF file"
        );
        bytes.advance(4);
        let (version, length) = (bytes.get_u16_le(), bytes.get_u16_le());
        ensure!(version == 0, "version {version} of IVF is unknown");
        let codec = bytes.split_to(4);
        ensure!(
            codec == "VP80",
            "its codec is {:?}, not VP8",
            String::from_utf8_lossy(&codec)
        );
        let header = Self {
            width: bytes.get_u16_le(),
            height: bytes.get_u16_le(),
            ticks_per: bytes.get_u32_le(),
            seconds: bytes.get_u32_le(),
        };
        // The number of frames and a spare word, which writers leave wrong often enough.
        bytes.advance(8);
        let rest = usize::from(length).checked_sub(FILE_HEADER_BYTES);
        let rest = rest.filter(|rest| *rest <= bytes.len());
        bytes.advance(rest.context("its header has a wrong length")?);
        let sides = [header.width, header.height];
        ensure!(
            sides.iter().all(|side| (1..=MAX_SIDE).contains(side)),
            "its size is {}×{}, each side must lie between 1 and {MAX_SIDE}",
            header.width,
            header.height
        );
        ensure!(
            header.ticks_per > 0 && header.seconds > 0,
            "its time base is zero"
        );
        Ok(header)
    }

    fn time_of(&self, ticks: u64) -> Option<Duration> {
        let nanos = u128::from(ticks) * u128::from(self.seconds) * 1_000_000_000;
        let nanos = nanos / u128::from(self.ticks_per);
        u64::try_from(nanos).ok().map(Duration::from_nanos)
    }
}

/// The next frame's time and bytes.
fn next_frame(bytes: &mut Bytes) -> Result<(u64, Bytes)> {
    ensure!(bytes.len() >= FRAME_HEADER_BYTES, "the file ends within it");
    let size = bytes.get_u32_le() as usize;
    let tick = bytes.get_u64_le();
    ensure!(
        size <= MAX_FRAME_BYTES,
        "is larger than {} MiB",
        MAX_FRAME_BYTES >> 20
    );
    ensure!(size <= bytes.len(), "the file ends within it");
    Ok((tick, bytes.split_to(size)))
}

/// VP8's frame tag, RFC 6386 section 9.1.
fn is_key(frame: &[u8]) -> Result<bool> {
    match frame {
        [tag, _, _, ..] if tag & 1 == 1 => Ok(false),
        [_, _, _, start @ ..] if start.starts_with(&KEY_FRAME_START) => Ok(true),
        _ => bail!("is no VP8"),
    }
}

/// The last frame lasts as long as the one before it.
fn length(frames: &[Frame]) -> Option<Duration> {
    match frames {
        [] => None,
        [_] => Some(LONE_FRAME),
        [.., before, last] => Some(last.at + (last.at - before.at)),
    }
}

#[cfg(test)]
mod tests;
