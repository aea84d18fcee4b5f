//! What the cores could infer, were inference all they did.

use std::time::{Duration, Instant};

use anyhow::Result;
use sightline::pipeline::PipelineConfig;

use crate::common::Bare;

/// Of a round; shorter where the rounds of load are.
const LONGEST: Duration = Duration::from_secs(3);

/// As many bare sessions as the server has workers.
pub struct BareSessions {
    sessions: Vec<Bare>,
    round: Duration,
    pub workers: usize,
    pub threads: usize,
}

impl BareSessions {
    pub fn open(config: &PipelineConfig, jpeg: &[u8], load_round: Duration) -> Result<Self> {
        let sessions = (0..config.workers).map(|_| Bare::open(config, jpeg));
        Ok(Self {
            sessions: sessions.collect::<Result<_>>()?,
            round: LONGEST.min(load_round),
            workers: config.workers,
            threads: config.threads,
        })
    }

    /// How many runs a second all sessions reach together, each on its own thread.
    pub fn rate(&mut self) -> Result<f64> {
        let (start, round) = (Instant::now(), self.round);
        let run = |session: &mut Bare| -> Result<usize> {
            let mut runs = 0;
            while start.elapsed() < round {
                session.run()?;
                runs += 1;
            }
            Ok(runs)
        };
        let runs: Result<usize> = tokio::task::block_in_place(|| {
            std::thread::scope(|scope| {
                let threads: Vec<_> = self
                    .sessions
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
