//! What became of one client's frames: every frame offered has exactly one fate.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail};
use hdrhistogram::Histogram;
use serde_json::Value;
use sightline::protocol::FrameErrorCode;

use crate::common::Answer;

/// Of a value in a histogram; its size does not depend on how many values it holds.
const SIGNIFICANT_DIGITS: u8 = 3;

pub struct Outcome {
    /// Frames that were due in the counted time.
    pub offered: u64,
    /// With detections.
    pub answered: u64,
    /// A newer frame of the same client replaced them on the server.
    pub dropped_server: u64,
    /// Due while all credit was spent; never sent.
    pub dropped_client: u64,
    /// Error answers by their code.
    pub errors: BTreeMap<String, u64>,
    pub unanswered: u64,
    /// Answers with detections that came within the counted time, whenever their frames were sent.
    pub arrived: u64,
    /// Frame sent → detections received.
    pub latency_us: Histogram<u32>,
    /// Frame read by the server → detections ready.
    pub age_us: Histogram<u32>,
}

impl Outcome {
    pub fn new() -> Self {
        let histogram = || Histogram::new(SIGNIFICANT_DIGITS).expect("the digits are allowed");
        Self {
            offered: 0,
            answered: 0,
            dropped_server: 0,
            dropped_client: 0,
            errors: BTreeMap::new(),
            unanswered: 0,
            arrived: 0,
            latency_us: histogram(),
            age_us: histogram(),
        }
    }

    /// Counts the answer to a frame that was sent so long ago.
    pub fn take(&mut self, answer: &Answer, latency: Duration) -> Result<()> {
        match answer {
            Answer::Inferred(timing) => {
                self.answered += 1;
                self.latency_us
                    .record(u64::try_from(latency.as_micros())?)?;
                self.age_us.record(timing.total_us())?;
            }
            Answer::Dropped => self.dropped_server += 1,
            Answer::Failed(error) => {
                let count = self.errors.entry(word(error.code)?).or_default();
                if *count == 0 {
                    eprintln!("frame {}: {}", error.frame_id, error.message);
                }
                *count += 1;
            }
        }
        Ok(())
    }

    /// Adds what the same client, or another one, saw.
    pub fn add(&mut self, other: &Self) -> Result<()> {
        self.offered += other.offered;
        self.answered += other.answered;
        self.dropped_server += other.dropped_server;
        self.dropped_client += other.dropped_client;
        for (code, count) in &other.errors {
            *self.errors.entry(code.clone()).or_default() += count;
        }
        self.unanswered += other.unanswered;
        self.arrived += other.arrived;
        self.latency_us.add(&other.latency_us)?;
        self.age_us.add(&other.age_us)?;
        Ok(())
    }

    pub fn error_answers(&self) -> u64 {
        self.errors.values().sum()
    }

    pub fn check_sum(&self) -> Result<()> {
        let lost = self.dropped_server + self.dropped_client + self.unanswered;
        let fates = self.answered + lost + self.error_answers();
        if fates != self.offered {
            bail!(
                "{} frames were offered, but {fates} have a fate",
                self.offered
            );
        }
        Ok(())
    }
}

/// The code as it stands in the answer.
fn word(code: FrameErrorCode) -> Result<String> {
    match serde_json::to_value(code)? {
        Value::String(word) => Ok(word),
        other => bail!("{other} is no code"),
    }
}
