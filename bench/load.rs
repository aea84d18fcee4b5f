//! Overload: clients that ignore the credit rule and together offer more than the machine can
//! infer.
//!
//! Rounds of load alternate with rounds of bare sessions on the same cores, and each round is
//! compared with the bare ones before and after it: what the machine does besides falls on both.

mod common;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use common::{Answer, Bare, Client, quantile};
use serde_json::{Value, json};
use sightline::pipeline::PipelineConfig;
use sightline::{Args, Server};
use tokio::time::{MissedTickBehavior, interval};

const BARE_ROUND: Duration = Duration::from_secs(3);
/// The start of a round, with its empty slots, is not counted.
const WARM_UP: Duration = Duration::from_secs(1);

#[derive(Parser)]
struct Options {
    /// Clients, none of which keeps the credit rule
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Frames a second of each client; default: together twice what bare sessions reach
    #[arg(long)]
    fps: Option<f64>,
    /// Seconds of load, all rounds together
    #[arg(long, default_value_t = 60.0)]
    duration: f64,
    /// Rounds of load
    #[arg(long, default_value_t = 12)]
    rounds: usize,
    /// The server's own flags, such as --workers and --threads
    #[command(flatten)]
    server: Args,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let state = tempfile::tempdir()?;
    let config = common::config(options.server.clone(), state.path())?;
    let pipeline = config.pipeline.clone();
    let frames: &'static [Vec<u8>] = common::frames()?.leak();
    let mut bare = BareSessions::open(&pipeline, &frames[0])?;
    let server = Server::bind(config).await?;
    let measuring = measure(server.local_addr(), frames, &mut bare, &options);
    let rounds = common::while_serving(&server, measuring).await?;
    println!(
        "{}",
        serde_json::to_string_pretty(&report(&rounds, &pipeline)?)?
    );
    Ok(())
}

/// One round of load and the bare rate around it.
struct Round {
    load: Load,
    bare_per_s: f64,
}

async fn measure(
    server: SocketAddr,
    frames: &'static [Vec<u8>],
    bare: &mut BareSessions,
    options: &Options,
) -> Result<Vec<Round>> {
    let seconds = options.duration / options.rounds as f64;
    let mut before = bare.rate()?;
    let mut rounds = Vec::new();
    for round in 1..=options.rounds {
        let fps = options.fps.unwrap_or(2.0 * before / options.clients as f64);
        let load = offer_all(server, frames, options.clients, fps, seconds).await?;
        let after = bare.rate()?;
        let bare_per_s = (before + after) / 2.0;
        let answered = load.answered() as f64 / seconds;
        eprintln!("round {round}: {answered:.0} answered/s, {bare_per_s:.0} bare runs/s");
        rounds.push(Round { load, bare_per_s });
        before = after;
    }
    Ok(rounds)
}

/// As many bare sessions as the server has workers.
struct BareSessions(Vec<Bare>);

impl BareSessions {
    fn open(config: &PipelineConfig, jpeg: &[u8]) -> Result<Self> {
        let sessions = (0..config.workers).map(|_| Bare::open(config, jpeg));
        Ok(Self(sessions.collect::<Result<_>>()?))
    }

    /// Runs a second of all sessions together, each on its own thread.
    fn rate(&mut self) -> Result<f64> {
        let start = Instant::now();
        let run = |session: &mut Bare| -> Result<usize> {
            let mut runs = 0;
            while start.elapsed() < BARE_ROUND {
                session.run()?;
                runs += 1;
            }
            Ok(runs)
        };
        let runs: Result<usize> = tokio::task::block_in_place(|| {
            std::thread::scope(|scope| {
                let threads: Vec<_> = self
                    .0
                    .iter_mut()
                    .map(|session| scope.spawn(|| run(session)))
                    .collect();
                threads
                    .into_iter()
                    .map(|thread| thread.join().expect("a run does not panic"))
                    .sum()
            })
        });
        Ok(runs? as f64 / start.elapsed().as_secs_f64())
    }
}

/// What the clients of one round saw.
struct Load {
    seconds: f64,
    clients: Vec<Outcome>,
    resident_mib: f64,
}

impl Load {
    fn answered(&self) -> usize {
        self.clients.iter().map(|client| client.answered).sum()
    }
}

#[derive(Default)]
struct Outcome {
    offered: usize,
    answered: usize,
    dropped: usize,
    errors: usize,
    age_us: Vec<f64>,
}

impl Outcome {
    fn count(&mut self, answer: &Answer) {
        match answer {
            Answer::Inferred(timing) => {
                self.answered += 1;
                self.age_us.push(timing.total_us() as f64);
            }
            Answer::Dropped => self.dropped += 1,
            Answer::Failed(error) => {
                eprintln!("frame {}: {}", error.frame_id, error.message);
                self.errors += 1;
            }
        }
    }
}

async fn offer_all(
    server: SocketAddr,
    frames: &'static [Vec<u8>],
    clients: usize,
    fps: f64,
    seconds: f64,
) -> Result<Load> {
    let counted_from = Instant::now() + WARM_UP;
    let until = counted_from + Duration::from_secs_f64(seconds);
    let offer = |n: usize| {
        // Spread over one interval, so that the clients do not offer in step.
        let offset = Duration::from_secs_f64(n as f64 / clients as f64 / fps);
        tokio::spawn(offer(server, frames, fps, offset, counted_from..until))
    };
    let tasks: Vec<_> = (0..clients).map(offer).collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await??);
    }
    Ok(Load {
        seconds,
        clients: outcomes,
        resident_mib: resident_mib()?,
    })
}

/// Offers frames at a steady pace, whatever is answered.
async fn offer(
    server: SocketAddr,
    frames: &'static [Vec<u8>],
    fps: f64,
    offset: Duration,
    counted: std::ops::Range<Instant>,
) -> Result<Outcome> {
    let mut client = Client::connect(server).await?;
    tokio::time::sleep(offset).await;
    let mut pace = interval(Duration::from_secs_f64(1.0 / fps));
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut outcome, mut frame_id) = (Outcome::default(), 0_u32);
    while Instant::now() < counted.end {
        tokio::select! {
            _ = pace.tick() => {
                client.send(frame_id, &frames[frame_id as usize % frames.len()]).await?;
                frame_id += 1;
                outcome.offered += usize::from(counted.contains(&Instant::now()));
            }
            answer = client.answer() => {
                let answer = answer?;
                if counted.contains(&Instant::now()) {
                    outcome.count(&answer);
                }
            }
        }
    }
    Ok(outcome)
}

/// Resident memory of this process: server and clients together.
fn resident_mib() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("no /proc on this system")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .context("no VmRSS")?;
    let kib: f64 = line
        .split_whitespace()
        .nth(1)
        .context("no VmRSS")?
        .parse()?;
    Ok(kib / 1024.0)
}

/// Medians over the rounds.
fn report(rounds: &[Round], config: &PipelineConfig) -> Result<Value> {
    let median = |value: fn(&Round) -> f64| {
        quantile(&rounds.iter().map(value).collect::<Vec<_>>(), 0.5)
            .context("no round was measured")
    };
    let clients = rounds.iter().flat_map(|round| &round.load.clients);
    let ages: Vec<f64> = clients
        .clone()
        .flat_map(|client| client.age_us.clone())
        .collect();
    let age_p95 = quantile(&ages, 0.95).context("no frame was answered")?;
    let shares = shares(rounds);
    let bare_per_s = median(|round| round.bare_per_s)?;
    let infer_us = config.workers as f64 * 1e6 / bare_per_s;
    let turn_us = shares.len() as f64 * infer_us / config.workers as f64;
    Ok(json!({
        "clients": shares.len(), "workers": config.workers, "threads": config.threads,
        "bare_runs_per_s": bare_per_s,
        "offered_per_s": median(|round| per_second(round, |client| client.offered))?,
        "answered_per_s": median(|round| per_second(round, |client| client.answered))?,
        "dropped_per_s": median(|round| per_second(round, |client| client.dropped))?,
        "errors": clients.map(|client| client.errors).sum::<usize>(),
        "answered_to_bare": median(|round| {
            per_second(round, |client| client.answered) / round.bare_per_s
        })?,
        "share_of_mean": { "min": quantile(&shares, 0.0), "max": quantile(&shares, 1.0) },
        "age_us": { "median": quantile(&ages, 0.5), "p95": age_p95 },
        "age_p95_in_turns_of_all_clients": age_p95 / turn_us,
        "resident_mib": rounds.iter().map(|round| round.load.resident_mib).collect::<Vec<_>>(),
    }))
}

fn per_second(round: &Round, count: fn(&Outcome) -> usize) -> f64 {
    round.load.clients.iter().map(count).sum::<usize>() as f64 / round.load.seconds
}

/// What each client got over all rounds, relative to the mean.
fn shares(rounds: &[Round]) -> Vec<f64> {
    let clients = rounds.first().map_or(0, |round| round.load.clients.len());
    let of_client = |n: usize| {
        rounds
            .iter()
            .map(|round| round.load.clients[n].answered)
            .sum::<usize>()
    };
    let all = rounds
        .iter()
        .map(|round| round.load.answered())
        .sum::<usize>();
    let mean = all as f64 / clients as f64;
    (0..clients).map(|n| of_client(n) as f64 / mean).collect()
}
