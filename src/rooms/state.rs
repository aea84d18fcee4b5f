//! All rooms, by name, and which of them have to go.

use std::collections::HashMap;
use std::time::Duration;

use super::error::RoomError;
use super::room::Room;
use super::terminal::Terminal;
use super::{GRACE, SPARED};
use crate::protocol::Role;

#[derive(Default)]
pub struct State {
    pub rooms: HashMap<String, Room>,
    pub terminal: Option<Terminal>,
    pub streams: u64,
    /// Counts what changes the kept file.
    pub changes: u64,
}

impl State {
    pub fn open(&mut self, room: &str, token: &str) -> Result<(&mut Room, Role), RoomError> {
        let room = self.rooms.get_mut(room).ok_or(RoomError::NotFound)?;
        let role = room.keys.role_of(token).ok_or(RoomError::BadToken)?;
        Ok((room, role))
    }

    /// The same for what only one of the two may do.
    pub fn open_for(
        &mut self,
        only: Role,
        room: &str,
        token: &str,
    ) -> Result<&mut Room, RoomError> {
        match self.open(room, token)? {
            (room, role) if role == only => Ok(room),
            _ => Err(RoomError::OnlyFor(only)),
        }
    }

    /// The empty room that makes way for another: one that nobody ever entered, or else whoever asks for
    /// rooms in a row takes the rooms of people who are away; among these the one empty longest. One that was
    /// just made goes last, before its page is there; but of such only so many are spared.
    pub fn most_dispensable_room(&self) -> Option<String> {
        let kept_free = self.terminal.as_ref().filter(|terminal| terminal.is_free);
        let kept_free = kept_free.map(|terminal| &terminal.room);
        let empty = self.rooms.values().filter(|room| room.is_empty());
        let empty = empty.filter(|room| Some(&room.keys.room) != kept_free);
        let awaited = empty.clone().filter(|room| room.is_awaited()).count();
        let are_spared = awaited <= (self.rooms.len() / SPARED).max(1);
        let rank = |room: &Room| match room.entered {
            false if are_spared && room.is_awaited() => 0,
            true => 1,
            false => 2,
        };
        let first = empty.max_by_key(|room| (rank(room), room.idle()))?;
        Some(first.keys.room.clone())
    }

    pub fn forget(&mut self, room: &str) {
        if self.rooms.remove(room).is_some_and(|room| room.entered) {
            self.changes += 1;
        }
        self.terminal.take_if(|terminal| terminal.room == room);
    }

    /// Rooms that have been empty for so long.
    pub fn forget_idle(&mut self, limit: Duration) {
        let is_over = |room: &&Room| room.idle().is_some_and(|idle| idle >= limit);
        let over = self.rooms.values().filter(is_over);
        let over: Vec<String> = over.map(|room| room.keys.room.clone()).collect();
        for room in over {
            self.forget(&room);
        }
    }

    /// Seats whose page did not come back.
    pub fn free_seats(&mut self) {
        for room in self.rooms.values_mut() {
            for role in [Role::Viewer, Role::Phone] {
                let away = room.seats.get(&role).and_then(|seat| seat.away_since);
                if away.is_some_and(|since| since.elapsed() >= GRACE) {
                    room.leave(role);
                    self.changes += 1;
                }
            }
        }
    }

    pub fn is_occupied(&self) -> bool {
        self.rooms.values().any(|room| !room.is_empty())
    }

    /// The server ends, and so does everybody's stay.
    pub fn empty_all(&mut self) {
        for room in self.rooms.values_mut().filter(|room| !room.is_empty()) {
            room.seats.clear();
            room.begin_idling();
            self.changes += 1;
        }
    }
}
