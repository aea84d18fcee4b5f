//! A tunnel: a program of the user's own gives this server a public address, by a certificate that phones know.
//!
//! Everything but the video may pass it, and whoever has its address may ask. The program comes to this server by HTTPS and does not check the
//! certificate: plain HTTP with the tunnel's Host would be sent to HTTPS.

mod kind;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::io::AsyncRead;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};

use crate::config::Config;
use crate::server;

use kind::Said;
pub use kind::TunnelKind;

/// A slow network and a slow service: after it, nothing more is to be hoped for.
const PATIENCE: Duration = Duration::from_secs(30);
const VERSION_PATIENCE: Duration = Duration::from_secs(2);
const MAX_LINE_BYTES: usize = 16 * 1024;
/// What it said last is told when it fails.
const LAST_WORDS: usize = 3;
/// A Ctrl-C in the terminal reaches the program, too, and perhaps first.
const CTRL_C_GRACE: Duration = Duration::from_millis(500);

/// For what the program said before it ended.
const LAST_LINES: Duration = Duration::from_millis(200);

/// A program that runs, and ends when this is dropped.
pub struct Tunnel {
    kind: TunnelKind,
    child: Child,
    lines: BoxStream<'static, String>,
    said: VecDeque<String>,
}

/// Opens the tunnel that the configuration asks for, if any, and sends phones there.
pub async fn open(config: &mut Config) -> Result<Option<Tunnel>> {
    let Some(kind) = config.tunnel else {
        return Ok(None);
    };
    // The program must know the port before the server has it; one that is taken is told before anything starts.
    config.listen = server::listen(config.listen).await?.local_addr()?;
    tracing::info!("waiting for a public address from {}", kind.program());
    let (tunnel, origin) = Tunnel::start(kind, config.listen.port(), PATIENCE).await?;
    if config.guard.access_key.is_none() {
        tracing::warn!(
            "whoever knows the tunnel's address can make rooms and have frames detected by this server: \
             --access-key KEY keeps both for those who have it"
        );
    }
    config
        .reach_by(&origin)
        .with_context(|| format!("{} gave a strange address", kind.program()))?;
    Ok(Some(tunnel))
}

impl TunnelKind {
    /// Whether the program is here, without a word to its service.
    pub async fn look(self) -> Result<()> {
        let mut command = Command::new(self.program());
        command
            .arg("--version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| self.no_start(&error))?;
        // One that does not end is there as well.
        let _ = timeout(VERSION_PATIENCE, child.wait()).await;
        Ok(())
    }

    fn no_start(self, error: &io::Error) -> anyhow::Error {
        let program = self.program();
        match error.kind() {
            ErrorKind::NotFound => anyhow!("{program} is not installed: {}", self.installation()),
            _ => anyhow!("{program} does not start: {error}"),
        }
    }
}

impl Tunnel {
    /// The tunnel, and the address that it has.
    async fn start(kind: TunnelKind, port: u16, patience: Duration) -> Result<(Self, String)> {
        let mut command = Command::new(kind.program());
        command
            .args(kind.arguments(port))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| kind.no_start(&error))?;
        let lines = lines_of(&mut child);
        let mut tunnel = Self {
            kind,
            child,
            lines,
            said: VecDeque::new(),
        };
        let address = timeout(patience, tunnel.address()).await;
        let address = address.unwrap_or_else(|_| {
            let seconds = patience.as_secs();
            let what = format!("gave no public address in {seconds} s");
            Err(tunnel.failure(&what))
        });
        address.map(|address| (tunnel, address))
    }

    async fn address(&mut self) -> Result<String> {
        while let Some(line) = self.next_line().await {
            match self.kind.read(&line) {
                Said::Address(address) => return Ok(address),
                Said::Refusal(remedy) => bail!("{remedy}"),
                Said::Words(words) => self.remember(words),
                Said::Nothing => {}
            }
        }
        let status = self.child.wait().await?;
        Err(self.failure(&format!("ended before it had a public address ({status})")))
    }

    /// Until `stop` comes; then the program is ended. If it ends before by itself, it is told.
    pub async fn run(mut self, stop: impl Future<Output = ()>, tell: impl FnOnce(&str)) {
        let stop = stop.shared();
        tokio::select! {
            () = stop.clone() => {}
            status = self.ended() => {
                if timeout(CTRL_C_GRACE, stop.clone()).await.is_err() {
                    let how = match status {
                        Ok(status) => format!("ended by itself ({status})"),
                        Err(error) => format!("is lost ({error})"),
                    };
                    let failure = self.failure(&how);
                    tell(&format!("{failure}. Phones no longer reach this server by it: stop the server and start it again"));
                    stop.await;
                }
            }
        }
        // An error says that it has ended already.
        let _ = self.child.kill().await;
    }

    /// Reads on, lest the program wait for room to print.
    async fn ended(&mut self) -> io::Result<ExitStatus> {
        while let Some(line) = self.next_line().await {
            if let Said::Words(words) = self.kind.read(&line) {
                self.remember(words);
            }
        }
        self.child.wait().await
    }

    /// None at the program's end, even if another one that it started holds its streams open.
    async fn next_line(&mut self) -> Option<String> {
        tokio::select! {
            biased;
            line = self.lines.next() => line,
            _ = self.child.wait() => timeout(LAST_LINES, self.lines.next()).await.ok().flatten(),
        }
    }

    fn remember(&mut self, words: String) {
        if self.said.back() == Some(&words) {
            return;
        }
        if self.said.len() == LAST_WORDS {
            self.said.pop_front();
        }
        self.said.push_back(words);
    }

    fn failure(&self, what: &str) -> anyhow::Error {
        let program = self.kind.program();
        if self.said.is_empty() {
            return anyhow!("{program} {what}");
        }
        let said: Vec<&str> = self.said.iter().map(String::as_str).collect();
        anyhow!("{program} {what}; it said: {}", said.join(" / "))
    }
}

/// Both streams' lines, as they come.
fn lines_of(child: &mut Child) -> BoxStream<'static, String> {
    let stdout = child.stdout.take().expect("it is piped");
    let stderr = child.stderr.take().expect("it is piped");
    stream::select(lines(stdout), lines(stderr)).boxed()
}

/// A line that is overlong or no text is skipped. The codec calls that the end, which it is not.
fn lines(reader: impl AsyncRead + Unpin) -> impl Stream<Item = String> {
    let codec = LinesCodec::new_with_max_length(MAX_LINE_BYTES);
    stream::unfold(FramedRead::new(reader, codec), async |mut lines| {
        let mut skipped = false;
        loop {
            match lines.next().await {
                Some(Ok(line)) => return Some((line, lines)),
                Some(Err(LinesCodecError::Io(error))) if error.kind() != ErrorKind::InvalidData => {
                    return None;
                }
                Some(Err(_)) => skipped = true,
                None if skipped => skipped = false,
                None => return None,
            }
        }
    })
}
