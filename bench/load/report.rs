//! The figures, as they are written.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use serde::Serialize;

use crate::bare::BareSessions;
use crate::common::quantile;
use crate::options::Options;
use crate::outcome::Outcome;
use crate::round::Round;

/// All rounds so far. Its size does not depend on how many frames they had.
pub struct Measured {
    /// Workers and threads of the server that was started.
    own_server: Option<(usize, usize)>,
    clients: Vec<Outcome>,
    rounds: Vec<RoundFigures>,
}

struct RoundFigures {
    fps: f64,
    seconds: f64,
    offered_per_s: f64,
    answered_per_s: f64,
    bare_per_s: Option<f64>,
    resident_mib: Option<f64>,
}

/// A value that was not measured is null.
#[derive(Serialize)]
pub struct Report {
    /// The server at --url; null for one that was started.
    server: Option<String>,
    workers: Option<usize>,
    threads: Option<usize>,
    clients: usize,
    fps_per_client: f64,
    /// Frames in flight that each client kept to; null without the credit rule.
    credit: Option<usize>,
    rounds: usize,
    counted_s: f64,
    /// These rates are medians over the rounds.
    offered_per_s: f64,
    answered_per_s: f64,
    bare_runs_per_s: Option<f64>,
    answered_to_bare: Option<f64>,
    frames: FrameFates,
    /// Frame sent → detections received, by the client's clock.
    latency_ms: Percentiles,
    /// Frame read by the server → detections ready.
    age_ms: Percentiles,
    age_p95_in_turns_of_all_clients: Option<f64>,
    fairness: Option<Fairness>,
    /// Of this process after each round: server and clients together.
    resident_mib: Option<Vec<f64>>,
    per_client: Vec<ClientRow>,
}

/// offered = answered + dropped_server + dropped_client + errors + unanswered.
#[derive(Serialize)]
struct FrameFates {
    offered: u64,
    answered: u64,
    dropped_server: u64,
    dropped_client: u64,
    errors: BTreeMap<String, u64>,
    unanswered: u64,
    adds_up: bool,
}

#[derive(Serialize)]
struct Percentiles {
    p50: Option<f64>,
    p90: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    max: Option<f64>,
}

/// How evenly the answers were spread. Jain's index is 1 for equal shares, 1/n when one client has all.
#[derive(Debug, PartialEq, Serialize)]
pub struct Fairness {
    pub least_of_mean: f64,
    pub most_of_mean: f64,
    pub jain_index: f64,
}

#[derive(Serialize)]
struct ClientRow {
    client: usize,
    frames: FrameFates,
    latency_ms: Percentiles,
    age_ms: Percentiles,
}

impl Measured {
    pub fn new(options: &Options, bare: Option<&BareSessions>) -> Self {
        Self {
            own_server: bare.map(|bare| (bare.workers, bare.threads)),
            clients: (0..options.clients).map(|_| Outcome::new()).collect(),
            rounds: Vec::new(),
        }
    }

    pub fn add(&mut self, round: Round, bare_per_s: Option<f64>) -> Result<()> {
        for (total, outcome) in self.clients.iter_mut().zip(&round.clients) {
            total.add(outcome)?;
        }
        self.rounds.push(RoundFigures {
            fps: round.fps,
            seconds: round.seconds,
            offered_per_s: round.offered_per_s(),
            answered_per_s: round.answered_per_s(),
            bare_per_s,
            resident_mib: self.own_server.and_then(|_| resident_mib()),
        });
        Ok(())
    }

    pub fn total(&self) -> Result<Outcome> {
        let mut total = Outcome::new();
        for client in &self.clients {
            total.add(client)?;
        }
        Ok(total)
    }

    pub fn report(&self, options: &Options) -> Result<Report> {
        let total = self.total()?;
        let median = |value: fn(&RoundFigures) -> f64| {
            self.median(|round| Some(value(round)))
                .context("no round was measured")
        };
        let bare_runs_per_s = self.median(|round| round.bare_per_s);
        let age_ms = Percentiles::of(&total.age_us);
        // A turn: every client's frame inferred once.
        let turns = |bare: f64| Some(age_ms.p95? / (self.clients.len() as f64 * 1000.0 / bare));
        Ok(Report {
            server: options
                .url
                .as_ref()
                .map(|url| format!("ws://{}", url.address())),
            workers: self.own_server.map(|(workers, _)| workers),
            threads: self.own_server.map(|(_, threads)| threads),
            clients: self.clients.len(),
            fps_per_client: median(|round| round.fps)?,
            credit: options.credit,
            rounds: self.rounds.len(),
            counted_s: self.rounds.iter().map(|round| round.seconds).sum(),
            offered_per_s: median(|round| round.offered_per_s)?,
            answered_per_s: median(|round| round.answered_per_s)?,
            bare_runs_per_s,
            answered_to_bare: self.median(|round| Some(round.answered_per_s / round.bare_per_s?)),
            frames: FrameFates::of(&total)?,
            latency_ms: Percentiles::of(&total.latency_us),
            age_p95_in_turns_of_all_clients: bare_runs_per_s.and_then(turns),
            age_ms,
            fairness: fairness(&self.answered()),
            resident_mib: self.rounds.iter().map(|round| round.resident_mib).collect(),
            per_client: self.rows()?,
        })
    }

    /// Over the rounds that have the value.
    fn median(&self, value: impl Fn(&RoundFigures) -> Option<f64>) -> Option<f64> {
        quantile(
            &self.rounds.iter().filter_map(value).collect::<Vec<_>>(),
            0.5,
        )
    }

    fn answered(&self) -> Vec<u64> {
        self.clients.iter().map(|client| client.answered).collect()
    }

    fn rows(&self) -> Result<Vec<ClientRow>> {
        let row = |(n, client): (usize, &Outcome)| {
            Ok(ClientRow {
                client: n + 1,
                frames: FrameFates::of(client)?,
                latency_ms: Percentiles::of(&client.latency_us),
                age_ms: Percentiles::of(&client.age_us),
            })
        };
        self.clients.iter().enumerate().map(row).collect()
    }
}

impl FrameFates {
    /// Fails where the frames do not add up.
    fn of(outcome: &Outcome) -> Result<Self> {
        outcome.check_sum()?;
        Ok(Self {
            offered: outcome.offered,
            answered: outcome.answered,
            dropped_server: outcome.dropped_server,
            dropped_client: outcome.dropped_client,
            errors: outcome.errors.clone(),
            unanswered: outcome.unanswered,
            adds_up: true,
        })
    }
}

impl Percentiles {
    fn of(histogram_us: &Histogram<u32>) -> Self {
        let is_empty = histogram_us.is_empty();
        let ms = |us: u64| (!is_empty).then_some(us as f64 / 1000.0);
        let at = |quantile: f64| ms(histogram_us.value_at_quantile(quantile));
        Self {
            p50: at(0.5),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            max: ms(histogram_us.max()),
        }
    }
}

/// Of what each client was answered; `None` when none was.
pub fn fairness(answered: &[u64]) -> Option<Fairness> {
    let sum: f64 = answered.iter().map(|&count| count as f64).sum();
    let squares: f64 = answered.iter().map(|&count| (count as f64).powi(2)).sum();
    let clients = answered.len() as f64;
    let of_mean = |count: &u64| *count as f64 * clients / sum;
    (sum > 0.0).then_some(Fairness {
        least_of_mean: of_mean(answered.iter().min()?),
        most_of_mean: of_mean(answered.iter().max()?),
        jain_index: sum * sum / (clients * squares),
    })
}

/// Resident memory of this process, where the system tells it in /proc.
fn resident_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
