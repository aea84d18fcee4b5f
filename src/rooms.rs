//! Rooms: where a viewer and a phone find each other. Signals are passed on unread.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::Value;
use subtle::ConstantTimeEq;
use tokio::sync::mpsc;

use crate::protocol::{Role, RoomEvent};

/// Signals that wait for a seat whose stream is slow. A negotiation takes about twenty.
const QUEUED_EVENTS: usize = 64;
/// Bits of a room's name and of a token.
const ROOM_BITS: usize = 64;
const TOKEN_BITS: usize = 128;

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
}

/// A room's name and the two keys to it.
#[derive(Debug, Clone)]
pub struct RoomKeys {
    pub room: String,
    pub viewer_token: String,
    pub phone_token: String,
}

impl RoomKeys {
    fn random() -> Self {
        Self {
            room: random_text(ROOM_BITS),
            viewer_token: random_text(TOKEN_BITS),
            phone_token: random_text(TOKEN_BITS),
        }
    }

    fn role_of(&self, token: &str) -> Option<Role> {
        let is = |key: &str| bool::from(key.as_bytes().ct_eq(token.as_bytes()));
        if is(&self.viewer_token) {
            Some(Role::Viewer)
        } else {
            is(&self.phone_token).then_some(Role::Phone)
        }
    }
}

struct Room {
    keys: RoomKeys,
    seats: HashMap<Role, Seat>,
    /// When the last one left, or the room was made.
    idle_since: Instant,
}

struct Seat {
    sitting: u64,
    client: String,
    events: mpsc::Sender<RoomEvent>,
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

impl Room {
    fn new(keys: RoomKeys) -> Self {
        Self {
            keys,
            seats: HashMap::new(),
            idle_since: Instant::now(),
        }
    }

    fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    fn take_seat(
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

    fn tell_peer_of(&self, role: Role, present: bool) {
        if let Some(peer) = self.seats.get(&role.other()) {
            // A peer whose queue is full has stopped reading; its stream is about to end anyway.
            let _ = peer.events.try_send(RoomEvent::Peer { role, present });
        }
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

/// Lower-case base 32 without padding: safe in an address, and a QR can hold it.
fn random_text(bits: usize) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bytes = vec![0; bits.div_ceil(5)];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    let letter = |byte: u8| char::from(ALPHABET[usize::from(byte % 32)]);
    bytes.into_iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rooms(max_rooms: usize) -> Rooms {
        Rooms::new(RoomLimits {
            max_rooms,
            idle: Duration::from_secs(60),
        })
    }

    fn sit(rooms: &Rooms, keys: &RoomKeys, role: Role, client: &str, takeover: bool) -> Sitting {
        let token = match role {
            Role::Viewer => &keys.viewer_token,
            Role::Phone => &keys.phone_token,
        };
        rooms.sit(&keys.room, token, client, takeover).unwrap()
    }

    #[tokio::test]
    async fn signals_carry_the_sender_and_arrive_in_order() {
        let rooms = rooms(1);
        let keys = rooms.create().unwrap();
        let mut viewer = sit(&rooms, &keys, Role::Viewer, "v", false);
        let _phone = sit(&rooms, &keys, Role::Phone, "p", false);
        for n in 0..3 {
            rooms
                .signal(&keys.room, &keys.phone_token, json!({ "n": n }))
                .unwrap();
        }
        assert_eq!(
            viewer.next().await,
            Some(RoomEvent::Welcome {
                role: Role::Viewer,
                peer_present: false
            })
        );
        assert_eq!(
            viewer.next().await,
            Some(RoomEvent::Peer {
                role: Role::Phone,
                present: true
            })
        );
        for n in 0..3 {
            let payload = json!({ "n": n });
            let expected = RoomEvent::Signal {
                from: Role::Phone,
                payload,
            };
            assert_eq!(viewer.next().await, Some(expected));
        }
    }

    #[tokio::test]
    async fn a_second_phone_is_told_and_may_take_over() {
        let rooms = rooms(1);
        let keys = rooms.create().unwrap();
        let mut first = sit(&rooms, &keys, Role::Phone, "one", false);
        first.next().await;
        let mut second = sit(&rooms, &keys, Role::Phone, "two", false);
        assert_eq!(second.next().await, Some(RoomEvent::Taken {}));
        assert_eq!(second.next().await, None);
        let _second = sit(&rooms, &keys, Role::Phone, "two", true);
        assert_eq!(first.next().await, Some(RoomEvent::Replaced {}));
        assert_eq!(first.next().await, None);
    }

    #[tokio::test]
    async fn a_reload_keeps_the_seat_and_the_old_page_does_not_empty_it() {
        let rooms = rooms(1);
        let keys = rooms.create().unwrap();
        let old = sit(&rooms, &keys, Role::Phone, "same", false);
        let _new = sit(&rooms, &keys, Role::Phone, "same", false);
        drop(old);
        assert_eq!(
            rooms.signal(&keys.room, &keys.viewer_token, json!(1)),
            Ok(())
        );
    }

    #[test]
    fn tokens_open_only_their_own_seat_and_room() {
        let rooms = rooms(2);
        let (a, b) = (rooms.create().unwrap(), rooms.create().unwrap());
        let signal = |room: &str, token: &str| rooms.signal(room, token, json!(0));
        assert_eq!(signal(&a.room, &b.phone_token), Err(RoomError::BadToken));
        assert_eq!(signal("nowhere", &a.phone_token), Err(RoomError::NotFound));
        assert_eq!(signal(&a.room, &a.phone_token), Err(RoomError::PeerAbsent));
        assert_eq!(
            rooms.find_by_phone_token(&b.phone_token),
            Ok(b.room.clone())
        );
        assert_eq!(
            rooms.find_by_phone_token(&b.viewer_token),
            Err(RoomError::NotFound)
        );
    }

    #[test]
    fn empty_rooms_make_way_and_occupied_ones_stay() {
        let rooms = rooms(2);
        let kept = rooms.create().unwrap();
        let _viewer = sit(&rooms, &kept, Role::Viewer, "v", false);
        let first = rooms.create().unwrap();
        let second = rooms.create().unwrap();
        assert_eq!(
            rooms.find_by_phone_token(&first.phone_token),
            Err(RoomError::NotFound)
        );
        assert!(rooms.find_by_phone_token(&kept.phone_token).is_ok());
        let _phone = sit(&rooms, &second, Role::Phone, "p", false);
        assert!(matches!(rooms.create(), Err(RoomError::Full)));
    }

    #[test]
    fn a_seat_that_does_not_read_holds_a_bounded_queue() {
        let rooms = rooms(1);
        let keys = rooms.create().unwrap();
        let _viewer = sit(&rooms, &keys, Role::Viewer, "v", false);
        let signal = || rooms.signal(&keys.room, &keys.phone_token, json!(0));
        // The welcome takes one place.
        assert!((1..QUEUED_EVENTS).all(|_| signal() == Ok(())));
        assert_eq!(signal(), Err(RoomError::PeerSlow));
    }
}
