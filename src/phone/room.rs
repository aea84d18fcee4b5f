//! The phone's seat in the room: events come down one stream, signals go up one by one, in order.

use std::time::Duration;

use reqwest::Response;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::api::{Api, Failure};
use super::signal::Signal;
use crate::protocol::RoomEvent;

/// Waiting times between tries: doubling, back to the first after a success.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(8);
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
    loop {
        let why = match api.events(&room, &client, takeover).await {
            Ok(stream) => {
                backoff = Backoff::new();
                // Once: whoever takes the seat from us later means it.
                takeover = false;
                match pass_on(stream, &news).await {
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

/// Why the stream ended; `None` when nobody listens any more.
async fn pass_on(mut stream: Response, news: &mpsc::Sender<News>) -> Option<String> {
    let mut lines = Lines::default();
    loop {
        let chunk = match stream.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Some("it closed the connection".to_owned()),
            Err(error) => return Some(error.without_url().to_string()),
        };
        lines.add(&chunk);
        while let Some(line) = lines.next() {
            let Some(data) = line.strip_prefix("data:") else {
                continue; // a comment that keeps the stream open, or the end of an event
            };
            match serde_json::from_str(data) {
                Ok(event) => news.send(News::Event(event)).await.ok()?,
                Err(error) => tracing::warn!("an unknown room event: {error}"),
            }
        }
        if lines.pending() > MAX_EVENT_BYTES {
            return Some("it sends an event without end".to_owned());
        }
    }
}

/// Whole lines out of a stream's pieces. Our events have one `data:` line each.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
}

impl Lines {
    fn add(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
    }

    fn next(&mut self) -> Option<String> {
        let end = self.bytes.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.bytes.drain(..=end).collect();
        Some(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    fn pending(&self) -> usize {
        self.bytes.len()
    }
}

/// Sends signals behind each other's back, so that no candidate overtakes its offer.
pub struct Outbox {
    queue: mpsc::Sender<Signal>,
    sending: AbortOnDropHandle<()>,
}

impl Outbox {
    pub fn open(api: Api, room: String) -> Self {
        let (queue, mut signals) = mpsc::channel(QUEUE);
        let sending = tokio::spawn(async move {
            while let Some(signal) = signals.recv().await {
                deliver(&api, &room, &signal).await;
            }
        });
        Self {
            queue,
            sending: AbortOnDropHandle::new(sending),
        }
    }

    pub fn post(&self, signal: Signal) {
        if let Err(error) = self.queue.try_send(signal) {
            tracing::warn!("a signal was left out, the server takes none: {error}");
        }
    }

    /// Sends what waits, for so long.
    pub async fn close(self, patience: Duration) {
        drop(self.queue);
        let _ = tokio::time::timeout(patience, self.sending).await;
    }
}

async fn deliver(api: &Api, room: &str, signal: &Signal) {
    for attempt in 0..SIGNAL_TRIES {
        match api.signal(room, signal).await {
            Err(Failure::Silent(_)) => tokio::time::sleep(SIGNAL_WAIT * 2_u32.pow(attempt)).await,
            // A refusal (nobody on the other seat, room gone) stands: the events tell more.
            Ok(()) | Err(_) => return,
        }
    }
    tracing::warn!("a signal could not be delivered");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_however_they_were_cut() {
        let text = "data:{\"taken\":{}}\n\n:\n\ndata: é\r\nrest";
        for size in 1..text.len() {
            let mut lines = Lines::default();
            let mut whole = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                lines.add(piece);
                whole.extend(std::iter::from_fn(|| lines.next()));
            }
            assert_eq!(whole, ["data:{\"taken\":{}}", "", ":", "", "data: é"]);
            assert_eq!(lines.pending(), "rest".len());
        }
    }
}
