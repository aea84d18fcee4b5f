//! Commands, logging, signals.

use std::cell::{Cell, RefCell};
use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use qrcode::{QrCode, render::unicode::Dense1x2};
use sightline::cli::{self, Cli, Command};
use sightline::demo::Demo;
use sightline::logging::{LogFormat, say};
use sightline::tls::Advice;
use sightline::tunnel::{self, TunnelKind};
use sightline::{Config, Server, check, fitting_connections, health, phone, telemetry};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    let log_format = match &command {
        Command::Serve(args) => args.log_format,
        Command::Demo(args) => args.serve.log_format,
        _ => LogFormat::Text,
    };
    // The program that begins anew has a log of its own, and says there all that this one would.
    let begun = turn_telemetry_off(&command);
    log_format.init();
    begun.and_then(|()| run(command)).unwrap_or_else(|error| {
        log_format.tell_failure(&error);
        ExitCode::FAILURE
    })
}

fn turn_telemetry_off(command: &Command) -> Result<()> {
    match command {
        Command::Serve(_) | Command::Demo(_) | Command::Check(_) => telemetry::turn_off()
            .context("cannot begin anew with ORT_DISABLE_TELEMETRY=1: set it yourself"),
        _ => Ok(()),
    }
}

#[tokio::main]
async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Serve(args) => {
            let log_format = args.log_format;
            serve(args.try_into()?, log_format, None).await?;
        }
        Command::Demo(args) => {
            let demo = Demo::prepare(&args)?;
            serve(args.config()?, args.serve.log_format, Some(demo)).await?;
        }
        Command::Phone(args) => phone::run(args, told_to_stop(LogFormat::Text)?).await?,
        Command::Check(args) => return check::run(args).await,
        Command::Health(args) => health::run(args).await?,
        Command::Completions { shell } => cli::print_completions(shell),
        Command::Man { dir } => cli::write_manual(dir)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(mut config: Config, log_format: LogFormat, demo: Option<Demo>) -> Result<()> {
    // Before a tunnel's program runs, and before anybody can read the welcome: a signal that follows at once is
    // not lost.
    let mut told = Box::pin(told_to_stop(log_format)?);
    config.max_connections = fitting_connections(config.max_connections);
    let mode_line = config.mode_line();
    let tunnel_kind = config.tunnel;
    let start = async {
        let tunnel = tunnel::open(&mut config).await?;
        let obstacle = config.phone_host.obstacle();
        Ok::<_, anyhow::Error>((tunnel, obstacle, Server::bind(config).await?))
    };
    let (tunnel, obstacle, server) = tokio::select! {
        started = start => started?,
        () = &mut told => return Ok(()),
    };
    say(&welcome(&server, &mode_line, obstacle, tunnel_kind)?);
    let ways = Ways::after_welcome(&server, obstacle.is_none() && tunnel.is_none());
    if log_format == LogFormat::Json {
        tracing::info!(address = %server.local_addr(), "serving");
    }
    let stopping = CancellationToken::new();
    let stop = async {
        told.await;
        stopping.cancel();
    };
    let beside = async {
        // Its phone says goodbye while there is a server to pass that on.
        if let Some(demo) = demo {
            demo.run(&server, stopping.cancelled()).await;
        }
        stopping.cancelled().await;
        server.shutdown();
    };
    let telling = stopping.run_until_cancelled(ways.follow());
    let tunnelling = async {
        if let Some(tunnel) = tunnel {
            let tell = |words: &str| {
                log_format.tell(words);
                server.tunnel_ended();
                ways.say();
            };
            tunnel.run(stopping.cancelled(), tell).await;
        }
    };
    let (served, (), (), _, ()) = tokio::join!(server.serve(), stop, beside, telling, tunnelling);
    served
}

/// `obstacle`: why no phone can join; a code to scan would only mislead then.
fn welcome(
    server: &Server,
    mode_line: &str,
    obstacle: Option<&str>,
    tunnel: Option<TunnelKind>,
) -> Result<String> {
    let viewer = server.viewer_url();
    let invitation = invitation(server.join_url(), obstacle)?;
    let advice = match obstacle {
        None => advice(server.certificate_advice(), tunnel),
        Some(_) => String::new(),
    };
    Ok(format!(
        "\n  Viewer (open on this computer):  {viewer}\n{invitation}\n  {mode_line}\n{advice}  Ctrl-C stops."
    ))
}

/// How phones come in: where the terminal has no room, as in a container, by the viewer's code alone.
fn invitation(join_url: Option<String>, obstacle: Option<&str>) -> Result<String> {
    Ok(match (join_url, obstacle) {
        (Some(url), None) => {
            let code = terminal_qr(&url)?;
            format!("  Phone  (or scan the code):       {url}\n\n{code}")
        }
        (Some(url), Some(obstacle)) => {
            format!("  Phone  (on this computer only):  {url}\n\n  {obstacle}.\n")
        }
        (None, None) => "  Phone  (scan the code):          the viewer shows it\n".to_owned(),
        (None, Some(obstacle)) => format!("\n  {obstacle}.\n"),
    })
}

/// Says how phones come in whenever they are sent elsewhere than was said before.
struct Ways<'a> {
    server: &'a Server,
    /// Where they were sent then.
    told: RefCell<String>,
    /// Whether what their warning means was said as well: it holds for all of this machine's addresses.
    is_advised: Cell<bool>,
}

impl<'a> Ways<'a> {
    fn after_welcome(server: &'a Server, is_advised: bool) -> Self {
        Self {
            server,
            told: server.join_addresses().origin().into(),
            is_advised: is_advised.into(),
        }
    }

    async fn follow(&self) {
        let mut addresses = self.server.join_addresses().addresses();
        while addresses.changed().await.is_ok() {
            self.say();
        }
    }

    /// Nothing where the viewer alone has a code: that has followed.
    fn say(&self) {
        let join = self.server.join_addresses();
        let now = join.origin();
        if self.told.replace(now.clone()) == now {
            return;
        }
        if let Some(obstacle) = join.obstacle() {
            say(&format!("  {obstacle}."));
        } else if let Some(join_url) = self.server.join_url() {
            let advice = match self.is_advised.replace(true) {
                true => String::new(),
                false => advice(self.server.certificate_advice(), None),
            };
            let told = format!("  Phone, by the network of now:    {join_url}\n{advice}");
            say(told.trim_end());
        }
    }
}

/// What the phone will show before it shows our page, in whole lines.
fn advice(advice: Advice, tunnel: Option<TunnelKind>) -> String {
    match (advice, tunnel) {
        (_, Some(tunnel)) => format!("  {}\n", tunnel.caution()),
        (Advice::Nothing, None) => String::new(),
        (Advice::Trust { url, fingerprint }, None) => format!(
            "  The phone warns that it does not know this computer's certificate: go on, or open\n  \
             {url} on it, which ends the warnings. SHA-256 fingerprint to compare there:\n  {fingerprint}\n"
        ),
        (Advice::Warns { why }, None) => format!("  Certificate: {why}.\n"),
    }
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

/// Listens from now on for Ctrl-C or a request to terminate; the future ends when one has come.
fn told_to_stop(log_format: LogFormat) -> Result<impl Future<Output = ()>> {
    let signal = termination()?;
    Ok(async move { log_format.tell(&format!("{}, closing", signal.await)) })
}

#[cfg(unix)]
fn termination() -> Result<impl Future<Output = &'static str>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => "interrupted",
            _ = terminate.recv() => "asked to terminate",
        }
    })
}

#[cfg(not(unix))]
fn termination() -> Result<impl Future<Output = &'static str>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
        "interrupted"
    })
}
