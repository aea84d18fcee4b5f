//! The command line, checked.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use sightline::Args;
use tokio_tungstenite::tungstenite::http::Uri;

/// What the viewer's sampler aims at.
const VIEWER_FPS: f64 = 15.0;
/// Long enough for its start to weigh little, short enough for the machine to stay the same.
const ROUND_SECONDS: f64 = 5.0;
const DETECT_PATH: &str = "/api/detect";

const EXAMPLES: &str = "Examples:
  bench/run_load.sh --workers 2 --threads 1          # 16 clients, twice what the cores can infer
  bench/run_load.sh --clients 4 --fps 15 --credit 2  # four viewers
  bench/run_load.sh --url ws://localhost:3000 --clients 2 --duration 20 --out load.json";

const ABOUT: &str = "Many clients on the detection socket: what they get, how late, how evenly, and what became \
                     of every frame.";

#[derive(Debug, Parser)]
pub struct Options {
    /// Clients, each on a connection of its own
    #[arg(long, default_value_t = 16)]
    pub clients: usize,
    /// Frames a second of each client; default: together twice what bare sessions reach, with --url 15
    #[arg(long, allow_negative_numbers = true)]
    pub fps: Option<f64>,
    /// Seconds of load that are counted, all rounds together
    #[arg(long, default_value_t = 60.0, allow_negative_numbers = true)]
    pub duration: f64,
    /// Rounds of load, with bare sessions between them; default: one for each 5 s, with --url a single one
    #[arg(long)]
    rounds: Option<usize>,
    /// Keep the credit rule: at most so many frames of a client in flight, what is due meanwhile it drops
    #[arg(long, value_name = "FRAMES")]
    pub credit: Option<usize>,
    /// Load a server that runs already, such as ws://localhost:3000, and measure nothing beside it
    #[arg(long)]
    pub url: Option<Target>,
    /// Write the figures (JSON) here, named from the project's root, instead of to the standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The server's own flags, such as --workers and --threads
    #[command(flatten, next_help_heading = "Options of the server that is started")]
    pub server: Args,
}

impl Options {
    pub fn from_command_line() -> Result<Self> {
        Self::checked(&Self::command_line().get_matches())
    }

    #[cfg(test)]
    pub fn from_words(words: &[&str]) -> Result<Self> {
        let program = ["load"].iter().chain(words);
        Self::checked(&Self::command_line().try_get_matches_from(program)?)
    }

    fn command_line() -> clap::Command {
        // Set here, because the server's flags bring the server's own along.
        Self::command()
            .bin_name("bench/run_load.sh")
            .about(ABOUT)
            .after_help(EXAMPLES)
            .disable_version_flag(true)
    }

    /// Rounds of load.
    pub fn rounds(&self) -> usize {
        let of_some_seconds = || (self.duration / ROUND_SECONDS).round().max(1.0) as usize;
        let default = || self.url.as_ref().map_or_else(of_some_seconds, |_| 1);
        self.rounds.unwrap_or_else(default)
    }

    pub fn round(&self) -> Duration {
        Duration::from_secs_f64(self.duration / self.rounds() as f64)
    }

    /// Frames a second of each client, where bare sessions reach `bare_per_s` together.
    pub fn client_fps(&self, bare_per_s: Option<f64>) -> f64 {
        let twice_the_bare = |rate: f64| 2.0 * rate / self.clients as f64;
        let default = || bare_per_s.map_or(VIEWER_FPS, twice_the_bare);
        self.fps.unwrap_or_else(default)
    }

    fn checked(matches: &ArgMatches) -> Result<Self> {
        let options = Self::from_arg_matches(matches)?;
        ensure!(
            (1..=10_000).contains(&options.clients),
            "--clients must lie between 1 and 10000"
        );
        ensure!(
            options
                .fps
                .is_none_or(|fps| (0.1..=10_000.0).contains(&fps)),
            "--fps must lie between 0.1 and 10000 frames a second"
        );
        ensure!(
            (0.1..=86_400.0).contains(&options.duration),
            "--duration must lie between 0.1 and 86400 seconds, a day"
        );
        ensure!(
            options.rounds() > 0 && options.duration / options.rounds() as f64 >= 0.1,
            "--rounds must be at least 1, and each at least 0.1 s long"
        );
        ensure!(
            options.credit != Some(0),
            "--credit must be at least 1: with none, no frame is sent"
        );
        options.check_out()?;
        if options.url.is_some() {
            check_no_server_flag(matches)?;
        }
        Ok(options)
    }

    /// Better told before the measurement than after it.
    fn check_out(&self) -> Result<()> {
        let Some(file) = &self.out else { return Ok(()) };
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        ensure!(
            folder.is_none_or(|folder| folder.is_dir()) && !file.is_dir(),
            "cannot write {}: --out names a file in a folder that exists",
            file.display()
        );
        Ok(())
    }
}

/// A flag without effect would only seem to be measured.
fn check_no_server_flag(matches: &ArgMatches) -> Result<()> {
    let args = Args::command();
    let given = |arg: &&clap::Arg| {
        matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine)
    };
    let flag = args
        .get_arguments()
        .find(given)
        .and_then(clap::Arg::get_long);
    ensure!(
        flag.is_none(),
        "--{} is for a server that is started: the one at --url has its own flags",
        flag.unwrap_or_default()
    );
    Ok(())
}

/// Host and port of a server that speaks plain WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(String);

impl Target {
    pub fn address(&self) -> &str {
        &self.0
    }
}

impl FromStr for Target {
    type Err = anyhow::Error;

    fn from_str(url: &str) -> Result<Self> {
        const SHAPE: &str = "it must look like ws://localhost:3000";
        let url: Uri = url.parse().context(SHAPE)?;
        ensure!(
            url.scheme_str() != Some("wss") && url.scheme_str() != Some("https"),
            "only ws:// is spoken here: run this on the server's machine, with ws://localhost:3000"
        );
        ensure!(url.scheme_str() == Some("ws"), SHAPE);
        ensure!(
            ["/", DETECT_PATH].contains(&url.path()) && url.query().is_none(),
            SHAPE
        );
        let authority = url.authority().context(SHAPE)?;
        Ok(Self(authority.to_string()))
    }
}
