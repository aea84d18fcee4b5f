//! One client: offers frames at a steady pace and waits for what becomes of them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout_at};

use crate::common::{Answer, Client};
use crate::options::Options;
use crate::outcome::Outcome;

/// The start of a round, with its empty slots, is not counted.
const WARM_UP: Duration = Duration::from_secs(1);
/// How long after its last counted frame a client waits for the answers still due.
const PATIENCE: Duration = Duration::from_secs(5);

pub type Frames = Arc<[Vec<u8>]>;

/// What every client of a round does.
#[derive(Debug, Clone)]
pub struct Plan {
    pub clients: usize,
    /// Frames a second of each client.
    pub fps: f64,
    /// Frames in flight that a client keeps to, if it keeps the credit rule.
    pub credit: Option<usize>,
    pub warm_up: Duration,
    pub counted: Duration,
    pub patience: Duration,
}

impl Plan {
    pub fn of(options: &Options, bare_per_s: Option<f64>) -> Self {
        Self {
            clients: options.clients,
            fps: options.client_fps(bare_per_s),
            credit: options.credit,
            warm_up: WARM_UP,
            counted: options.round(),
            patience: PATIENCE,
        }
    }
}

pub struct LoadClient {
    pub client: Client,
    pub frames: Frames,
    pub credit: Option<usize>,
    /// Frames that are due in this time are counted.
    pub counted: Range<Instant>,
    pub patience: Duration,
    /// Of all clients, for the progress.
    pub arrived: Arc<AtomicU64>,
}

impl LoadClient {
    /// Offers a frame at every tick, whatever is answered, until every counted frame has its fate.
    /// Offers that are not counted go on till then: the last frames meet the same load as the others.
    pub async fn run(self, first: Instant, period: Duration) -> Result<Outcome> {
        let mut pace = interval_at(first, period);
        pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut conversation = Conversation {
            given_up: self.counted.end + self.patience,
            load: self,
            in_flight: HashMap::new(),
            next_id: 0,
            outcome: Outcome::new(),
        };
        conversation.run(pace).await?;
        conversation.end()
    }
}

struct Conversation {
    load: LoadClient,
    given_up: Instant,
    /// When each frame was sent that has no answer yet.
    in_flight: HashMap<u32, Instant>,
    next_id: u32,
    outcome: Outcome,
}

impl Conversation {
    async fn run(&mut self, mut pace: Interval) -> Result<()> {
        while let Some(waking) = self.next_waking(Instant::now()) {
            tokio::select! {
                _ = pace.tick() => self.offer().await?,
                answer = self.load.client.answer() => {
                    let (frame_id, answer) = answer?;
                    self.take(frame_id, &answer)?;
                }
                () = sleep_until(waking) => {}
            }
        }
        Ok(())
    }

    /// When to look again whether all is over; `None` when it is.
    fn next_waking(&self, now: Instant) -> Option<Instant> {
        let end = self.load.counted.end;
        if now < end {
            return Some(end);
        }
        (now < self.given_up && self.counted_in_flight() > 0).then_some(self.given_up)
    }

    fn counted_in_flight(&self) -> usize {
        let counted = |sent: &&Instant| self.load.counted.contains(sent);
        self.in_flight.values().filter(counted).count()
    }

    async fn offer(&mut self) -> Result<()> {
        let now = Instant::now();
        let is_counted = self.load.counted.contains(&now);
        self.outcome.offered += u64::from(is_counted);
        if self
            .load
            .credit
            .is_some_and(|credit| self.in_flight.len() >= credit)
        {
            self.outcome.dropped_client += u64::from(is_counted);
            return Ok(());
        }
        let frame_id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1);
        self.in_flight.insert(frame_id, now);
        let frame = &self.load.frames[frame_id as usize % self.load.frames.len()];
        // A server that reads no more leaves the frame unanswered.
        match timeout_at(self.given_up, self.load.client.send(frame_id, frame)).await {
            Ok(sent) => sent,
            Err(_) => Ok(()),
        }
    }

    fn take(&mut self, frame_id: u32, answer: &Answer) -> Result<()> {
        let now = Instant::now();
        let sent = self.in_flight.remove(&frame_id).with_context(|| {
            format!(
                "frame {frame_id} was answered twice, or without being sent: a fault of the server"
            )
        })?;
        if matches!(answer, Answer::Inferred(_)) && self.load.counted.contains(&now) {
            self.outcome.arrived += 1;
            self.load.arrived.fetch_add(1, Ordering::Relaxed);
        }
        if self.load.counted.contains(&sent) {
            self.outcome.take(answer, now - sent)?;
        }
        Ok(())
    }

    fn end(mut self) -> Result<Outcome> {
        self.outcome.unanswered = self.counted_in_flight() as u64;
        self.outcome.check_sum()?;
        Ok(self.outcome)
    }
}
