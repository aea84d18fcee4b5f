//! Does the server of this machine answer? For a container's health check: slim images have no curl.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(4);
/// Whoever answers may be another program.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;
pub(crate) const REQUEST: &[u8] =
    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const HEALTHY: &[u8] = b"HTTP/1.1 200 ";

/// The options of `serve` that tell where it listens.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// Address that the server listens on
    #[arg(long, env = "SIGHTLINE_HOST", default_value = "0.0.0.0")]
    pub host: IpAddr,
    /// Port that the server listens on
    #[arg(long, env = "PORT", default_value_t = 3000)]
    pub port: u16,
}

/// An error unless the server says that it is well.
pub async fn run(args: HealthArgs) -> Result<()> {
    let address = SocketAddr::new(reachable(args.host), args.port);
    let answer = timeout(PATIENCE, ask(address))
        .await
        .with_context(|| format!("{address} did not answer in {} s", PATIENCE.as_secs()))??;
    ensure!(answer.len() >= HEALTHY.len(), "{address} broke off");
    ensure!(answer.starts_with(HEALTHY), "{address} is not well");
    Ok(())
}

/// All that is said to `GET /healthz`, headers and body.
pub(crate) async fn ask(address: SocketAddr) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)
        .await
        .with_context(|| format!("nothing answers at {address}"))?;
    stream.write_all(REQUEST).await?;
    let mut answer = Vec::new();
    stream
        .take(MAX_ANSWER_BYTES)
        .read_to_end(&mut answer)
        .await
        .with_context(|| format!("{address} broke off"))?;
    Ok(answer)
}

/// Who listens everywhere is asked on this machine itself.
pub(crate) fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// What a server says to a client that asked, or nothing at all.
    async fn verdict(answer: &'static [u8]) -> Result<()> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let serve = async move {
            let (mut stream, _) = listener.accept().await?;
            let mut request = [0; REQUEST.len()];
            stream.read_exact(&mut request).await?;
            assert_eq!(request, REQUEST);
            stream.write_all(answer).await
        };
        let host = Ipv4Addr::UNSPECIFIED.into();
        let (verdict, served) = tokio::join!(run(HealthArgs { host, port }), serve);
        served?;
        verdict
    }

    #[tokio::test]
    async fn only_a_good_answer_is_health() {
        assert!(verdict(b"HTTP/1.1 200 OK\r\n\r\n").await.is_ok());
        assert!(
            verdict(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
                .await
                .is_err()
        );
        assert!(verdict(b"").await.is_err());
    }

    #[tokio::test]
    async fn nobody_there_is_no_health() {
        let free = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let (host, port) = (address.ip(), address.port());
        assert!(run(HealthArgs { host, port }).await.is_err());
    }
}
