//! One connection: plain HTTP or TLS by its first byte, and its requests one after the other.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
#[cfg(target_os = "linux")]
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::lingering::Lingering;
use super::pace::{Late, Pace, Paced};
use crate::config::Limits;
use crate::metrics::{Metrics, Refusal};
use crate::protocol::ApiError;
use crate::web::{Holding, Peer, Transport};

/// The first byte of a TLS handshake record; no HTTP method starts with it.
const TLS_HANDSHAKE: u8 = 0x16;

/// A peer that acknowledges nothing for so long is gone: a phone out of reach says no goodbye, and the
/// system alone would go on sending for a quarter of an hour. One that is there, but takes nothing for so
/// long, is cut off by this as well, however long `--idle-timeout` is: Linux does not tell the two apart.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(15);

/// For our last word to be sent: a connection's buffers have room for it, or nobody reads.
const LAST_WORD: Duration = Duration::from_secs(1);

/// What a connection is served with.
pub struct Serving {
    pub tls: TlsAcceptor,
    pub router: Router,
    pub limits: Limits,
    pub metrics: Arc<Metrics>,
    pub shutdown: CancellationToken,
}

impl Serving {
    pub async fn connection(self, mut stream: Lingering, peer: IpAddr) -> Result<()> {
        set_up(stream.tcp())?;
        let mut first = [0];
        let peeked = self.in_time(stream.tcp().peek(&mut first)).await;
        let Some(peeked) = peeked else { return Ok(()) };
        if peeked.context("the client said nothing")?? == 0 {
            return Ok(());
        }
        if first[0] == TLS_HANDSHAKE {
            stream.count_as(Transport::Tls);
            let Some(stream) = self.in_time(self.tls.accept(stream)).await else {
                return Ok(());
            };
            let stream = stream.context("TLS handshake")??;
            self.requests(stream, Transport::Tls, peer).await
        } else {
            stream.count_as(Transport::Plain);
            self.requests(stream, Transport::Plain, peer).await
        }
    }

    /// `None` when the server stops meanwhile.
    async fn in_time<T>(&self, step: impl Future<Output = T>) -> Option<Result<T>> {
        let Limits { header_timeout, .. } = self.limits;
        let step = self
            .shutdown
            .run_until_cancelled(timeout(header_timeout, step));
        let done = step.await?;
        if done.is_err() {
            self.metrics.refusals.count(Refusal::HeaderTimeout);
        }
        Some(done.map_err(Into::into))
    }

    async fn requests<IO>(self, io: IO, transport: Transport, peer: IpAddr) -> Result<()>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let pace = Pace::new();
        let (io, mut given_back) = Paced::new(io, pace.clone());
        let late = self.conversation(io, pace, transport, peer).await?;
        if let (Some(Late::Head), Ok(io)) = (late, given_back.try_recv()) {
            self.tell_late_head(io).await?;
        }
        Ok(())
    }

    /// With what it was late, if that ended it. hyper has let go of the stream then.
    async fn conversation<IO>(
        &self,
        io: Paced<IO>,
        pace: Pace,
        transport: Transport,
        peer: IpAddr,
    ) -> Result<Option<Late>>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (begin, answered) = (pace.clone(), pace.clone());
        let router = self.router.clone();
        let service = router
            .map_request(move |mut request: hyper::Request<_>| {
                begin.request_begins();
                request.extensions_mut().insert(transport);
                request.extensions_mut().insert(Peer(peer));
                request
            })
            .map_response(move |response| {
                response.map(|body| Holding::body(body, answered.answer()))
            });
        let connection = http1::Builder::new()
            // The pace is ours: hyper would count an idle connection as a slow head.
            .header_read_timeout(None)
            .max_buf_size(self.limits.header_bytes)
            .serve_connection(TokioIo::new(io), TowerToHyperService::new(service))
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            // On a machine that stalls what has arrived meanwhile is not late.
            biased;
            served = connection.as_mut() => {
                // hyper has answered it: 431.
                if served.as_ref().is_err_and(hyper::Error::is_parse_too_large) {
                    self.metrics.refusals.count(Refusal::HeaderSize);
                }
                served?;
                Ok(None)
            }
            late = pace.exceeded(&self.limits) => {
                match late {
                    Late::Asking | Late::Head => self.metrics.refusals.count(Refusal::HeaderTimeout),
                    Late::TakingItsAnswer => self.metrics.refusals.count(Refusal::AnswerTimeout),
                    Late::NextRequest => {
                        connection.as_mut().graceful_shutdown();
                        connection.await?;
                    }
                }
                Ok(Some(late))
            }
            () = self.shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await?;
                Ok(None)
            }
        }
    }

    /// No answer is under way: all of the last one was taken, or there was none.
    async fn tell_late_head(&self, mut io: impl AsyncWrite + Unpin) -> Result<()> {
        let answer = late_head(self.limits.header_timeout);
        let telling = async {
            io.write_all(answer.as_bytes()).await?;
            // Over TLS, that this was all.
            io.shutdown().await
        };
        Ok(timeout(LAST_WORD, telling).await??)
    }
}

/// As `web::error` tells failures; only hyper's way to it begins with a whole head.
fn late_head(limit: Duration) -> String {
    let limit = limit.as_secs();
    let told = ApiError {
        error: Refusal::HeaderTimeout.as_str().to_owned(),
        message: format!("the head did not arrive within {limit} s (--header-timeout)"),
    };
    let body = serde_json::to_string(&told).expect("it is plain JSON");
    let length = body.len();
    format!(
        "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

fn set_up(stream: &TcpStream) -> std::io::Result<()> {
    // Answers are small and back to back; without this each second one waits for an acknowledgement.
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    SockRef::from(stream).set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    Ok(())
}
