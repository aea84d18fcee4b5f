//! The relay: where the newest frame of a phone waits for the viewer of its room, when the two cannot
//! reach each other. There is a place only while a viewer listens, so nothing is kept for nobody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::protocol::RelayedFrame;

/// A frame on its way from phone to viewer.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub about: RelayedFrame,
    /// Header and JPEG as the phone posted them.
    pub message: Bytes,
}

/// What became of a frame that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offered {
    Placed,
    /// It took the place of one that the viewer had not taken.
    Replaced,
    NobodyListens,
}

/// The relays of all rooms. Cheap to clone.
#[derive(Clone, Default)]
pub struct Relays(Arc<Mutex<HashMap<String, Arc<Place>>>>);

/// One listener's waiting place.
#[derive(Default)]
struct Place {
    newest: Mutex<Option<Frame>>,
    came: Notify,
    displaced: CancellationToken,
}

impl Relays {
    /// Listens in `room` from now on. Who listened there before is displaced: a viewer that is
    /// reloaded may not have closed its connection yet.
    pub fn listen(&self, room: &str) -> Listener {
        let place = Arc::<Place>::default();
        let before = self.lock().insert(room.to_owned(), Arc::clone(&place));
        if let Some(before) = before {
            before.displaced.cancel();
        }
        Listener {
            relays: self.clone(),
            room: room.to_owned(),
            place,
        }
    }

    /// Leaves `frame` to the room's listener; the newest wins.
    pub fn offer(&self, room: &str, frame: Frame) -> Offered {
        let Some(place) = self.lock().get(room).cloned() else {
            return Offered::NobodyListens;
        };
        let replaced = place.newest().replace(frame);
        place.came.notify_one();
        match replaced {
            Some(_) => Offered::Replaced,
            None => Offered::Placed,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Place>>> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

impl Place {
    fn newest(&self) -> MutexGuard<'_, Option<Frame>> {
        self.newest.lock().expect("no holder of this lock panics")
    }
}

/// The right to a room's newest frames. Dropping it gives the place up.
pub struct Listener {
    relays: Relays,
    room: String,
    place: Arc<Place>,
}

impl Listener {
    /// The newest frame, when there is one. Nothing is lost when this is cancelled.
    pub async fn next(&self) -> Frame {
        loop {
            if let Some(frame) = self.place.newest().take() {
                return frame;
            }
            self.place.came.notified().await;
        }
    }

    /// When another one listens in this one's place.
    pub async fn displaced(&self) {
        self.place.displaced.cancelled().await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut places = self.relays.lock();
        let is_ours = |place: &Arc<Place>| Arc::ptr_eq(place, &self.place);
        if places.get(&self.room).is_some_and(is_ours) {
            places.remove(&self.room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::RelayClock;

    fn frame(frame_id: u32) -> Frame {
        Frame {
            about: RelayedFrame {
                frame_id,
                clock: RelayClock::SampleTime,
                clock_error_ms: 1.0,
            },
            message: Bytes::from_static(b"JPEG"),
        }
    }

    #[tokio::test]
    async fn the_newest_wins() {
        let relays = Relays::default();
        let listener = relays.listen("room");
        assert_eq!(relays.offer("room", frame(1)), Offered::Placed);
        assert_eq!(relays.offer("room", frame(2)), Offered::Replaced);
        assert_eq!(listener.next().await, frame(2));
        assert_eq!(relays.offer("room", frame(3)), Offered::Placed);
        assert_eq!(listener.next().await, frame(3));
    }

    #[tokio::test]
    async fn nothing_is_kept_for_nobody() {
        let relays = Relays::default();
        assert_eq!(relays.offer("room", frame(1)), Offered::NobodyListens);
        let listener = relays.listen("room");
        assert_eq!(relays.offer("other", frame(2)), Offered::NobodyListens);
        relays.offer("room", frame(3));
        drop(listener);
        assert_eq!(relays.offer("room", frame(4)), Offered::NobodyListens);
        assert!(relays.lock().is_empty());
    }

    #[tokio::test]
    async fn a_newer_listener_displaces_the_older_whose_end_does_not_matter_to_it() {
        let relays = Relays::default();
        let before = relays.listen("room");
        let after = relays.listen("room");
        before.displaced().await;
        drop(before);
        assert_eq!(relays.offer("room", frame(1)), Offered::Placed);
        assert_eq!(after.next().await, frame(1));
    }
}
