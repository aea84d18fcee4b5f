//! One client at 10 FPS: how much the server adds to a bare `session.run`.
//!
//! Both are measured in turn, in one process, at one pace, so that what the machine does besides
//! falls on both.

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use common::{Answer, Bare, Client, quantile};
use serde_json::json;
use sightline::protocol::Timing;
use sightline::{Args, Server};
use tokio::time::{MissedTickBehavior, interval};

/// Runs that only warm up.
const WARM_UP: usize = 10;

#[derive(Parser)]
struct Options {
    /// Frames to measure
    #[arg(long, default_value_t = 300)]
    frames: usize,
    /// Frames a second
    #[arg(long, default_value_t = 10.0)]
    fps: f64,
    /// The server's own flags, such as --threads and --model
    #[command(flatten)]
    server: Args,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let state = tempfile::tempdir()?;
    let config = common::config(options.server, state.path())?;
    let frames = common::frames()?;
    let mut bare = Bare::open(&config.pipeline, &frames[0])?;
    let threads = config.pipeline.threads;
    let server = Server::bind(config).await?;

    let measuring = measure(
        server.local_addr(),
        &mut bare,
        &frames,
        options.frames,
        options.fps,
    );
    let samples = common::while_serving(&server, measuring).await?;
    println!(
        "{}",
        serde_json::to_string_pretty(&samples.report(threads)?)?
    );
    Ok(())
}

/// A frame through the server, half an interval later a bare run, and so on.
async fn measure(
    server: SocketAddr,
    bare: &mut Bare,
    frames: &[Vec<u8>],
    count: usize,
    fps: f64,
) -> Result<Samples> {
    let mut client = Client::connect(server).await?;
    let mut pace = interval(Duration::from_secs_f64(0.5 / fps));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut samples = Samples::default();
    for n in 0..WARM_UP + count {
        pace.tick().await;
        client.send(n as u32, &frames[n % frames.len()]).await?;
        let (_, answer) = client.answer().await?;
        pace.tick().await;
        let bare_us = tokio::task::block_in_place(|| bare.run())?;
        if n >= WARM_UP {
            samples.take(&answer, bare_us)?;
        }
    }
    Ok(samples)
}

#[derive(Default)]
struct Samples {
    server: Vec<f64>,
    bare: Vec<f64>,
    stages: [Vec<f64>; 5],
}

impl Samples {
    fn take(&mut self, answer: &Answer, bare_us: f64) -> Result<()> {
        let timing = match answer {
            Answer::Inferred(timing) => timing,
            Answer::Dropped => bail!("the only frame was dropped"),
            Answer::Failed(error) => bail!("frame {}: {}", error.frame_id, error.message),
        };
        self.server.push(timing.total_us() as f64);
        self.bare.push(bare_us);
        let Timing {
            queue_us,
            decode_us,
            resize_us,
            infer_us,
            post_us,
        } = *timing;
        let stages = [queue_us, decode_us, resize_us, infer_us, post_us];
        for (samples, us) in self.stages.iter_mut().zip(stages) {
            samples.push(f64::from(us));
        }
        Ok(())
    }

    fn report(&self, threads: usize) -> Result<serde_json::Value> {
        let median = |samples: &[f64]| quantile(samples, 0.5).context("nothing was measured");
        let [queue, decode, resize, infer, post] = &self.stages;
        let (server, bare) = (median(&self.server)?, median(&self.bare)?);
        Ok(json!({
            "frames": self.server.len(),
            "threads": threads,
            "server_us": { "median": server, "p95": quantile(&self.server, 0.95) },
            "bare_run_us": { "median": bare, "p95": quantile(&self.bare, 0.95) },
            "stages_us": {
                "queue": median(queue)?, "decode": median(decode)?, "resize": median(resize)?,
                "infer": median(infer)?, "post": median(post)?,
            },
            "ratio_of_medians": server / bare,
        }))
    }
}
