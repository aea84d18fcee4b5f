//! One round: all clients at once.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::client::{Frames, LoadClient, Plan};
use crate::common::Client;
use crate::outcome::Outcome;

/// Longer than the rounds beside bare sessions, which tell of themselves.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the clients of one round saw.
pub struct Round {
    pub fps: f64,
    pub seconds: f64,
    pub clients: Vec<Outcome>,
}

impl Round {
    pub fn offered_per_s(&self) -> f64 {
        self.per_second(|client| client.offered)
    }

    /// What came in the counted time: frames answered after it do not embellish the rate.
    pub fn answered_per_s(&self) -> f64 {
        self.per_second(|client| client.arrived)
    }

    fn per_second(&self, count: fn(&Outcome) -> u64) -> f64 {
        self.clients.iter().map(count).sum::<u64>() as f64 / self.seconds
    }
}

pub async fn offer_all(server: &str, frames: &Frames, plan: &Plan) -> Result<Round> {
    let mut connections = Vec::new();
    for _ in 0..plan.clients {
        connections.push(connect(server).await?);
    }
    let start = Instant::now();
    let counted_from = start + plan.warm_up;
    let period = Duration::from_secs_f64(1.0 / plan.fps);
    let arrived = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for (n, client) in connections.into_iter().enumerate() {
        let load = LoadClient {
            client,
            frames: Arc::clone(frames),
            credit: plan.credit,
            counted: counted_from..counted_from + plan.counted,
            patience: plan.patience,
            arrived: Arc::clone(&arrived),
        };
        // Spread over one interval, so that the clients do not offer in step.
        let first = start + period.mul_f64(n as f64 / plan.clients as f64);
        tasks.spawn(async move { (n, load.run(first, period).await) });
    }
    let clients = tokio::select! {
        clients = gather(tasks) => clients?,
        never = tell_progress(counted_from, plan.counted, &arrived) => match never {},
    };
    Ok(Round {
        fps: plan.fps,
        seconds: plan.counted.as_secs_f64(),
        clients,
    })
}

async fn connect(server: &str) -> Result<Client> {
    let refused = || {
        format!(
            "no detection socket at ws://{server}: is Sightline running there? \
             (Elsewhere than on this machine it speaks TLS only)"
        )
    };
    timeout(CONNECT_TIMEOUT, Client::connect(server))
        .await
        .context("no answer for 10 s: has the server reached its --max-connections?")
        .flatten()
        .with_context(refused)
}

/// All outcomes in the clients' order, or the first failure at once.
async fn gather(mut tasks: JoinSet<(usize, Result<Outcome>)>) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        let (n, outcome) = ended?;
        outcomes.push((n, outcome.with_context(|| format!("client {}", n + 1))?));
    }
    outcomes.sort_by_key(|(n, _)| *n);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

async fn tell_progress(from: Instant, counted: Duration, arrived: &AtomicU64) -> Infallible {
    let mut at = Duration::ZERO;
    loop {
        at += PROGRESS_EVERY;
        sleep_until(from + at).await;
        let rate = arrived.load(Ordering::Relaxed) as f64 / at.min(counted).as_secs_f64();
        let (at, counted) = (at.as_secs(), counted.as_secs_f64());
        eprintln!("{at} s of {counted:.0} s: {rate:.0} answered/s");
    }
}
