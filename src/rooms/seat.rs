//! One side of a room: what it was told, numbered, and the stream that tells it.
//!
//! A stream that breaks takes with it whatever was on its way. So the last events are kept, read or
//! not, and a page that comes back names the last one that reached it.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::keys::{is_same, random_name};
use crate::protocol::{Role, RoomEvent};

/// What a seat keeps for its page. A negotiation has about 20 KiB.
const MAX_KEPT_BYTES: usize = 512 << 10;

/// An event as it goes down a stream.
#[derive(Debug, Clone)]
pub struct Told {
    pub number: u64,
    /// JSON.
    pub text: Arc<str>,
}

impl Told {
    pub fn new(number: u64, event: &RoomEvent) -> Self {
        let text = serde_json::to_string(event).expect("room events are plain JSON");
        let text = text.into();
        Self { number, text }
    }
}

/// The other side reads too slowly for another event.
#[derive(Debug)]
pub struct Slow;

pub struct Seat {
    role: Role,
    /// Names this sitting: told to the one who sits here and to nobody else, so it also proves who speaks.
    pub sitting: String,
    client: String,
    /// Which of that name's documents sits here: duplicated tabs share the name.
    pub page: String,
    /// The newest stream that led here.
    stream: u64,
    /// Leads to it, unless it ended or was too slow.
    events: Option<mpsc::Sender<Told>>,
    /// Since when no stream leads here.
    pub away_since: Option<Instant>,
    /// The last events, in order and without a gap.
    kept: VecDeque<Told>,
    kept_bytes: usize,
    max_kept: usize,
    /// The number of the next event.
    next: u64,
    /// The newest signal that was taken from here: one that comes again is not passed on again.
    pub last_posted: u64,
}

impl Seat {
    pub fn new(role: Role, client: &str, page: &str, max_kept: usize) -> Self {
        Self {
            role,
            sitting: random_name(),
            client: client.to_owned(),
            page: page.to_owned(),
            stream: 0,
            events: None,
            away_since: None,
            kept: VecDeque::new(),
            kept_bytes: 0,
            max_kept,
            next: 1,
            last_posted: 0,
        }
    }

    /// One without a name is nobody's.
    pub fn is_of(&self, client: &str) -> bool {
        self.is_named() && is_same(&self.client, client).into()
    }

    /// Only a page with a name can come back.
    pub fn is_named(&self) -> bool {
        !self.client.is_empty()
    }

    pub fn is_read_by(&self, stream: u64) -> bool {
        self.stream == stream && self.away_since.is_none()
    }

    /// The number in an event's id, if all that came after it is still here.
    pub fn reached(&self, last_event_id: &str) -> Option<u64> {
        let (sitting, number) = last_event_id.rsplit_once('-')?;
        let number: u64 = number.parse().ok()?;
        let oldest = self.next - self.kept.len() as u64;
        let is_ours = bool::from(is_same(&self.sitting, sitting));
        (is_ours && (oldest - 1..self.next).contains(&number)).then_some(number)
    }

    /// A new stream that goes on after the event `after`, 0 being the beginning. The one before it ends.
    pub fn read(
        &mut self,
        stream: u64,
        after: Option<u64>,
        peer_present: bool,
    ) -> mpsc::Receiver<Told> {
        let welcome = RoomEvent::Welcome {
            role: self.role,
            peer_present,
            sitting: self.sitting.clone(),
            resumed: after.is_some(),
        };
        let after = after.unwrap_or(0);
        // The welcome, all that is kept, and a last word.
        let (events, receiver) = mpsc::channel(self.max_kept + 2);
        let missed = self.kept.iter().filter(|told| told.number > after).cloned();
        for told in std::iter::once(Told::new(after, &welcome)).chain(missed) {
            let _ = events.try_send(told);
        }
        self.stream = stream;
        self.events = Some(events);
        self.away_since = None;
        receiver
    }

    /// The stream has ended; its page may come back.
    pub fn lose_stream(&mut self) {
        self.events = None;
        self.away_since = Some(Instant::now());
    }

    /// Nothing that waits to be read makes way for it.
    pub fn tell(&mut self, event: &RoomEvent) -> Result<(), Slow> {
        let told = Told::new(self.next, event);
        self.make_way(told.text.len())?;
        self.keep(told);
        Ok(())
    }

    /// A stream that is too slow for it ends: its page comes back, or learns that it has missed something.
    pub fn tell_surely(&mut self, event: &RoomEvent) {
        if self.tell(event).is_err() {
            self.events = None;
            self.tell(event).expect("nobody reads what is kept");
        }
    }

    /// The last word to a stream whose seat is taken by another.
    pub fn say_replaced(&self) {
        if let Some(events) = &self.events {
            let _ = events.try_send(Told::new(self.next, &RoomEvent::Replaced {}));
        }
    }

    fn make_way(&mut self, bytes: usize) -> Result<(), Slow> {
        let unread = self.events.as_ref();
        let unread = unread.map_or(0, |events| events.max_capacity() - events.capacity());
        while self.kept.len() >= self.max_kept || self.kept_bytes + bytes > MAX_KEPT_BYTES {
            if self.kept.len() <= unread {
                return Err(Slow);
            }
            let Some(oldest) = self.kept.pop_front() else {
                break;
            };
            self.kept_bytes -= oldest.text.len();
        }
        Ok(())
    }

    fn keep(&mut self, told: Told) {
        self.next += 1;
        self.kept_bytes += told.text.len();
        if let Some(events) = &self.events {
            // Full it is not, as there was room; closed, its end is about to be noticed.
            let _ = events.try_send(told.clone());
        }
        self.kept.push_back(told);
    }
}
