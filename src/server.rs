//! One port for HTTP and HTTPS: accepts connections, tells them apart by their first byte, and
//! hands their requests to the router.

mod lingering;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::config::Config;
use crate::metrics::Metrics;
use crate::pipeline::Pipeline;
use crate::rooms::Rooms;
use crate::tls::{Advice, Certificates, Wanted};
use crate::web::{self, Transport};
use lingering::Lingering;

/// The first byte of a TLS handshake record; no HTTP method starts with it.
const TLS_HANDSHAKE: u8 = 0x16;
/// For the first byte, the TLS handshake, and a request's headers.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// How long connections may take to close once the server was asked to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(1500);
/// Pause after a failed accept (out of file descriptors, say).
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// A bound server. Dropping it closes the port.
pub struct Server {
    listener: TcpListener,
    local_addr: SocketAddr,
    connections: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    certificates: Arc<Certificates>,
    tls: TlsAcceptor,
    router: Router,
    join_url: String,
    shutdown: CancellationToken,
    tasks: TaskTracker,
    /// Kept last: workers outlive the connections that wait for their answers.
    _pipeline: Arc<Pipeline>,
}

impl Server {
    /// Loads the model, takes the port and makes the first room.
    pub async fn bind(config: Config) -> Result<Self> {
        let pipeline_config = config.pipeline.clone();
        let metrics = Arc::new(Metrics::new(&config)?);
        let pipeline_metrics = Arc::clone(&metrics);
        let start = move || Pipeline::start(&pipeline_config, &pipeline_metrics);
        let pipeline = Arc::new(tokio::task::spawn_blocking(start).await??);
        let listener = listen(config.listen).await?;
        let local_addr = listener.local_addr()?;
        let certificates = Arc::new(Certificates::open(&Wanted {
            files: config.certificate.as_ref(),
            folder: &config.state_dir,
            names: &config.certificate_names(),
            computer: &config.computer,
        })?);
        let tls = certificates.acceptor()?;
        let phone_origin = config.phone_host.origin(local_addr.port());
        let rooms = Rooms::new(config.room_limits);
        let first_room = rooms.create()?;
        let join_url = web::join_url(&phone_origin, &first_room.phone_token);
        let connections = Arc::new(Semaphore::new(config.max_connections));
        let (shutdown, tasks) = (CancellationToken::new(), TaskTracker::new());
        let router = web::router(web::Shared::new(
            &config,
            web::Parts {
                phone_origin,
                rooms,
                first_room: Mutex::new(Some(first_room)),
                pipeline: Arc::clone(&pipeline),
                metrics: Arc::clone(&metrics),
                certificates: Arc::clone(&certificates),
                shutdown: shutdown.clone(),
                tasks: tasks.clone(),
            },
        ));
        Ok(Self {
            listener,
            local_addr,
            connections,
            metrics,
            certificates,
            tls,
            router,
            join_url,
            shutdown,
            tasks,
            _pipeline: pipeline,
        })
    }

    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The viewer's address on this machine.
    pub fn viewer_url(&self) -> String {
        format!("http://localhost:{}/", self.local_addr.port())
    }

    /// What HTTPS shows; it can be renewed while the server runs.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// What people should know of the certificate before they send a phone here.
    pub fn certificate_advice(&self) -> Advice {
        let (origin, _) = self.join_url.split_once("/j/").unwrap_or_default();
        self.certificates.advice(origin)
    }

    /// The phone's address of the first room; the first viewer on this machine gets that room.
    pub fn join_url(&self) -> &str {
        &self.join_url
    }

    /// The same room's phone address for programs on this machine: plain HTTP, with no certificate to trust.
    pub fn local_join_url(&self) -> String {
        let token = self.join_url.rsplit('/').next().unwrap_or_default();
        format!("{}j/{token}", self.viewer_url())
    }

    /// Serves until [`Server::shutdown`], then closes every connection with a reason.
    pub async fn serve(&self) -> Result<()> {
        let accepting = async {
            loop {
                self.accept_one().await;
            }
        };
        let working = async { tokio::join!(accepting, self.certificates.keep_fresh()) };
        self.shutdown.run_until_cancelled(working).await;
        self.tasks.close();
        if timeout(SHUTDOWN_GRACE, self.tasks.wait()).await.is_err() {
            tracing::warn!("{} connections did not close in time", self.tasks.len());
        }
        Ok(())
    }

    /// Asks [`Server::serve`] to end.
    pub fn shutdown(&self) {
        self.shutdown.cancel();
    }

    async fn accept_one(&self) {
        let slots = Arc::clone(&self.connections);
        let slot = slots
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let (stream, peer) = match self.listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!("accepting failed: {error}");
                return tokio::time::sleep(ACCEPT_RETRY).await;
            }
        };
        let (tls, router) = (self.tls.clone(), self.router.clone());
        let shutdown = self.shutdown.clone();
        let stream = Lingering::new(stream, slot, &self.metrics, self.tasks.clone());
        self.tasks.spawn(async move {
            if let Err(error) = serve_connection(stream, tls, router, shutdown).await {
                tracing::debug!("connection from {peer}: {error:#}");
            }
        });
    }
}

pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {address}: is another program using the port? (--port takes another)"
        )
    })
}

async fn serve_connection(
    mut stream: Lingering,
    tls: TlsAcceptor,
    router: Router,
    shutdown: CancellationToken,
) -> Result<()> {
    // Answers are small and back to back; without this each second one waits for an acknowledgement.
    stream.tcp().set_nodelay(true)?;
    let mut first = [0];
    let peeked = shutdown
        .run_until_cancelled(timeout(HELLO_TIMEOUT, stream.tcp().peek(&mut first)))
        .await;
    let Some(peeked) = peeked else { return Ok(()) };
    if peeked.context("the client said nothing")?? == 0 {
        return Ok(());
    }
    if first[0] == TLS_HANDSHAKE {
        stream.count_as(Transport::Tls);
        let handshake = timeout(HELLO_TIMEOUT, tls.accept(stream));
        let Some(stream) = shutdown.run_until_cancelled(handshake).await else {
            return Ok(());
        };
        let stream = stream.context("TLS handshake")??;
        serve_http(stream, Transport::Tls, router, shutdown).await
    } else {
        stream.count_as(Transport::Plain);
        serve_http(stream, Transport::Plain, router, shutdown).await
    }
}

async fn serve_http<IO>(
    io: IO,
    transport: Transport,
    router: Router,
    shutdown: CancellationToken,
) -> Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = router.map_request(move |mut request: hyper::Request<_>| {
        request.extensions_mut().insert(transport);
        request
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HELLO_TIMEOUT)
        .serve_connection(TokioIo::new(io), TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        served = connection.as_mut() => served?,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await?;
        }
    }
    Ok(())
}
