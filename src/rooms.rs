//! Rooms: where a viewer and a phone find each other. Signals are passed on unread.
//!
//! ```text
//! Rooms ─ Room ─ Seat (viewer) ─ what it was told, numbered ══ stream ══▶ its page
//!              └ Seat (phone)     an interrupted stream goes on where it broke
//! ```

pub mod codes;
mod error;
mod keeper;
mod keys;
mod room;
mod seat;
mod sitting;
mod state;
mod terminal;
mod upkeep;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::protocol::{Role, RoomEvent};
use keeper::Keeper;
use room::Room;
use sitting::Leave;
use state::State;

pub use error::RoomError;
pub use keeper::ROOMS_FILE;
pub use keys::RoomKeys;
pub use sitting::{Sent, Sitting};

/// How long a page whose stream broke keeps its seat: it misses the server for 5 s before it looks for it. Also
/// the time that a page has to enter the room that was made for it.
pub const GRACE: Duration = Duration::from_secs(10);

/// Of so many rooms one that waits for its page may stay at the expense of people who are away: were it all of
/// them, whoever asks for rooms in a row would take theirs.
const SPARED: usize = 8;

/// More are not kept on disk.
pub const MAX_ROOMS: usize = 1 << 16;

#[derive(Debug, Clone, Copy)]
pub struct RoomLimits {
    /// At most [`MAX_ROOMS`].
    pub max_rooms: usize,
    /// How long an empty room is kept.
    pub idle: Duration,
    /// Events that a seat keeps for its page.
    pub max_events: usize,
}

/// How many rooms there are, and who sits in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Empty ones included.
    pub rooms: usize,
    /// Those whose stream broke a moment ago included.
    pub viewers: usize,
    pub phones: usize,
}

/// How somebody wants to sit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    /// Names the page to get its own seat back; one without a name leaves when its stream ends.
    pub client: &'a str,
    /// Tells that name's documents apart: a page that is loaded anew has another one.
    pub page: &'a str,
    /// Replaces another phone.
    pub takeover: bool,
    /// The last event that reached the page: it goes on after it.
    pub last_event_id: Option<&'a str>,
}

/// Whose signal, and which.
#[derive(Debug, Clone, Copy, Default)]
pub struct Post<'a> {
    pub sitting: Option<&'a str>,
    /// Grows with every signal of a sitting. A signal that comes again is passed on once.
    pub number: Option<u64>,
}

/// All rooms of a server. Cheap to clone.
#[derive(Clone)]
pub struct Rooms {
    limits: RoomLimits,
    state: Arc<Mutex<State>>,
    keeper: Option<Keeper>,
}

impl Rooms {
    /// Kept nowhere.
    pub fn new(limits: RoomLimits) -> Self {
        Self {
            limits,
            state: Arc::default(),
            keeper: None,
        }
    }

    /// A new, empty room. When there are too many, an empty one makes way; if somebody sits in every one,
    /// this fails.
    pub fn create(&self) -> Result<RoomKeys, RoomError> {
        let mut state = self.lock();
        state.forget_idle(self.limits.idle);
        if state.rooms.len() >= self.limits.max_rooms {
            let first = state.most_dispensable_room().ok_or(RoomError::Full)?;
            state.forget(&first);
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

    /// What a token opens in a room.
    pub fn role_of(&self, room: &str, token: &str) -> Result<Role, RoomError> {
        let mut state = self.lock();
        let (_, role) = state.open(room, token)?;
        Ok(role)
    }

    /// The room that a phone token opens. All are looked at: how long it takes tells nothing.
    pub fn find_by_phone_token(&self, token: &str) -> Result<String, RoomError> {
        let state = self.lock();
        let mut found = Err(RoomError::NotFound);
        for Room { keys, .. } in state.rooms.values() {
            if keys.is_phone_token(token) {
                found = Ok(keys.room.clone());
            }
        }
        found
    }

    /// Takes the token's seat. The same `client` takes its own seat anew or goes on in it, a viewer takes any
    /// viewer's, a phone another phone's only with `takeover`, or while that one is away.
    pub fn sit(&self, room: &str, token: &str, wish: &Wish) -> Result<Sitting, RoomError> {
        let mut state = self.lock();
        state.streams += 1;
        let stream = state.streams;
        let (room, role) = state.open(room, token)?;
        let was_empty = room.is_empty();
        let (sitting, events) = match room.sit(role, wish, stream, &self.limits) {
            Ok(seated) => seated,
            Err(refusal) => return Ok(Sitting::refused(&refusal)),
        };
        let leave = Leave {
            rooms: self.clone(),
            room: room.keys.room.clone(),
            role,
            sitting,
            stream,
        };
        if was_empty {
            state.changes += 1;
        }
        state.note_seated(&leave.room, role);
        Ok(Sitting::new(events, leave))
    }

    /// Passes `payload` to the other seat; false if this signal had come before.
    pub fn signal(
        &self,
        room: &str,
        token: &str,
        post: Post,
        payload: Value,
    ) -> Result<bool, RoomError> {
        let mut state = self.lock();
        let (room, from) = state.open(room, token)?;
        room.pass_on(from, post, payload)
    }

    /// Whoever sits there goes on purpose. Nothing happens if that sitting is over.
    pub fn leave(&self, room: &str, token: &str, sitting: &str) -> Result<(), RoomError> {
        let mut state = self.lock();
        let (room, role) = state.open(room, token)?;
        let seat = room.seats.get(&role);
        if seat.is_some_and(|seat| keys::is_same(&seat.sitting, sitting).into()) {
            room.leave(role);
            state.changes += 1;
        }
        Ok(())
    }

    /// Whether the token is that of this role.
    pub fn expect(&self, role: Role, room: &str, token: &str) -> Result<(), RoomError> {
        self.lock().open_for(role, room, token).map(drop)
    }

    /// The same, and that nobody else sits there: rules as for signals.
    pub fn expect_seated(
        &self,
        role: Role,
        room: &str,
        token: &str,
        sitting: Option<&str>,
    ) -> Result<(), RoomError> {
        let mut state = self.lock();
        let room = state.open_for(role, room, token)?;
        room.check_speaker(role, sitting)
    }

    /// Keeps the viewer's last report until the room goes. Whoever calls this bounds its size.
    pub fn keep_metrics(&self, room: &str, token: &str, metrics: Bytes) -> Result<(), RoomError> {
        let mut state = self.lock();
        state.open_for(Role::Viewer, room, token)?.metrics = Some(metrics);
        Ok(())
    }

    /// The keys of the viewer's own room.
    pub fn keys_for_viewer(&self, room: &str, token: &str) -> Result<RoomKeys, RoomError> {
        let mut state = self.lock();
        let room = state.open_for(Role::Viewer, room, token)?;
        Ok(room.keys.clone())
    }

    /// Tells every viewer to ask for its invitation anew.
    pub fn renew_invitations(&self) {
        for room in self.lock().rooms.values_mut() {
            if let Some(viewer) = room.seats.get_mut(&Role::Viewer) {
                viewer.tell_surely(&RoomEvent::Invitation {});
            }
        }
    }

    /// The viewer's last report, for either of the two.
    pub fn metrics(&self, room: &str, token: &str) -> Result<Bytes, RoomError> {
        let mut state = self.lock();
        let (room, _) = state.open(room, token)?;
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

    fn stream_ended(&self, room: &str, role: Role, stream: u64) {
        let mut state = self.lock();
        let Some(room) = state.rooms.get_mut(room) else {
            return;
        };
        // Whoever was replaced must not empty the seat of the one who replaced them.
        let seat = room.seats.get_mut(&role);
        let Some(seat) = seat.filter(|seat| seat.is_read_by(stream)) else {
            return;
        };
        if seat.is_named() {
            seat.lose_stream();
        } else {
            room.leave(role);
            state.changes += 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }
}

#[cfg(test)]
mod tests;
