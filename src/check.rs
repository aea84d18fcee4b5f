//! Is this machine ready to serve? Every item is looked at, whatever became of those before it, and
//! nothing is changed.

mod certificate;
mod detector;
mod network;

use std::fmt;
use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

use crate::config::{Args, parts};
use crate::gpu;
use crate::ice::Ice;
use crate::logging::in_one_line;

#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub serve: Args,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Good,
    /// It can serve, but not as one may think.
    Warning,
    Failed,
}

/// What was found of one item. A sentence that names the remedy, unless all is good.
#[derive(Debug, Serialize)]
struct Finding {
    item: &'static str,
    verdict: Verdict,
    told: String,
}

impl Finding {
    fn good(item: &'static str, told: impl Into<String>) -> Self {
        Self::new(item, Verdict::Good, told)
    }

    fn warning(item: &'static str, told: impl Into<String>) -> Self {
        Self::new(item, Verdict::Warning, told)
    }

    /// What would end the start of the server.
    fn failed(item: &'static str, error: &anyhow::Error) -> Self {
        Self::new(item, Verdict::Failed, in_one_line(error))
    }

    fn of(item: &'static str, outcome: Result<String>) -> Self {
        outcome.map_or_else(
            |error| Self::failed(item, &error),
            |told| Self::good(item, told),
        )
    }

    fn new(item: &'static str, verdict: Verdict, told: impl Into<String>) -> Self {
        let told = told.into();
        Self {
            item,
            verdict,
            told,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.verdict {
            Verdict::Good => '✓',
            Verdict::Warning => '!',
            Verdict::Failed => '✗',
        };
        write!(f, "{sign} {:<12} {}", self.item, self.told)
    }
}

/// Tells every finding; the exit code says whether the server would start, or runs already.
pub async fn run(args: CheckArgs) -> Result<ExitCode> {
    let findings = findings(&args.serve).await;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        findings.iter().for_each(|finding| println!("{finding}"));
    }
    let ready = findings
        .iter()
        .all(|finding| finding.verdict != Verdict::Failed);
    Ok(if ready {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn findings(args: &Args) -> Vec<Finding> {
    let mut findings = vec![options(args), pages(args)];
    findings.extend(detector::findings(args));
    findings.push(network::port(args).await);
    findings.push(network::addresses(args).await);
    findings.push(certificate::finding(args));
    findings.extend(mode(args));
    findings
}

fn options(args: &Args) -> Finding {
    let look = || {
        parts::check_limits(args)?;
        parts::tunnel(args)?;
        Ice::try_from(&args.ice)
    };
    Finding::of("options", look().map(|_| "within their limits".to_owned()))
}

fn pages(args: &Args) -> Finding {
    let told = parts::check_pages(&args.pages).map(|()| format!("in {}", args.pages.display()));
    Finding::of("pages", told)
}

fn mode(args: &Args) -> [Finding; 2] {
    let gpu = gpu::find();
    let told = gpu.unwrap_or("none found");
    let (mode, reason) = parts::mode(args, || gpu);
    [
        Finding::good(
            "GPU",
            format!("{told}; it only chooses the mode, the server infers on the CPU"),
        ),
        Finding::good("mode", parts::mode_line(mode, &reason)),
    ]
}
