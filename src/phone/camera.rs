//! Plays the clip into a connection: every frame at its time, cut into RTP packets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use rtc::rtp::codec::vp8::Vp8Payloader;
use rtc::rtp::header::Header;
use rtc::rtp::packet::Packet;
use rtc::rtp::packetizer::Payloader;
use tokio::time::Instant;
use webrtc::media_stream::track_local::TrackLocal;

use super::clip::Clip;
use super::playlist::{Playlist, rtp_ticks};
use super::random;

/// What fits into a packet on any network, with all headers.
const PAYLOAD_BYTES: usize = 1200;
/// A clip that is later than this (the machine slept, say) goes on where it was.
const LATE: Duration = Duration::from_millis(500);
/// Key frames are large: asked for more often, they would fill the line that loses them.
const REWIND_EVERY: Duration = Duration::from_millis(500);

pub struct Camera {
    pub ssrc: u32,
    pub payload_type: u8,
    pub key_frame_wanted: Arc<AtomicBool>,
}

impl Camera {
    /// Films until the connection takes no more.
    pub async fn film(self, clip: Arc<Clip>, track: Arc<dyn TrackLocal>) -> Result<()> {
        let mut playlist = Playlist::new(clip);
        let mut packets = Packets::new(self.ssrc, self.payload_type)?;
        let start = Instant::now();
        let mut last_key = Duration::ZERO;
        loop {
            let is_time = start.elapsed() >= last_key + REWIND_EVERY;
            if is_time && self.key_frame_wanted.swap(false, Ordering::Relaxed) {
                playlist.rewind();
            }
            let (mut due, frame) = playlist.next();
            tokio::time::sleep_until(start + due).await;
            let late = start.elapsed().saturating_sub(due);
            if late > LATE {
                playlist.put_off(late);
                due += late;
            }
            if frame.is_key {
                last_key = due;
            }
            for packet in packets.of(&frame.data, rtp_ticks(due))? {
                track.write_rtp(packet).await?;
            }
        }
    }
}

/// Cuts frames into packets. Numbers begin anywhere, as RFC 3550 wants it.
struct Packets {
    payloader: Vp8Payloader,
    ssrc: u32,
    payload_type: u8,
    sequence_number: u16,
    first_timestamp: u32,
}

impl Packets {
    fn new(ssrc: u32, payload_type: u8) -> Result<Self> {
        Ok(Self {
            payloader: Vp8Payloader::default(),
            ssrc,
            payload_type,
            sequence_number: random::number()? as u16,
            first_timestamp: random::number()?,
        })
    }

    fn of(&mut self, frame: &Bytes, timestamp: u32) -> Result<Vec<Packet>> {
        let payloads = self.payloader.payload(PAYLOAD_BYTES, frame)?;
        let count = payloads.len();
        let number = |(index, payload)| {
            let header = Header {
                version: 2,
                marker: index + 1 == count,
                payload_type: self.payload_type,
                sequence_number: self.sequence_number.wrapping_add(index as u16),
                timestamp: self.first_timestamp.wrapping_add(timestamp),
                ssrc: self.ssrc,
                ..Default::default()
            };
            Packet { header, payload }
        };
        let packets = payloads.into_iter().enumerate().map(number).collect();
        self.sequence_number = self.sequence_number.wrapping_add(count as u16);
        Ok(packets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_in_packets() {
        let mut packets = Packets {
            sequence_number: u16::MAX,
            first_timestamp: u32::MAX,
            ..Packets::new(7, 96).unwrap()
        };
        let frame = Bytes::from(vec![5; 2 * PAYLOAD_BYTES]);
        let cut = packets.of(&frame, 3001).unwrap();
        let headers: Vec<_> = cut.iter().map(|packet| &packet.header).collect();
        let numbers: Vec<_> = headers
            .iter()
            .map(|header| header.sequence_number)
            .collect();
        let markers: Vec<_> = headers.iter().map(|header| header.marker).collect();
        assert_eq!(numbers, [u16::MAX, 0, 1]);
        assert_eq!(markers, [false, false, true]);
        assert!(
            headers
                .iter()
                .all(|header| header.timestamp == 3000 && header.ssrc == 7)
        );
        assert!(
            cut.iter()
                .all(|packet| packet.payload.len() <= PAYLOAD_BYTES)
        );
        let next = packets.of(&frame, 6001).unwrap();
        assert_eq!(next[0].header.sequence_number, 2);
    }
}
