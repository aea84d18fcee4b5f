//! Load on the detection socket: many clients, each at a steady pace, and what became of every frame.
//!
//! Rounds of load alternate with rounds of bare sessions on the same cores, and each round is
//! compared with the bare ones before and after it: what the machine does besides falls on both.
//! With `--url` the server is somebody else's, and one round of load is all.

mod bare;
mod client;
mod options;
mod outcome;
mod report;
mod round;
#[cfg(test)]
mod tests;

#[path = "../common/mod.rs"]
mod common;

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use sightline::{Config, Server};

use bare::BareSessions;
use client::{Frames, Plan};
use options::Options;
use report::Measured;
use round::offer_all;

#[tokio::main]
async fn main() -> ExitCode {
    match load(Options::from_command_line()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let message = format!("{error:#}");
            let words: Vec<&str> = message.split_whitespace().collect();
            eprintln!("load: {}", words.join(" "));
            ExitCode::FAILURE
        }
    }
}

async fn load(options: Result<Options>) -> Result<()> {
    let options = options?;
    let measured = measure(&options).await?;
    let report = measured.report(&options)?;
    let text = serde_json::to_string_pretty(&report)? + "\n";
    match &options.out {
        None => print!("{text}"),
        Some(file) => {
            std::fs::write(file, text)
                .with_context(|| format!("cannot write {}", file.display()))?;
            eprintln!("written to {}", file.display());
        }
    }
    ensure!(
        measured.total()?.answered > 0,
        "no frame was answered with detections: \"frames\" in the figures tells what became of them"
    );
    Ok(())
}

async fn measure(options: &Options) -> Result<Measured> {
    let frames: Frames = common::frames()?.into();
    match &options.url {
        Some(server) => measure_rounds(server.address(), frames, None, options).await,
        None => measure_own_server(frames, options).await,
    }
}

async fn measure_own_server(frames: Frames, options: &Options) -> Result<Measured> {
    let state = tempfile::tempdir()?;
    let config = common::config(options.server.clone(), state.path())?;
    check_room_for(options.clients, &config)?;
    let mut bare = BareSessions::open(&config.pipeline, &frames[0], options.round())?;
    let server = Server::bind(config).await?;
    let address = server.local_addr().to_string();
    let measuring = measure_rounds(&address, frames, Some(&mut bare), options);
    common::while_serving(&server, measuring).await
}

fn check_room_for(clients: usize, config: &Config) -> Result<()> {
    ensure!(
        clients <= config.max_connections,
        "{clients} clients are more than the server's {} connections: raise --max-connections",
        config.max_connections
    );
    Ok(())
}

async fn measure_rounds(
    server: &str,
    frames: Frames,
    mut bare: Option<&mut BareSessions>,
    options: &Options,
) -> Result<Measured> {
    let rounds = options.rounds();
    let mut measured = Measured::new(options, bare.as_deref());
    let mut before = bare.as_mut().map(|bare| bare.rate()).transpose()?;
    for number in 1..=rounds {
        let plan = Plan::of(options, before);
        let round = offer_all(server, &frames, &plan).await?;
        let after = bare.as_mut().map(|bare| bare.rate()).transpose()?;
        let bare_per_s = before
            .zip(after)
            .map(|(before, after)| (before + after) / 2.0);
        let beside = bare_per_s.map_or_else(String::new, |rate| format!(", {rate:.0} bare runs/s"));
        let answered = round.answered_per_s();
        eprintln!("round {number} of {rounds}: {answered:.0} answered/s{beside}");
        measured.add(round, bare_per_s)?;
        before = after;
    }
    Ok(measured)
}
