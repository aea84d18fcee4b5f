//! Who was refused, and at which limit.

use prometheus::{Error, IntCounterVec};

use super::register::Register;

/// Why somebody was refused. JPEGs on the detection socket that are too large are among the outcomes of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    ForeignHost,
    ForeignOrigin,
    AccessKey,
    WrongToken,
    Guesses,
    RoomsPerMinute,
    RoomsFull,
    Connections,
    ConnectionsPerAddress,
    HeaderSize,
    HeaderTimeout,
    BodyTimeout,
    AnswerTimeout,
    MessageSize,
    DetectSilence,
    RelaySilence,
    WrongCode,
    PeerSlow,
    BodySize,
    PictureSize,
}

impl Refusal {
    const ALL: [Self; 20] = [
        Self::ForeignHost,
        Self::ForeignOrigin,
        Self::AccessKey,
        Self::WrongToken,
        Self::Guesses,
        Self::RoomsPerMinute,
        Self::RoomsFull,
        Self::Connections,
        Self::ConnectionsPerAddress,
        Self::HeaderSize,
        Self::HeaderTimeout,
        Self::BodyTimeout,
        Self::AnswerTimeout,
        Self::MessageSize,
        Self::DetectSilence,
        Self::RelaySilence,
        Self::WrongCode,
        Self::PeerSlow,
        Self::BodySize,
        Self::PictureSize,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ForeignHost => "foreign_host",
            Self::ForeignOrigin => "foreign_origin",
            Self::AccessKey => "access_key",
            Self::WrongToken => "wrong_token",
            Self::Guesses => "guesses",
            Self::RoomsPerMinute => "rooms_per_minute",
            Self::RoomsFull => "rooms_full",
            Self::Connections => "connections",
            Self::ConnectionsPerAddress => "connections_per_address",
            Self::HeaderSize => "header_size",
            Self::HeaderTimeout => "header_timeout",
            Self::BodyTimeout => "body_timeout",
            Self::AnswerTimeout => "answer_timeout",
            Self::MessageSize => "message_size",
            Self::DetectSilence => "detect_silence",
            Self::RelaySilence => "relay_silence",
            Self::WrongCode => "wrong_code",
            Self::PeerSlow => "peer_slow",
            Self::BodySize => "body_size",
            Self::PictureSize => "picture_size",
        }
    }
}

pub struct RefusalMetrics(IntCounterVec);

impl RefusalMetrics {
    pub(super) fn new(add: &Register) -> Result<Self, Error> {
        let refusals = add.counters(
            "sightline_refusals_total",
            "Requests and connections refused, by the rule or limit that they ran into.",
            &["reason"],
        )?;
        // All of them from the start: a rate needs a value before the first one.
        for refusal in Refusal::ALL {
            refusals.with_label_values(&[refusal.as_str()]);
        }
        Ok(Self(refusals))
    }

    pub fn count(&self, refusal: Refusal) {
        self.0.with_label_values(&[refusal.as_str()]).inc();
    }
}
