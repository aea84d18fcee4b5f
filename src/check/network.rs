//! The port, and the addresses that phones are sent to.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::time::timeout;

use super::Finding;
use crate::config::{Args, parts};
use crate::health::{self, reachable};
use crate::protocol::Health;
use crate::tunnel::TunnelKind;

const PORT: &str = "port";
const ADDRESSES: &str = "addresses";
/// Whoever holds the port is asked who they are, and may say anything or nothing.
const PATIENCE: Duration = Duration::from_secs(2);

pub async fn port(args: &Args) -> Finding {
    let address = SocketAddr::new(args.host, args.port);
    match TcpListener::bind(address) {
        Ok(_) if args.port == 0 => Finding::good(PORT, "a free one will be taken"),
        Ok(_) => Finding::good(PORT, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => taken(address).await,
        Err(error) => Finding::failed(PORT, &refused(address, &error)),
    }
}

async fn taken(address: SocketAddr) -> Finding {
    let asked = who_serves(SocketAddr::new(reachable(address.ip()), address.port()));
    match timeout(PATIENCE, asked).await {
        Ok(Ok(Health { version, .. })) => Finding::warning(
            PORT,
            format!(
                "Sightline {version} serves on {address} already: stop it before you start another, or take another port by --port"
            ),
        ),
        _ => Finding::failed(
            PORT,
            &anyhow!("another program uses {address}: stop it, or take another port by --port"),
        ),
    }
}

fn refused(address: SocketAddr, error: &io::Error) -> anyhow::Error {
    let remedy = match error.kind() {
        ErrorKind::PermissionDenied => "take a port above 1023 by --port",
        ErrorKind::AddrNotAvailable => "name an address of this machine by --host",
        _ => "name another address by --host, or port by --port",
    };
    anyhow!("cannot listen on {address}, {error}: {remedy}")
}

/// What `GET /healthz` says there, if it is one of us who answers.
async fn who_serves(address: SocketAddr) -> Result<Health> {
    let answer = String::from_utf8(health::ask(address).await?)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("no HTTP")?;
    Ok(serde_json::from_str(body)?)
}

pub async fn addresses(args: &Args) -> Finding {
    // Two programs at once are told as wrong options.
    match parts::tunnel(args) {
        Ok(Some(kind)) => Finding::of(ADDRESSES, by_tunnel(kind).await),
        _ => look(args).unwrap_or_else(|error| Finding::failed(ADDRESSES, &error)),
    }
}

async fn by_tunnel(kind: TunnelKind) -> Result<String> {
    kind.look().await?;
    let program = kind.program();
    Ok(format!(
        "phones are sent to the address that {program} gets at the start"
    ))
}

fn look(args: &Args) -> Result<Finding> {
    let addresses = parts::scope(args).look();
    let phone_host = parts::phone_host(args, &addresses)?;
    if let Some(obstacle) = phone_host.obstacle() {
        return Ok(Finding::warning(ADDRESSES, obstacle));
    }
    let origin = phone_host.origin(args.port);
    // The port is not known yet if a free one will be taken.
    let origin = origin.trim_end_matches(":0");
    if args.host.is_loopback() && args.public_host.is_none() {
        let told = format!(
            "phones are sent to {origin}, but --host {} is heard by this computer only: leave --host out",
            args.host
        );
        return Ok(Finding::warning(ADDRESSES, told));
    }
    let named = phone_host.bare_host();
    let others = addresses
        .iter()
        .filter(|other| Some(other.ip.to_string()) != named);
    let others: Vec<String> = others
        .map(|other| format!("{} {}", other.name(), other.ip))
        .collect();
    let mut told = format!("phones are sent to {origin}");
    if !others.is_empty() {
        told += &format!("; the viewer's menu offers {}", others.join(", "));
    }
    Ok(Finding::good(ADDRESSES, told))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::check::Verdict;

    /// What is found on a port whose owner says this to whoever comes.
    async fn found(answer: &'static [u8]) -> Finding {
        let owner = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = owner.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            loop {
                let (mut stream, _) = owner.accept().await.unwrap();
                let mut request = [0; health::REQUEST.len()];
                stream.read_exact(&mut request).await.unwrap();
                stream.write_all(answer).await.unwrap();
            }
        });
        let finding = taken(address).await;
        serving.abort();
        finding
    }

    #[tokio::test]
    async fn only_sightline_is_taken_for_sightline() {
        let others: [&[u8]; 4] = [
            b"",
            b"SSH-2.0-x\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\"}",
            b"\xff\r\n\r\n",
        ];
        for other in others {
            let Finding { verdict, told, .. } = found(other).await;
            assert_eq!(verdict, Verdict::Failed, "{other:?}");
            assert!(told.contains("another program") && told.contains("--port"));
        }
        let health = b"HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\",\"version\":\"9.8.7\",\
                       \"model\":\"m\",\"workers\":1,\"threads\":1}";
        let Finding { verdict, told, .. } = found(health).await;
        assert_eq!(verdict, Verdict::Warning);
        assert!(told.contains("9.8.7"), "{told}");
    }

    /// Time stands still but for the timer: only patience's end can end this.
    #[tokio::test(start_paused = true)]
    async fn an_owner_who_says_nothing_is_another_program() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let finding = taken(silent.local_addr().unwrap()).await;
        assert_eq!(finding.verdict, Verdict::Failed);
    }
}
