//! Which frame of the clip comes next, and when. The clip begins anew at its end; time never does.

use std::sync::Arc;
use std::time::Duration;

use super::clip::{Clip, Frame};

/// 90 kHz, as for all video.
const RTP_TICKS_PER_SECOND: u128 = 90_000;

pub struct Playlist {
    clip: Arc<Clip>,
    next: usize,
    /// When this turn of the clip began.
    turn: Duration,
}

impl Playlist {
    pub fn new(clip: Arc<Clip>) -> Self {
        Self {
            clip,
            next: 0,
            turn: Duration::ZERO,
        }
    }

    /// The next frame, and when it is due since the beginning.
    pub fn next(&mut self) -> (Duration, Frame) {
        if self.next == self.clip.frames.len() {
            self.next = 0;
            self.turn += self.clip.length;
        }
        let frame = self.clip.frames[self.next].clone();
        self.next += 1;
        (self.turn + frame.at, frame)
    }

    /// Goes back to the last key frame, for a viewer who missed something. Due times go on.
    pub fn rewind(&mut self) {
        let frames = &self.clip.frames;
        let due = match frames.get(self.next) {
            Some(frame) => self.turn + frame.at,
            None => self.turn + self.clip.length,
        };
        // Every clip begins with a key frame.
        let shown = &frames[..self.next.max(1)];
        let key = shown.iter().rposition(|frame| frame.is_key).unwrap_or(0);
        self.turn = due - frames[key].at;
        self.next = key;
    }

    /// Everything comes this much later: what was missed is not hurried after.
    pub fn put_off(&mut self, late: Duration) {
        self.turn += late;
    }
}

/// The same time as RTP counts it. It wraps, as RTP's does.
pub fn rtp_ticks(time: Duration) -> u32 {
    let ticks = time.as_nanos() * RTP_TICKS_PER_SECOND / 1_000_000_000;
    ticks as u32
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    /// Ten frames a second; `keys` tells which are key frames.
    fn playlist(keys: &[bool]) -> Playlist {
        let frames = keys.iter().zip(0..).map(|(is_key, number)| Frame {
            at: Duration::from_millis(100 * number),
            is_key: *is_key,
            data: Bytes::from(vec![number as u8]),
        });
        let frames: Vec<Frame> = frames.collect();
        let length = Duration::from_millis(100 * frames.len() as u64);
        Playlist::new(Arc::new(Clip {
            width: 1,
            height: 1,
            frames,
            length,
        }))
    }

    fn take(playlist: &mut Playlist, count: usize) -> Vec<(u128, u8)> {
        let next = || {
            let (due, frame) = playlist.next();
            (due.as_millis(), frame.data[0])
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    #[test]
    fn time_goes_on_over_the_seam() {
        let mut playlist = playlist(&[true, false]);
        let expected = [(0, 0), (100, 1), (200, 0), (300, 1), (400, 0)];
        assert_eq!(take(&mut playlist, 5), expected);
    }

    #[test]
    fn a_rewound_clip_goes_on_at_its_last_key_frame() {
        let mut playlist = playlist(&[true, false, true, false]);
        take(&mut playlist, 4);
        playlist.rewind();
        assert_eq!(take(&mut playlist, 3), [(400, 2), (500, 3), (600, 0)]);
        playlist.rewind();
        assert_eq!(take(&mut playlist, 2), [(700, 0), (800, 1)]);
    }

    #[test]
    fn what_was_missed_is_not_hurried_after() {
        let mut playlist = playlist(&[true, false]);
        take(&mut playlist, 1);
        playlist.put_off(Duration::from_secs(2));
        assert_eq!(take(&mut playlist, 2), [(2100, 1), (2200, 0)]);
    }

    #[test]
    fn rtp_counts_at_90_khz_and_wraps() {
        assert_eq!(rtp_ticks(Duration::from_millis(1)), 90);
        let thirty_hours = Duration::from_secs(30 * 3600);
        assert_eq!(
            u64::from(rtp_ticks(thirty_hours)),
            (30 * 3600 * 90_000) % (1 << 32)
        );
    }

    proptest! {
        #[test]
        fn time_only_grows_whatever_happens(deeds in proptest::collection::vec(0..3, 1..100)) {
            let mut playlist = playlist(&[true, false, false, true, false]);
            let mut before = None;
            for deed in deeds {
                match deed {
                    0 => playlist.rewind(),
                    1 => playlist.put_off(Duration::from_millis(7)),
                    _ => {
                        let (due, _) = playlist.next();
                        prop_assert!(before < Some(due));
                        before = Some(due);
                    }
                }
            }
        }
    }
}
