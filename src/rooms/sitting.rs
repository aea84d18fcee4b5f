//! A seat's stream, as the one who reads it has it.

use tokio::sync::mpsc;

use super::Rooms;
use super::seat::Told;
use crate::protocol::{Role, RoomEvent};

/// A place at the events of a room. Dropping it leaves the seat, or leaves it for a while.
pub struct Sitting {
    stream: mpsc::Receiver<Told>,
    leave: Option<Leave>,
}

/// What goes down the stream: JSON, and what to name when coming back.
#[derive(Debug)]
pub struct Sent {
    /// Whoever was not let in has nothing to come back to.
    pub id: Option<String>,
    pub text: std::sync::Arc<str>,
}

impl Sitting {
    pub fn new(stream: mpsc::Receiver<Told>, leave: Leave) -> Self {
        let leave = Some(leave);
        Self { stream, leave }
    }

    /// One that is told a single thing.
    pub fn refused(event: &RoomEvent) -> Self {
        let (events, stream) = mpsc::channel(1);
        let _ = events.try_send(Told::new(0, event));
        let leave = None;
        Self { stream, leave }
    }

    /// The next event; `None` when the seat is lost.
    pub async fn next(&mut self) -> Option<Sent> {
        let Told { number, text } = self.stream.recv().await?;
        let name = self.leave.as_ref().map(|leave| &leave.sitting);
        let id = name.map(|sitting| format!("{sitting}-{number}"));
        Some(Sent { id, text })
    }
}

pub struct Leave {
    pub rooms: Rooms,
    pub room: String,
    pub role: Role,
    pub sitting: String,
    pub stream: u64,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.rooms.stream_ended(&self.room, self.role, self.stream);
    }
}
