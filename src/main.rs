//! Arguments, logging, signals.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use qrcode::{QrCode, render::unicode::Dense1x2};
use sightline::{Args, Config, Server};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Libraries put line breaks into their messages; one line is easier to read and to log.
            let message = format!("{error:#}");
            let words: Vec<&str> = message.split_whitespace().collect();
            eprintln!("sightline: {}", words.join(" "));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(args: Args) -> Result<()> {
    let config = Config::try_from(args)?;
    let mode_line = config.mode_line();
    let server = Server::bind(config).await?;
    print_welcome(&server, &mode_line)?;
    let stop = async {
        let signal = termination().await;
        eprintln!("\nsightline: {signal}, closing");
        server.shutdown();
    };
    let (served, ()) = tokio::join!(server.serve(), stop);
    served
}

fn print_welcome(server: &Server, mode_line: &str) -> Result<()> {
    let join_url = server.join_url();
    let qr = terminal_qr(join_url)?;
    println!(
        "\n  Viewer (open on this computer):  {}",
        server.viewer_url()
    );
    println!("  Phone  (or scan the code):       {join_url}\n");
    println!("{qr}");
    println!("  {mode_line}");
    println!("  The phone warns once that it does not know this computer's certificate: go on.");
    println!("  Ctrl-C stops.");
    Ok(())
}

/// In a terminal, black on white whatever its theme: not every phone reads an inverted code.
fn terminal_qr(text: &str) -> Result<String> {
    const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
    const RESET: &str = "\x1b[0m";
    let qr = QrCode::new(text)?.render::<Dense1x2>().build();
    let (start, end) = match std::io::stdout().is_terminal() {
        true => (BLACK_ON_WHITE, RESET),
        false => ("", ""),
    };
    Ok(qr
        .lines()
        .map(|line| format!("{start}{line}{end}\n"))
        .collect())
}

/// Waits for Ctrl-C or a request to terminate, and names it.
async fn termination() -> &'static str {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).expect("the system has SIGTERM");
        tokio::select! {
            _ = tokio::signal::ctrl_c() => "interrupted",
            _ = terminate.recv() => "asked to terminate",
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
        "interrupted"
    }
}
