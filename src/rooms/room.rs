//! One room: who sits in it, and what it keeps.

use std::collections::HashMap;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::keys::RoomKeys;
use crate::protocol::{Role, RoomEvent};

pub struct Room {
    pub keys: RoomKeys,
    pub seats: HashMap<Role, Seat>,
    /// When the last one left, or the room was made.
    pub idle_since: Instant,
    /// The viewer's last `metrics.json`, as it was posted.
    pub metrics: Option<Bytes>,
}

pub struct Seat {
    pub sitting: u64,
    pub client: String,
    pub events: mpsc::Sender<RoomEvent>,
}

impl Room {
    pub fn new(keys: RoomKeys) -> Self {
        Self {
            keys,
            seats: HashMap::new(),
            idle_since: Instant::now(),
            metrics: None,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    pub fn take_seat(
        &mut self,
        role: Role,
        client: &str,
        sitting: u64,
        events: mpsc::Sender<RoomEvent>,
    ) {
        let peer_present = self.seats.contains_key(&role.other());
        // The channel is new and holds more than one event.
        let _ = events.try_send(RoomEvent::Welcome { role, peer_present });
        let client = client.to_owned();
        self.seats.insert(
            role,
            Seat {
                sitting,
                client,
                events,
            },
        );
        self.tell_peer_of(role, true);
    }

    pub fn tell_peer_of(&self, role: Role, present: bool) {
        if let Some(peer) = self.seats.get(&role.other()) {
            // A peer whose queue is full has stopped reading; its stream is about to end anyway.
            let _ = peer.events.try_send(RoomEvent::Peer { role, present });
        }
    }
}
