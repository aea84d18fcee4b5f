//! Rooms: where a viewer and a phone find each other. Signals are passed on unread.

pub mod codes;
mod keys;
mod room;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::protocol::{Role, RoomEvent};

pub use keys::RoomKeys;
use room::Room;

/// Signals that wait for a seat whose stream is slow. A negotiation takes about twenty.
const QUEUED_EVENTS: usize = 64;

#[derive(Debug, Clone, Copy)]
pub struct RoomLimits {
    pub max_rooms: usize,
    /// How long an empty room is kept.
    pub idle: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    #[error("no such room: it has expired, or the server was restarted")]
    NotFound,
    #[error("this token does not open this room")]
    BadToken,
    #[error("nobody sits on the other seat")]
    PeerAbsent,
    #[error("the other seat does not read its events")]
    PeerSlow,
    #[error("all rooms are in use")]
    Full,
    #[error("this is the phone's token: the viewer's is needed")]
    NotTheViewer,
    #[error(
        "no metrics were posted to this room yet: record in the viewer, or post a metrics.json here"
    )]
    NoMetrics,
}

/// How many rooms there are, and who sits in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Empty ones included.
    pub rooms: usize,
    pub viewers: usize,
    pub phones: usize,
}

/// All rooms of a server. Cheap to clone.
#[derive(Clone)]
pub struct Rooms {
    limits: RoomLimits,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    rooms: HashMap<String, Room>,
    sittings: u64,
}

impl Rooms {
    pub fn new(limits: RoomLimits) -> Self {
        Self {
            limits,
            state: Arc::default(),
        }
    }

    /// A new, empty room. When there are too many, the room that was empty longest makes way; if
    /// somebody sits in every one, this fails.
    pub fn create(&self) -> Result<RoomKeys, RoomError> {
        let mut state = self.lock();
        let RoomLimits { max_rooms, idle } = self.limits;
        state
            .rooms
            .retain(|_, room| !room.is_empty() || room.idle_since.elapsed() < idle);
        if state.rooms.len() >= max_rooms {
            let oldest = state.oldest_empty_room().ok_or(RoomError::Full)?;
            state.rooms.remove(&oldest);
        }
        let keys = RoomKeys::random();
        state
            .rooms
            .insert(keys.room.clone(), Room::new(keys.clone()));
        Ok(keys)
    }

    pub fn exists(&self, room: &str) -> bool {
        self.lock().rooms.contains_key(room)
    }

    /// The room that a phone token opens.
    pub fn find_by_phone_token(&self, token: &str) -> Result<String, RoomError> {
        let state = self.lock();
        let opens = |room: &&Room| room.keys.role_of(token) == Some(Role::Phone);
        let room = state
            .rooms
            .values()
            .find(opens)
            .ok_or(RoomError::NotFound)?;
        Ok(room.keys.room.clone())
    }

    /// Takes the token's seat. The same `client` takes its own seat anew (one without a name is
    /// nobody's reload), a viewer takes any viewer's, a phone another phone's only with `takeover`.
    pub fn sit(
        &self,
        room: &str,
        token: &str,
        client: &str,
        takeover: bool,
    ) -> Result<Sitting, RoomError> {
        let mut state = self.lock();
        state.sittings += 1;
        let sitting = state.sittings;
        let (room, role) = state.open(room, token)?;
        let (events, stream) = mpsc::channel(QUEUED_EVENTS);
        if let Some(taken) = room.seats.get(&role) {
            let is_reload = !client.is_empty() && taken.client == client;
            let may_replace = takeover || role == Role::Viewer || is_reload;
            if !may_replace {
                // The channel is new and holds more than one event.
                let _ = events.try_send(RoomEvent::Taken {});
                return Ok(Sitting::standing(stream));
            }
            if !is_reload {
                let _ = taken.events.try_send(RoomEvent::Replaced {});
            }
        }
        room.take_seat(role, client, sitting, events);
        let leave = Leave {
            rooms: self.clone(),
            room: room.keys.room.clone(),
            role,
            sitting,
        };
        Ok(Sitting {
            stream,
            _leave: Some(leave),
        })
    }

    /// Passes `payload` to the other seat.
    pub fn signal(&self, room: &str, token: &str, payload: Value) -> Result<(), RoomError> {
        let mut state = self.lock();
        let (room, from) = state.open(room, token)?;
        let peer = room.seats.get(&from.other()).ok_or(RoomError::PeerAbsent)?;
        let event = RoomEvent::Signal { from, payload };
        peer.events.try_send(event).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => RoomError::PeerSlow,
            mpsc::error::TrySendError::Closed(_) => RoomError::PeerAbsent,
        })
    }

    /// Keeps the viewer's last report until the room goes. Whoever calls this bounds its size.
    pub fn keep_metrics(&self, room: &str, token: &str, metrics: Bytes) -> Result<(), RoomError> {
        let mut state = self.lock();
        let (room, role) = state.open(room, token)?;
        if role != Role::Viewer {
            return Err(RoomError::NotTheViewer);
        }
        room.metrics = Some(metrics);
        Ok(())
    }

    /// The keys of the viewer's own room.
    pub fn keys_for_viewer(&self, room: &str, token: &str) -> Result<RoomKeys, RoomError> {
        let mut state = self.lock();
        match state.open(room, token)? {
            (room, Role::Viewer) => Ok(room.keys.clone()),
            (_, Role::Phone) => Err(RoomError::NotTheViewer),
        }
    }

    /// Tells every viewer to ask for its invitation anew.
    pub fn renew_invitations(&self) {
        for room in self.lock().rooms.values() {
            if let Some(viewer) = room.seats.get(&Role::Viewer) {
                // A viewer that reads nothing asks when it comes back.
                let _ = viewer.events.try_send(RoomEvent::Invitation {});
            }
        }
    }

    /// The last report. The room's name is enough: it is as hard to guess as a token.
    pub fn metrics(&self, room: &str) -> Result<Bytes, RoomError> {
        let state = self.lock();
        let room = state.rooms.get(room).ok_or(RoomError::NotFound)?;
        room.metrics.clone().ok_or(RoomError::NoMetrics)
    }

    pub fn occupancy(&self) -> Occupancy {
        let state = self.lock();
        let seated = |role| {
            let taken = |room: &&Room| room.seats.contains_key(&role);
            state.rooms.values().filter(taken).count()
        };
        Occupancy {
            rooms: state.rooms.len(),
            viewers: seated(Role::Viewer),
            phones: seated(Role::Phone),
        }
    }

    fn leave(&self, room: &str, role: Role, sitting: u64) {
        let mut state = self.lock();
        let Some(room) = state.rooms.get_mut(room) else {
            return;
        };
        // Somebody who was replaced must not empty the seat of the one who replaced them.
        if room
            .seats
            .get(&role)
            .is_some_and(|seat| seat.sitting == sitting)
        {
            room.seats.remove(&role);
            room.idle_since = Instant::now();
            room.tell_peer_of(role, false);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }
}

impl State {
    fn oldest_empty_room(&self) -> Option<String> {
        let empty = self.rooms.values().filter(|room| room.is_empty());
        let oldest = empty.min_by_key(|room| room.idle_since)?;
        Some(oldest.keys.room.clone())
    }

    fn open(&mut self, room: &str, token: &str) -> Result<(&mut Room, Role), RoomError> {
        let room = self.rooms.get_mut(room).ok_or(RoomError::NotFound)?;
        let role = room.keys.role_of(token).ok_or(RoomError::BadToken)?;
        Ok((room, role))
    }
}

/// A place at the events of a room. Dropping it leaves the seat.
pub struct Sitting {
    stream: mpsc::Receiver<RoomEvent>,
    _leave: Option<Leave>,
}

impl Sitting {
    fn standing(stream: mpsc::Receiver<RoomEvent>) -> Self {
        Self {
            stream,
            _leave: None,
        }
    }

    /// The next event; `None` when the seat is lost.
    pub async fn next(&mut self) -> Option<RoomEvent> {
        self.stream.recv().await
    }
}

struct Leave {
    rooms: Rooms,
    room: String,
    role: Role,
    sitting: u64,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.rooms.leave(&self.room, self.role, self.sitting);
    }
}

#[cfg(test)]
mod tests;
