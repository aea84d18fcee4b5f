//! The phone's seat in the room: events come down one stream, signals go up one by one, in order.

use std::time::Duration;

use reqwest::Response;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::api::{Api, Failure};
use super::events::Events;
use super::signal::Signal;
use crate::protocol::{ALIVE_EVENT, RoomEvent};

/// Waiting times between tries: doubling, back to the first after a success.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Of news that nobody has read yet. A negotiation takes about twenty.
const QUEUE: usize = 64;
/// The server bounds a signal to 64 KiB.
const MAX_EVENT_BYTES: usize = 256 << 10;
const SIGNAL_TRIES: u32 = 4;
const SIGNAL_WAIT: Duration = Duration::from_millis(250);

pub struct Backoff {
    next: Duration,
}

impl Backoff {
    pub fn new() -> Self {
        Self { next: FIRST_WAIT }
    }

    pub async fn wait(&mut self) {
        let now = self.next;
        self.next = (now * 2).min(LONGEST_WAIT);
        tokio::time::sleep(now).await;
    }
}

#[derive(Debug)]
pub enum News {
    Event(RoomEvent),
    /// The stream broke; another try is on its way.
    Lost(String),
    /// The last of all news.
    Closed(Failure),
}

/// Dropping it leaves the seat.
pub struct Seat {
    news: mpsc::Receiver<News>,
    _listening: AbortOnDropHandle<()>,
}

impl Seat {
    pub fn take(api: Api, room: String, client: String, takeover: bool) -> Self {
        let (sender, news) = mpsc::channel(QUEUE);
        let listening = tokio::spawn(listen(api, room, client, takeover, sender));
        Self {
            news,
            _listening: AbortOnDropHandle::new(listening),
        }
    }

    /// `None` when the seat is lost for good.
    pub async fn next(&mut self) -> Option<News> {
        self.news.recv().await
    }
}

/// Returns when there is nobody to tell, or nothing more to hear.
async fn listen(
    api: Api,
    room: String,
    client: String,
    mut takeover: bool,
    news: mpsc::Sender<News>,
) {
    let mut backoff = Backoff::new();
    let mut last = String::new();
    loop {
        let why = match api.events(&room, &client, takeover, &last).await {
            Ok(stream) => {
                backoff = Backoff::new();
                // Once: whoever takes the seat from us later means it.
                takeover = false;
                match pass_on(stream, &news, &mut last).await {
                    Some(why) => why,
                    None => return,
                }
            }
            Err(Failure::Silent(why)) => why,
            Err(failure) => {
                let _ = news.send(News::Closed(failure)).await;
                return;
            }
        };
        if news.send(News::Lost(why)).await.is_err() {
            return;
        }
        backoff.wait().await;
    }
}

/// Why the stream ended; `None` when nobody listens any more. `last` is the id of the last event that came.
async fn pass_on(
    mut stream: Response,
    news: &mpsc::Sender<News>,
    last: &mut String,
) -> Option<String> {
    let mut events = Events::default();
    loop {
        let chunk = match stream.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Some("it closed the connection".to_owned()),
            Err(error) => return Some(error.without_url().to_string()),
        };
        events.add(&chunk);
        while let Some(event) = events.next() {
            if event.kind == ALIVE_EVENT {
                continue;
            }
            match serde_json::from_str(&event.data) {
                Ok(told) => news.send(News::Event(told)).await.ok()?,
                Err(error) => tracing::warn!("an unknown room event: {error}"),
            }
            *last = event.id;
        }
        if events.pending() > MAX_EVENT_BYTES {
            return Some("it sends an event without end".to_owned());
        }
    }
}

/// A signal, and the sitting it was said in.
struct Letter {
    sitting: String,
    number: u64,
    signal: Signal,
}

/// Sends signals behind each other's back, so that no candidate overtakes its offer.
pub struct Outbox {
    queue: mpsc::Sender<Letter>,
    sending: AbortOnDropHandle<()>,
    sitting: String,
    number: u64,
}

impl Outbox {
    pub fn open(api: Api, room: String) -> Self {
        let (queue, mut letters) = mpsc::channel(QUEUE);
        let sending = tokio::spawn(async move {
            while let Some(letter) = letters.recv().await {
                deliver(&api, &room, &letter).await;
            }
        });
        Self {
            queue,
            sending: AbortOnDropHandle::new(sending),
            sitting: String::new(),
            number: 0,
        }
    }

    /// As the welcome says.
    pub fn speak_for(&mut self, sitting: String) {
        self.sitting = sitting;
    }

    pub fn sitting(&self) -> &str {
        &self.sitting
    }

    pub fn post(&mut self, signal: Signal) {
        self.number += 1;
        let letter = Letter {
            sitting: self.sitting.clone(),
            number: self.number,
            signal,
        };
        if let Err(error) = self.queue.try_send(letter) {
            tracing::warn!("a signal was left out, the server takes none: {error}");
        }
    }

    /// Sends what waits, for so long.
    pub async fn close(self, patience: Duration) {
        drop(self.queue);
        let _ = tokio::time::timeout(patience, self.sending).await;
    }
}

async fn deliver(api: &Api, room: &str, letter: &Letter) {
    let Letter {
        sitting,
        number,
        signal,
    } = letter;
    for attempt in 0..SIGNAL_TRIES {
        match api.signal(room, sitting, *number, signal).await {
            Err(Failure::Silent(_)) => tokio::time::sleep(SIGNAL_WAIT * 2_u32.pow(attempt)).await,
            // A refusal (nobody on the other seat, room gone) stands: the events tell more.
            Ok(()) | Err(_) => return,
        }
    }
    tracing::warn!("a signal could not be delivered");
}
