//! Logs, on stderr: lines for people, or one JSON object a line for programs.
//!
//! `RUST_LOG` chooses what is logged; what becomes of the program itself is told whatever it says. Libraries are held to `info` whatever it says: below that they
//! print requests as they came, and addresses hold tokens and rooms' names.

use std::io::{IsTerminal, Write, stderr, stdout};

use clap::ValueEnum;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

const FILTER_VARIABLE: &str = "RUST_LOG";
const DEFAULT_FILTER: &str = "info";
/// WebRTC's crates warn of what is ordinary in every call.
const CHATTY_TARGETS: [&str; 2] = ["rtc", "webrtc"];
const OUR_TARGETS: &str = env!("CARGO_PKG_NAME");
/// This file's own events: the program's start, end and failures.
const ALWAYS_TOLD: &str = concat!(module_path!(), "=info");

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

impl LogFormat {
    /// Once in a program's life.
    pub fn init(self) {
        let wanted = std::env::var(FILTER_VARIABLE).unwrap_or_default();
        let wanted = if wanted.is_empty() {
            DEFAULT_FILTER
        } else {
            &wanted
        };
        let (filter, fault) = match EnvFilter::try_new(wanted) {
            Ok(filter) => (filter, None),
            Err(fault) => (EnvFilter::new(DEFAULT_FILTER), Some(fault)),
        };
        self.subscriber(filter, stderr).init();
        if self == Self::Json {
            std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
        }
        if let Some(fault) = fault {
            tracing::warn!(
                "{FILTER_VARIABLE} is not understood, so {DEFAULT_FILTER} is logged: {fault}"
            );
        }
    }

    fn subscriber<W>(self, filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
    where
        W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
    {
        let always = ALWAYS_TOLD.parse().expect("a directive");
        let filter = filter.add_directive(always);
        let lines = fmt::layer().with_writer(writer);
        let lines = match self {
            Self::Text if stderr().is_terminal() => lines.with_target(false).boxed(),
            Self::Text => lines.with_target(false).with_ansi(false).boxed(),
            Self::Json => lines
                .json()
                .flatten_event(true)
                .with_span_list(false)
                .boxed(),
        };
        tracing_subscriber::registry()
            .with(filter)
            .with(filter_fn(is_ours_or_harmless))
            .with(lines)
    }

    /// What becomes of the program itself.
    pub fn tell(self, message: &str) {
        match self {
            // A new line, because a terminal shows ^C on this one.
            Self::Text => eprintln!("\nsightline: {message}"),
            Self::Json => tracing::info!("{message}"),
        }
    }

    /// Why the program ends without having done what it was asked.
    pub fn tell_failure(self, error: &anyhow::Error) {
        let message = in_one_line(error);
        match self {
            Self::Text => eprintln!("sightline: {message}"),
            Self::Json => tracing::error!("{message}"),
        }
    }
}

/// A line for people on stdout. Nobody may listen (`| head`): that ends no server.
pub fn say(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}

/// Libraries put line breaks into their messages; one line is easier to read and to log.
pub fn in_one_line(error: &anyhow::Error) -> String {
    let message = format!("{error:#}");
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_ours_or_harmless(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let bound = match CHATTY_TARGETS
        .iter()
        .any(|chatty| target.starts_with(chatty))
    {
        true => Level::ERROR,
        false => Level::INFO,
    };
    target.starts_with(OUR_TARGETS) || *metadata.level() <= bound
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};
    use std::sync::Arc;

    use super::*;

    /// What is logged of `events` when `RUST_LOG` says so.
    fn logged(format: LogFormat, wanted: &str, events: impl FnOnce()) -> String {
        let mut file = tempfile::tempfile().unwrap();
        let writer = Arc::new(file.try_clone().unwrap());
        let subscriber = format.subscriber(EnvFilter::new(wanted), writer);
        tracing::subscriber::with_default(subscriber, events);
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn libraries_tell_no_details() {
        let text = logged(LogFormat::Text, "trace", || {
            tracing::trace!(target: "hyper::proto", "GET /j/token");
            tracing::debug!(target: "tungstenite", "GET /?token=");
            tracing::info!(target: "library", "what anybody may know");
            tracing::trace!(target: "sightline::web", "our own");
        });
        assert!(!text.contains("token"), "{text}");
        assert!(
            text.contains("anybody") && text.contains("our own"),
            "{text}"
        );
    }

    #[test]
    fn why_the_program_ends_is_told_whatever_is_asked_for() {
        for wanted in ["off", "hyper=debug"] {
            let text = logged(LogFormat::Json, wanted, || {
                LogFormat::Json.tell_failure(&anyhow::anyhow!("no\nmodel"));
                tracing::error!(target: "sightline::pipeline", "not asked for");
            });
            assert!(text.contains("no model"), "{wanted}: {text}");
            assert!(!text.contains("not asked for"), "{wanted}: {text}");
        }
    }
}
