//! What phone and viewer say to each other through the room: `frontend/src/rtc/negotiation.ts` in Rust. The server
//! never reads it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use webrtc::peer_connection::RTCIceCandidateInit;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// viewer → phone: please offer.
    Ready {},
    Offer {
        session: String,
        sdp: String,
    },
    Answer {
        session: String,
        sdp: String,
    },
    /// `None` ends the list of candidates.
    Candidate {
        session: String,
        candidate: Option<RTCIceCandidateInit>,
    },
    /// phone → viewer: nothing more comes.
    Bye {
        session: String,
    },
    /// viewer → phone: please send pictures through the server. This phone has none but video.
    Relay {},
}

/// Candidates that came before the answer. Bounded: a viewer that only ever sends candidates fills no memory.
#[derive(Default)]
pub struct EarlyCandidates {
    waiting: VecDeque<RTCIceCandidateInit>,
}

impl EarlyCandidates {
    const LIMIT: usize = 64;

    pub fn add(&mut self, candidate: RTCIceCandidateInit) {
        self.waiting.push_back(candidate);
        if self.waiting.len() > Self::LIMIT {
            self.waiting.pop_front();
        }
    }

    pub fn take(&mut self) -> VecDeque<RTCIceCandidateInit> {
        std::mem::take(&mut self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn signals_are_written_as_the_pages_write_them() {
        let session = || "a".to_owned();
        let candidate = RTCIceCandidateInit {
            candidate: "candidate:1".to_owned(),
            sdp_mline_index: Some(0),
            ..Default::default()
        };
        let cases = [
            (Signal::Ready {}, json!({"ready": {}})),
            (
                Signal::Offer {
                    session: session(),
                    sdp: "v=0".to_owned(),
                },
                json!({"offer": {"session": "a", "sdp": "v=0"}}),
            ),
            (
                Signal::Candidate {
                    session: session(),
                    candidate: Some(candidate),
                },
                json!({"candidate": {"session": "a", "candidate": {
                    "candidate": "candidate:1", "sdpMid": null, "sdpMLineIndex": 0, "usernameFragment": null,
                }}}),
            ),
            (
                Signal::Candidate {
                    session: session(),
                    candidate: None,
                },
                json!({"candidate": {"session": "a", "candidate": null}}),
            ),
            (
                Signal::Bye { session: session() },
                json!({"bye": {"session": "a"}}),
            ),
        ];
        for (signal, expected) in cases {
            assert_eq!(serde_json::to_value(&signal).unwrap(), expected);
            assert_eq!(serde_json::from_value::<Signal>(expected).unwrap(), signal);
        }
    }

    #[test]
    fn what_is_no_signal_is_known_as_such() {
        for strange in [
            json!(null),
            json!("ready"),
            json!({}),
            json!({"offer": {}}),
            json!({"hello": {}}),
        ] {
            assert!(serde_json::from_value::<Signal>(strange).is_err());
        }
    }

    #[test]
    fn early_candidates_are_bounded() {
        let mut early = EarlyCandidates::default();
        for number in 0..1000 {
            early.add(RTCIceCandidateInit {
                candidate: number.to_string(),
                ..Default::default()
            });
        }
        let kept = early.take();
        assert_eq!(kept.len(), EarlyCandidates::LIMIT);
        assert_eq!(kept.back().unwrap().candidate, "999");
        assert!(early.take().is_empty());
    }
}
