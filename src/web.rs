//! HTTP: the router, what every handler shares, and the rules for every request. Only this folder
//! (and the connections under it, `server.rs`) knows axum.

mod detect;
mod error;
mod guard;
mod metrics;
mod pages;
mod requests;
mod rooms;
mod trust;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::config::Config;
use crate::metrics::Metrics;
use crate::model::MANIFEST_FILE;
use crate::pipeline::Pipeline;
use crate::protocol::{ClientConfig, Health, ModelInfo};
use crate::rooms::{RoomKeys, Rooms};
use crate::tls::Certificates;

pub use guard::Transport;
pub use rooms::join_url;

/// An SDP with many candidates is about 8 KiB.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// Between two pieces of a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What the server builds once and the handlers share.
pub struct Parts {
    pub phone_origin: String,
    pub rooms: Rooms,
    /// The room whose QR the terminal shows, until the first viewer on this machine takes it.
    pub first_room: Mutex<Option<RoomKeys>>,
    pub pipeline: Arc<Pipeline>,
    pub metrics: Arc<Metrics>,
    pub certificates: Arc<Certificates>,
    pub shutdown: CancellationToken,
    pub tasks: TaskTracker,
}

pub type AppState = Arc<Shared>;

pub struct Shared {
    parts: Parts,
    client_config: ClientConfig,
    health: Health,
    max_frame_bytes: usize,
    folders: pages::Folders,
}

impl Shared {
    pub fn new(config: &Config, parts: Parts) -> AppState {
        Arc::new(Self {
            client_config: ClientConfig {
                certificate: trust::certificate_info(config, &parts),
                ..client_config(config)
            },
            parts,
            health: health(config),
            max_frame_bytes: config.max_frame_bytes,
            folders: pages::Folders::new(config),
        })
    }

    /// The terminal's room, once; unless it has made way for others meanwhile.
    fn take_first_room(&self) -> Option<RoomKeys> {
        let first = self
            .first_room
            .lock()
            .expect("no holder of this lock panics")
            .take()?;
        self.rooms.exists(&first.room).then_some(first)
    }
}

impl std::ops::Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/api/config", get(pages::config))
        .route("/api/detect", get(detect::connect))
        .route("/api/join/{token}", get(rooms::join))
        .route("/api/rooms", post(rooms::create))
        .route("/api/rooms/{room}/events", get(rooms::events))
        .route("/api/rooms/{room}/signal", post(rooms::signal))
        .merge(rooms::metrics::routes())
        .route("/healthz", get(pages::health))
        .route("/j/{token}", get(pages::phone))
        .route("/metrics", get(metrics::text))
        .merge(trust::routes())
        .merge(pages::files(&state.folders))
        .fallback(error::not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        .layer(middleware::from_fn(guard::check_request))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&state),
            requests::follow,
        ))
        .with_state(state)
}

fn client_config(config: &Config) -> ClientConfig {
    let manifest = &config.pipeline.manifest;
    ClientConfig {
        version: version(),
        mode: config.mode,
        model: ModelInfo {
            name: manifest.name.clone(),
            manifest: format!("{}/{MANIFEST_FILE}", pages::MODELS),
            input_width: manifest.input.width,
            input_height: manifest.input.height,
            score_threshold: manifest.thresholds.score,
        },
        labels: manifest.label_names(),
        ice_servers: Vec::new(),
        join_obstacle: config.phone_host.obstacle().map(str::to_owned),
        certificate: None,
    }
}

fn health(config: &Config) -> Health {
    let pipeline = &config.pipeline;
    Health {
        status: "ok".to_owned(),
        version: version(),
        model: pipeline.manifest.name.clone(),
        workers: u32::try_from(pipeline.workers).unwrap_or(u32::MAX),
        threads: u32::try_from(pipeline.threads).unwrap_or(u32::MAX),
    }
}

fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
