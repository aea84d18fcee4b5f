//! One room: who sits in it, and what it keeps.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::error::RoomError;
use super::keys::{RoomKeys, is_same};
use super::seat::{Seat, Told};
use super::{GRACE, Post, RoomLimits, Wish};
use crate::protocol::{Role, RoomEvent};

pub struct Room {
    pub keys: RoomKeys,
    pub seats: HashMap<Role, Seat>,
    /// When the last one left, or the room was made.
    pub idle_since: Instant,
    /// How long it was empty before this program was started.
    pub idle_before: Duration,
    /// Somebody has sat here: the room is worth keeping.
    pub entered: bool,
    /// The viewer's last `metrics.json`, as it was posted.
    pub metrics: Option<Bytes>,
}

impl Room {
    pub fn new(keys: RoomKeys) -> Self {
        Self {
            keys,
            seats: HashMap::new(),
            idle_since: Instant::now(),
            idle_before: Duration::ZERO,
            entered: false,
            metrics: None,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// How long nobody has sat here, if nobody does.
    pub fn idle(&self) -> Option<Duration> {
        self.is_empty()
            .then(|| self.idle_before + self.idle_since.elapsed())
    }

    /// Whoever it was made for has had no time yet to come.
    pub fn is_awaited(&self) -> bool {
        !self.entered && self.idle() < Some(GRACE)
    }

    /// Takes the seat, or goes on in it; an error is what is said instead.
    pub fn sit(
        &mut self,
        role: Role,
        wish: &Wish,
        stream: u64,
        limits: &RoomLimits,
    ) -> Result<(String, mpsc::Receiver<Told>), RoomEvent> {
        let peer_present = self.seats.contains_key(&role.other());
        if let Some(seat) = self.seats.get_mut(&role) {
            if seat.is_of(wish.client) {
                let reached = wish.last_event_id.and_then(|id| seat.reached(id));
                if reached.is_some() {
                    let events = seat.read(stream, reached, peer_present);
                    return Ok((seat.sitting.clone(), events));
                }
                may_return(seat, wish)?;
            } else {
                may_replace(role, seat, wish)?;
                seat.say_replaced();
            }
        }
        let mut seat = Seat::new(role, wish.client, wish.page, limits.max_events);
        let events = seat.read(stream, None, peer_present);
        let sitting = seat.sitting.clone();
        self.seats.insert(role, seat);
        self.entered = true;
        self.tell_peer_of(role, true);
        Ok((sitting, events))
    }

    /// Passes a signal on; whether it had come before.
    pub fn pass_on(
        &mut self,
        from: Role,
        post: Post,
        payload: serde_json::Value,
    ) -> Result<bool, RoomError> {
        self.check_speaker(from, post.sitting)?;
        let newest = self.seats.get(&from).map_or(0, |seat| seat.last_posted);
        if post.number.is_some_and(|number| number <= newest) {
            return Ok(false);
        }
        let peer = self.seats.get_mut(&from.other());
        let peer = peer.ok_or(RoomError::PeerAbsent)?;
        let event = RoomEvent::Signal { from, payload };
        peer.tell(&event).map_err(|_| RoomError::PeerSlow)?;
        if let (Some(seat), Some(number)) = (self.seats.get_mut(&from), post.number) {
            seat.last_posted = number;
        }
        Ok(true)
    }

    /// Who names a sitting must sit there; and nobody speaks for a page that has a name without naming its sitting.
    pub fn check_speaker(&self, role: Role, sitting: Option<&str>) -> Result<(), RoomError> {
        let speaks = match (self.seats.get(&role), sitting) {
            (Some(seat), Some(sitting)) => is_same(&seat.sitting, sitting).into(),
            (Some(seat), None) => !seat.is_named(),
            (None, sitting) => sitting.is_none(),
        };
        speaks.then_some(()).ok_or(RoomError::NotSeated)
    }

    pub fn leave(&mut self, role: Role) {
        self.seats.remove(&role);
        self.begin_idling();
        self.tell_peer_of(role, false);
    }

    pub fn begin_idling(&mut self) {
        self.idle_since = Instant::now();
        self.idle_before = Duration::ZERO;
    }

    fn tell_peer_of(&mut self, role: Role, present: bool) {
        if let Some(peer) = self.seats.get_mut(&role.other()) {
            peer.tell_surely(&RoomEvent::Peer { role, present });
        }
    }
}

/// A tab that was duplicated has the same name as the one it came from. The one that lost its seat to the
/// other must not take it back by itself, or the two would take it from each other for ever.
fn may_return(seat: &Seat, wish: &Wish) -> Result<(), RoomEvent> {
    let is_taken = seat.page != wish.page && seat.away_since.is_none();
    match is_taken && wish.last_event_id.is_some() && !wish.takeover {
        true => Err(RoomEvent::Replaced {}),
        false => Ok(()),
    }
}

/// Whether this other page may have the seat. One that only comes back takes nothing from anybody.
fn may_replace(role: Role, seat: &Seat, wish: &Wish) -> Result<(), RoomEvent> {
    let is_free = role == Role::Viewer || seat.away_since.is_some();
    match (wish.takeover, wish.last_event_id) {
        (true, _) => Ok(()),
        (false, Some(_)) => Err(RoomEvent::Replaced {}),
        (false, None) if is_free => Ok(()),
        (false, None) => Err(RoomEvent::Taken {}),
    }
}
