//! One port for HTTP and HTTPS: accepts connections, tells them apart by their first byte, and
//! hands their requests to the router.

mod lingering;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::config::Config;
use crate::join::JoinAddresses;
use crate::lan::{self, LanAddress};
use crate::metrics::Metrics;
use crate::pipeline::Pipeline;
use crate::rooms::Rooms;
use crate::rooms::codes::{CodeLimits, Codes};
use crate::tls;
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
    tls: TlsAcceptor,
    router: Router,
    join: JoinAddresses,
    first_phone_token: String,
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
        let tls = tls::acceptor(&config.state_dir, &config.certificate_names())?;
        let (teller, addresses) = watch::channel(config.addresses.clone());
        let join = JoinAddresses::new(config.phone_host.clone(), local_addr.port(), addresses);
        let rooms = Rooms::new(config.room_limits);
        let first_room = rooms.create()?;
        let first_phone_token = first_room.phone_token.clone();
        let codes = Codes::new(CodeLimits {
            lifetime: config.code_lifetime,
            max_codes: config.room_limits.max_rooms,
        });
        let connections = Arc::new(Semaphore::new(config.max_connections));
        let (shutdown, tasks) = (CancellationToken::new(), TaskTracker::new());
        let viewers = rooms.clone();
        let changed = move |_: &[LanAddress]| viewers.renew_invitations();
        let following = lan::watch::follow(config.scope, teller, changed);
        tasks.spawn(shutdown.clone().run_until_cancelled_owned(following));
        let router = web::router(web::Shared::new(
            &config,
            web::Parts {
                join: join.clone(),
                rooms,
                codes,
                first_room: Mutex::new(Some(first_room)),
                pipeline: Arc::clone(&pipeline),
                metrics: Arc::clone(&metrics),
                shutdown: shutdown.clone(),
                tasks: tasks.clone(),
            },
        ));
        Ok(Self {
            listener,
            local_addr,
            connections,
            metrics,
            tls,
            router,
            join,
            first_phone_token,
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

    /// The phone's address of the first room, as of now; the first viewer on this machine gets that room.
    pub fn join_url(&self) -> String {
        web::join_url(&self.join.origin(), &self.first_phone_token)
    }

    /// Where phones are sent, also after this machine's addresses have changed.
    pub fn join_addresses(&self) -> JoinAddresses {
        self.join.clone()
    }

    /// The same room's phone address for programs on this machine: plain HTTP, with no certificate to trust.
    pub fn local_join_url(&self) -> String {
        format!("{}j/{}", self.viewer_url(), self.first_phone_token)
    }

    /// Serves until [`Server::shutdown`], then closes every connection with a reason.
    pub async fn serve(&self) -> Result<()> {
        let accepting = async {
            loop {
                self.accept_one().await;
            }
        };
        self.shutdown.run_until_cancelled(accepting).await;
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

async fn listen(address: SocketAddr) -> Result<TcpListener> {
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
    let peer = stream.tcp().peer_addr()?;
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
        serve_http(stream, Transport::Tls, peer, router, shutdown).await
    } else {
        stream.count_as(Transport::Plain);
        serve_http(stream, Transport::Plain, peer, router, shutdown).await
    }
}

async fn serve_http<IO>(
    io: IO,
    transport: Transport,
    peer: SocketAddr,
    router: Router,
    shutdown: CancellationToken,
) -> Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = router.map_request(move |mut request: hyper::Request<_>| {
        request.extensions_mut().insert(transport);
        request.extensions_mut().insert(ConnectInfo(peer));
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
