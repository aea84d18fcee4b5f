//! What happens to rooms while nobody asks for one: they expire, and are kept on disk.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::keeper::{File, Keeper, Written, unix_now};
use super::room::Room;
use super::state::State;
use super::terminal::Terminal;
use super::{RoomLimits, Rooms};

/// Between two looks for seats and rooms whose time is over.
const SWEEP_EVERY: Duration = Duration::from_millis(500);

impl Rooms {
    /// Those that were kept in this folder, and from now on are.
    pub fn kept_in(folder: &Path, limits: RoomLimits) -> Self {
        let keeper = Keeper::new(folder);
        let mut file = keeper.load();
        let terminal = file.terminal.take();
        let mut rooms: Vec<Room> = file.into_rooms(unix_now()).collect();
        rooms.retain(|room| room.idle() < Some(limits.idle));
        rooms.sort_by_key(Room::idle);
        rooms.truncate(limits.max_rooms);
        let named = rooms.into_iter().map(|room| (room.keys.room.clone(), room));
        let mut state = State {
            rooms: named.collect(),
            ..State::default()
        };
        let terminal = terminal.filter(|room| state.rooms.contains_key(room));
        state.terminal = terminal.map(Terminal::of_last_time);
        Self {
            limits,
            state: Arc::new(Mutex::new(state)),
            keeper: Some(keeper),
        }
    }

    /// Frees the seats of those who did not come back, and forgets rooms that were empty for too long.
    pub async fn keep_tidy(self) {
        let mut ticks = interval(SWEEP_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.sweep();
            self.save_if(|written, state| {
                written.is_due(state.changes, state.is_occupied(), Instant::now())
            })
            .await;
        }
    }

    pub(super) fn sweep(&self) {
        let mut state = self.lock();
        state.free_seats();
        state.forget_idle(self.limits.idle);
    }

    /// Returns when the rooms as they are now would be found again after a crash.
    pub async fn save(&self) {
        self.save_if(|written, state| written.is_behind(state.changes))
            .await;
    }

    /// The server ends: all seats are free, and while it is down rooms expire as ever.
    pub async fn close(&self) {
        self.lock().empty_all();
        self.save().await;
    }

    async fn save_if(&self, wanted: impl Fn(&Written, &State) -> bool) {
        let Some(keeper) = self.keeper.clone() else {
            return;
        };
        let mut written = Arc::clone(&keeper.written).lock_owned().await;
        let (changes, file) = {
            let state = self.lock();
            if !wanted(&written, &state) {
                return;
            }
            let entered = state.rooms.values().filter(|room| room.entered);
            let terminal = state.terminal.as_ref().map(|it| it.room.clone());
            (state.changes, File::of(entered, terminal, unix_now()))
        };
        // The lock goes along: who asked may be gone before the file is written.
        let writing =
            tokio::task::spawn_blocking(move || keeper.write(&file, changes, &mut written));
        let _ = writing.await;
    }
}
