//! Overload: clients that ignore the credit rule and together offer more than the machine can
//! infer. What is answered is compared with bare sessions on the same cores, before and after.

mod common;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use common::{Bare, Client, quantile, server_micros};
use serde_json::{Value, json};
use sightline::pipeline::PipelineConfig;
use sightline::protocol::DetectAnswer;
use sightline::{Args, Server};
use tokio::time::{MissedTickBehavior, interval};

const BARE_SECONDS: f64 = 8.0;
/// The start, with its empty slots and cold pools, is not counted.
const WARM_UP: Duration = Duration::from_secs(2);

#[derive(Parser)]
struct Options {
    /// Clients, none of which keeps the credit rule
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Frames a second of each client; default: together twice what bare sessions reach
    #[arg(long)]
    fps: Option<f64>,
    /// Seconds of load
    #[arg(long, default_value_t = 60.0)]
    duration: f64,
    /// The server's own flags, such as --workers and --threads
    #[command(flatten)]
    server: Args,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let state = tempfile::tempdir()?;
    let config = common::config(options.server, state.path())?;
    let pipeline = config.pipeline.clone();
    let frames: &'static [Vec<u8>] = common::frames()?.leak();

    eprintln!("bare sessions, {BARE_SECONDS} s …");
    let before = bare_rate(&pipeline, &frames[0])?;
    let fps = options.fps.unwrap_or(2.0 * before / options.clients as f64);
    eprintln!(
        "{} clients × {fps:.1} FPS, {} s …",
        options.clients, options.duration
    );
    let server = Server::bind(config).await?;
    let address = server.local_addr();
    let load = async {
        let outcome = offer_all(address, frames, options.clients, fps, options.duration).await;
        server.shutdown();
        outcome
    };
    let (served, load) = tokio::join!(server.serve(), load);
    served?;
    drop(server);
    eprintln!("bare sessions, {BARE_SECONDS} s …");
    let after = bare_rate(&pipeline, &frames[0])?;

    let report = load?.report(&pipeline, [before, after], fps, options.duration)?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

/// Runs a second of as many bare sessions as the server has workers.
fn bare_rate(config: &PipelineConfig, jpeg: &[u8]) -> Result<f64> {
    let mut sessions = (0..config.workers)
        .map(|_| Bare::open(config, jpeg))
        .collect::<Result<Vec<_>>>()?;
    let start = Instant::now();
    let run = |session: &mut Bare| -> Result<usize> {
        let mut runs = 0;
        while start.elapsed().as_secs_f64() < BARE_SECONDS {
            session.run()?;
            runs += 1;
        }
        Ok(runs)
    };
    let runs: Result<usize> = std::thread::scope(|scope| {
        let threads: Vec<_> = sessions
            .iter_mut()
            .map(|session| scope.spawn(|| run(session)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a run does not panic"))
            .sum()
    });
    Ok(runs? as f64 / start.elapsed().as_secs_f64())
}

async fn offer_all(
    server: SocketAddr,
    frames: &'static [Vec<u8>],
    clients: usize,
    fps: f64,
    seconds: f64,
) -> Result<Load> {
    let until = Instant::now() + WARM_UP + Duration::from_secs_f64(seconds);
    let mut tasks = Vec::new();
    for n in 0..clients {
        // Spread over one interval, so that the clients do not offer in step.
        let offset = Duration::from_secs_f64(n as f64 / clients as f64 / fps);
        tasks.push(tokio::spawn(offer(server, frames, fps, offset, until)));
    }
    tokio::time::sleep(WARM_UP).await;
    let mut memory = vec![resident_mib()?];
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs_f64(seconds / 4.0)).await;
        memory.push(resident_mib()?);
    }
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await??);
    }
    Ok(Load {
        clients: outcomes,
        memory,
    })
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
    fn count(&mut self, answer: &DetectAnswer) {
        match answer {
            DetectAnswer::Result(_) => {
                self.answered += 1;
                self.age_us.extend(server_micros(answer));
            }
            DetectAnswer::Dropped { .. } => self.dropped += 1,
            DetectAnswer::Error { .. } => self.errors += 1,
            DetectAnswer::Pong { .. } => {}
        }
    }
}

/// Offers frames at a steady pace, whatever is answered.
async fn offer(
    server: SocketAddr,
    frames: &'static [Vec<u8>],
    fps: f64,
    offset: Duration,
    until: Instant,
) -> Result<Outcome> {
    let mut client = Client::connect(server).await?;
    let counted_from = Instant::now() + WARM_UP;
    tokio::time::sleep(offset).await;
    let mut pace = interval(Duration::from_secs_f64(1.0 / fps));
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut outcome, mut frame_id) = (Outcome::default(), 0_u32);
    while Instant::now() < until {
        tokio::select! {
            _ = pace.tick() => {
                client.send(frame_id, &frames[frame_id as usize % frames.len()]).await?;
                frame_id += 1;
                outcome.offered += usize::from(Instant::now() >= counted_from);
            }
            answer = client.answer() => {
                let answer = answer?;
                if Instant::now() >= counted_from {
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

struct Load {
    clients: Vec<Outcome>,
    memory: Vec<f64>,
}

impl Load {
    fn report(
        &self,
        config: &PipelineConfig,
        bare: [f64; 2],
        fps: f64,
        seconds: f64,
    ) -> Result<Value> {
        let sum =
            |count: fn(&Outcome) -> usize| self.clients.iter().map(count).sum::<usize>() as f64;
        let clients = self.clients.len() as f64;
        let answered = sum(|client| client.answered);
        let mean = answered / clients;
        let shares: Vec<f64> = self
            .clients
            .iter()
            .map(|client| client.answered as f64 / mean)
            .collect();
        let bare_rate = bare.iter().sum::<f64>() / 2.0;
        let ages: Vec<f64> = self.clients.iter().flat_map(|c| c.age_us.clone()).collect();
        let age_p95 = quantile(&ages, 0.95).context("no frame was answered")?;
        let infer_us = config.workers as f64 * 1e6 / bare_rate;
        let age_goal = 1.5 * clients * infer_us / config.workers as f64;
        Ok(json!({
            "clients": clients, "fps_each": fps, "duration_s": seconds,
            "workers": config.workers, "threads": config.threads,
            "bare_runs_per_s": bare,
            "offered_per_s": sum(|client| client.offered) / seconds,
            "answered_per_s": answered / seconds,
            "dropped_per_s": sum(|client| client.dropped) / seconds,
            "errors": sum(|client| client.errors),
            "answered_to_bare": answered / seconds / bare_rate,
            "share_of_mean": { "min": quantile(&shares, 0.0), "max": quantile(&shares, 1.0) },
            "age_us": { "median": quantile(&ages, 0.5), "p95": age_p95 },
            "age_p95_to_clients_x_inference_by_workers": age_p95 * 1.5 / age_goal,
            "resident_mib": self.memory,
        }))
    }
}
