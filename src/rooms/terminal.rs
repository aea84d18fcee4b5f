//! The room whose code the terminal shows. It outlives the program like any other: the code of the next
//! start leads to where the viewer of this one is, who comes back there by itself.

use super::keys::RoomKeys;
use super::state::State;
use super::{RoomError, Rooms};
use crate::protocol::Role;

pub struct Terminal {
    pub room: String,
    /// Since this program was started no viewer has had it: the next one on this machine gets it.
    pub is_free: bool,
}

impl Terminal {
    /// It is nobody's to take before the terminal shows it again.
    pub fn of_last_time(room: String) -> Self {
        Self {
            room,
            is_free: false,
        }
    }
}

impl Rooms {
    /// To be shown by the terminal: the room of last time if it is still there, else a new one.
    pub fn terminal_room(&self) -> Result<RoomKeys, RoomError> {
        let of_last_time = self.terminal_room_of_last_time();
        let keys = of_last_time.map_or_else(|| self.create(), Ok)?;
        self.lock().terminal = Some(Terminal {
            room: keys.room.clone(),
            is_free: true,
        });
        Ok(keys)
    }

    /// Once, for the first viewer on this machine: unless a viewer has come back to it, or it has expired.
    pub fn take_terminal_room(&self) -> Option<RoomKeys> {
        let mut state = self.lock();
        let terminal = state.terminal.as_mut().filter(|it| it.is_free)?;
        terminal.is_free = false;
        let name = terminal.room.clone();
        let room = state.rooms.get_mut(&name)?;
        // However long it was kept free: who has it now comes in a moment.
        room.begin_idling();
        Some(room.keys.clone())
    }

    /// It counts as made anew: its code is shown again, and must not expire a moment later.
    fn terminal_room_of_last_time(&self) -> Option<RoomKeys> {
        let mut state = self.lock();
        let name = state.terminal.as_ref()?.room.clone();
        let room = state.rooms.get_mut(&name)?;
        room.begin_idling();
        Some(room.keys.clone())
    }
}

impl State {
    /// A viewer who sits in the terminal's room has it.
    pub fn note_seated(&mut self, room: &str, role: Role) {
        let seated = self.terminal.as_mut().filter(|it| it.room == room);
        if let Some(terminal) = seated.filter(|_| role == Role::Viewer) {
            terminal.is_free = false;
        }
    }
}

#[cfg(test)]
mod tests;
