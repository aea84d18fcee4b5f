//! What happens to rooms while nobody asks for one: they expire, and are kept on disk.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::Rooms;
use super::keeper::KeptRoom;

/// Between two looks for seats and rooms whose time is over.
const SWEEP_EVERY: Duration = Duration::from_millis(500);

impl Rooms {
    /// Frees the seats of those who did not come back, and forgets rooms that were empty for too long.
    pub async fn keep_tidy(self) {
        let mut ticks = interval(SWEEP_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.sweep();
            self.save().await;
        }
    }

    pub(super) fn sweep(&self) {
        let mut state = self.lock();
        state.free_seats();
        state.forget_idle(self.limits.idle);
    }

    /// Returns when the rooms as they are now would be found again after a crash.
    pub async fn save(&self) {
        let Some(keeper) = self.keeper.clone() else {
            return;
        };
        let mut written = Arc::clone(&keeper.written).lock_owned().await;
        let (changes, rooms) = {
            let state = self.lock();
            if state.changes == written.change {
                return;
            }
            let known = state.rooms.values().filter(|room| room.entered);
            (state.changes, known.map(KeptRoom::of).collect())
        };
        // The lock goes along: who asked may be gone before the file is written.
        let writing = tokio::task::spawn_blocking(move || {
            keeper.write(rooms, &mut written);
            written.change = changes;
        });
        let _ = writing.await;
    }
}
