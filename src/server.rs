//! One port for HTTP and HTTPS: accepts connections, tells them apart by their first byte, and
//! hands their requests to the router.

mod connection;
mod files;
mod lingering;
mod pace;
mod places;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, Limits, host_of};
use crate::join::JoinAddresses;
use crate::lan::{self, LanAddress};
use crate::metrics::Metrics;
use crate::pipeline::Pipeline;
use crate::rooms::codes::{CodeLimits, Codes};
use crate::rooms::{RoomKeys, Rooms};
use crate::tls::{Advice, Certificates, Wanted};
use crate::web;
use connection::Serving;
pub use files::fitting_connections;
use lingering::Lingering;
use places::{Admission, Places};

/// How long connections may take to close once the server was asked to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(1500);
/// Pause after a failed accept (out of file descriptors, say).
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// A bound server. Dropping it closes the port.
pub struct Server {
    listener: TcpListener,
    local_addr: SocketAddr,
    places: Places,
    limits: Limits,
    metrics: Arc<Metrics>,
    certificates: Arc<Certificates>,
    tls: TlsAcceptor,
    router: Router,
    join: JoinAddresses,
    rooms: Rooms,
    /// In a container there is none: nobody could be told from others there who may have it.
    terminal_room: Option<RoomKeys>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
    /// Kept last: workers outlive the connections that wait for their answers.
    _pipeline: Arc<Pipeline>,
}

impl Server {
    /// Loads the model, takes the port and makes the terminal's room.
    pub async fn bind(config: Config) -> Result<Self> {
        let metrics = Arc::new(Metrics::new(&config)?);
        let pipeline = start_pipeline(&config, &metrics).await?;
        let listener = listen(config.listen).await?;
        let local_addr = listener.local_addr()?;
        let certificates = open_certificates(&config)?;
        let tls = certificates.acceptor()?;
        let rooms = Rooms::kept_in(&config.state_dir, config.room_limits);
        let terminal_room = terminal_room(&config, &rooms)?;
        let beside = Beside::default();
        beside.run(rooms.clone().keep_tidy());
        let join = follow_addresses(&config, local_addr.port(), &certificates, &rooms, &beside);
        let parts = web::Parts {
            guard: web::Guard::new(&config, local_addr.port()),
            join: join.clone(),
            rooms: rooms.clone(),
            codes: codes(&config),
            pipeline: Arc::clone(&pipeline),
            metrics: Arc::clone(&metrics),
            certificates: Arc::clone(&certificates),
            shutdown: beside.shutdown.clone(),
            tasks: beside.tasks.clone(),
        };
        Ok(Self {
            listener,
            local_addr,
            places: Places::new(&config),
            limits: config.guard.limits,
            metrics,
            certificates,
            tls,
            router: web::router(web::Shared::new(&config, parts)),
            join,
            rooms,
            terminal_room,
            shutdown: beside.shutdown,
            tasks: beside.tasks,
            _pipeline: pipeline,
        })
    }

    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The viewer's address on this machine.
    pub fn viewer_url(&self) -> String {
        viewer_url(self.local_addr)
    }

    /// What HTTPS shows; it can be renewed while the server runs.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// What people should know of the certificate before they send a phone here.
    pub fn certificate_advice(&self) -> Advice {
        self.join.certificate_advice(&self.certificates)
    }

    /// The phone's address of the terminal's room, as of now; the first viewer on this machine gets that room.
    pub fn join_url(&self) -> Option<String> {
        let room = self.terminal_room.as_ref()?;
        Some(web::join_url(&self.join.origin(), &room.phone_token))
    }

    /// Where phones are sent, also after this machine's addresses have changed.
    pub fn join_addresses(&self) -> JoinAddresses {
        self.join.clone()
    }

    /// The tunnel that phones came by is gone: they are sent to this machine's own address instead, and viewers
    /// told of that.
    pub fn tunnel_ended(&self) {
        self.join.forget_named();
        self.rooms.renew_invitations();
    }

    /// The same room's phone address for programs on this machine: by plain HTTP, with no certificate to trust,
    /// unless the server listens on one address of the network only.
    pub fn local_join_url(&self) -> Option<String> {
        let room = self.terminal_room.as_ref()?;
        Some(format!("{}j/{}", self.viewer_url(), room.phone_token))
    }

    /// Serves until [`Server::shutdown`], then closes every connection with a reason.
    pub async fn serve(&self) -> Result<()> {
        let accepting = async {
            let mut failing = false;
            loop {
                self.accept_one(&mut failing).await;
            }
        };
        let working = async { tokio::join!(accepting, self.certificates.keep_fresh()) };
        self.shutdown.run_until_cancelled(working).await;
        self.tasks.close();
        if timeout(SHUTDOWN_GRACE, self.tasks.wait()).await.is_err() {
            tracing::warn!("{} connections did not close in time", self.tasks.len());
        }
        self.rooms.close().await;
        Ok(())
    }

    /// Asks [`Server::serve`] to end.
    pub fn shutdown(&self) {
        self.shutdown.cancel();
    }

    /// `failing`: whether the last one did, which was told then.
    async fn accept_one(&self, failing: &mut bool) {
        let accepted = self.listener.accept().await;
        let was_failing = std::mem::replace(failing, accepted.is_err());
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                match was_failing {
                    false => {
                        tracing::warn!("accepting failed, and is tried until it works: {error}")
                    }
                    true => tracing::debug!("accepting failed again: {error}"),
                }
                return tokio::time::sleep(ACCEPT_RETRY).await;
            }
        };
        let (place, router) = match self.places.admit(peer.ip()) {
            Admission::Served(place) => (place, self.router.clone()),
            Admission::Told(place, why) => {
                self.metrics.refusals.count(why);
                (place, web::crowded(why))
            }
            Admission::Closed(why) => return self.metrics.refusals.count(why),
        };
        let serving = self.serving(router);
        let stream = Lingering::new(stream, place, &self.metrics, self.tasks.clone());
        self.tasks.spawn(async move {
            if let Err(error) = serving.connection(stream, peer.ip()).await {
                tracing::debug!("connection from {peer}: {error:#}");
            }
        });
    }

    fn serving(&self, router: Router) -> Serving {
        Serving {
            tls: self.tls.clone(),
            router,
            limits: self.limits,
            metrics: Arc::clone(&self.metrics),
            shutdown: self.shutdown.clone(),
        }
    }
}

/// Who listens on one address is reached by that one, and plain HTTP is for loopback.
fn viewer_url(listening: SocketAddr) -> String {
    let (ip, port) = (listening.ip(), listening.port());
    let is_localhost = ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST;
    match ip {
        _ if ip.is_unspecified() || is_localhost => format!("http://localhost:{port}/"),
        _ if ip.is_loopback() => format!("http://{ip}:{port}/"),
        _ => format!("https://{}:{port}/", host_of(ip)),
    }
}

/// What goes on beside the connections until the server is asked to stop.
#[derive(Default)]
struct Beside {
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

impl Beside {
    fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        let until = self.shutdown.clone();
        self.tasks.spawn(until.run_until_cancelled_owned(work));
    }
}

async fn start_pipeline(config: &Config, metrics: &Arc<Metrics>) -> Result<Arc<Pipeline>> {
    let (config, metrics) = (config.pipeline.clone(), Arc::clone(metrics));
    let start = move || Pipeline::start(&config, &metrics);
    Ok(Arc::new(tokio::task::spawn_blocking(start).await??))
}

fn open_certificates(config: &Config) -> Result<Arc<Certificates>> {
    let certificates = Certificates::open(&Wanted {
        files: config.certificate.as_ref(),
        folder: &config.state_dir,
        names: &config.certificate_names(),
        computer: &config.computer,
    })?;
    Ok(Arc::new(certificates))
}

/// In a container every peer looks foreign: a code shown there would lead to a room that no viewer gets.
fn terminal_room(config: &Config, rooms: &Rooms) -> Result<Option<RoomKeys>> {
    match config.scope.in_container {
        true => Ok(None),
        false => Ok(Some(rooms.terminal_room()?)),
    }
}

fn codes(config: &Config) -> Codes {
    Codes::new(CodeLimits {
        lifetime: config.code_lifetime,
        max_codes: config.room_limits.max_rooms,
    })
}

/// Where phones are sent. As this machine's addresses change, so do certificate and invitations.
fn follow_addresses(
    config: &Config,
    port: u16,
    certificates: &Arc<Certificates>,
    rooms: &Rooms,
    beside: &Beside,
) -> JoinAddresses {
    let (teller, addresses) = watch::channel(config.addresses.clone());
    let join = JoinAddresses::new(
        config.phone_host.clone(),
        config.scope.lack(),
        port,
        addresses,
    );
    let (certificates, rooms) = (Arc::clone(certificates), rooms.clone());
    let (config, scope) = (config.clone(), config.scope);
    let changed = move |addresses: &[LanAddress]| {
        // The one that there is stays in use.
        if let Err(error) = certificates.ensure(&config.certificate_names_for(addresses)) {
            tracing::warn!("no certificate for the new addresses: {error:#}");
        }
        rooms.renew_invitations();
    };
    beside.run(lan::watch::follow(scope, teller, changed));
    join
}

pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {address}: is another program using the port? (--port takes another)"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_viewer_is_sent_where_somebody_listens() {
        for (listening, url) in [
            ("0.0.0.0:3000", "http://localhost:3000/"),
            ("[::]:3000", "http://localhost:3000/"),
            ("127.0.0.1:3000", "http://localhost:3000/"),
            ("[::1]:3000", "http://localhost:3000/"),
            ("127.0.0.2:3000", "http://127.0.0.2:3000/"),
            ("192.168.1.5:3000", "https://192.168.1.5:3000/"),
            ("[fd00::2]:3000", "https://[fd00::2]:3000/"),
        ] {
            assert_eq!(viewer_url(listening.parse().unwrap()), url);
        }
    }
}
