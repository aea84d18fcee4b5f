//! HTTP: the router, what every handler shares, and the rules for every request. Only this folder
//! (and the connections under it, `server.rs`) knows axum.

mod clock;
mod detect;
mod error;
mod guard;
mod metrics;
mod pages;
mod requests;
mod rooms;
mod trust;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::ice::Ice;
use crate::join::JoinAddresses;
use crate::metrics::{Metrics, Refusal};
use crate::model::MANIFEST_FILE;
use crate::pipeline::Pipeline;
use crate::protocol::{ClientConfig, Health, ModelInfo};
use crate::relay::Relays;
use crate::rooms::Rooms;
use crate::rooms::codes::Codes;
use crate::tls::Certificates;

pub use guard::{Guard, Holding, Peer, Transport};
pub use rooms::join_url;

/// An SDP with many candidates is about 8 KiB.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// What the server builds once and the handlers share.
pub struct Parts {
    pub guard: Guard,
    pub join: JoinAddresses,
    pub rooms: Rooms,
    pub codes: Codes,
    pub pipeline: Arc<Pipeline>,
    pub metrics: Arc<Metrics>,
    pub certificates: Arc<Certificates>,
    pub shutdown: CancellationToken,
    pub tasks: TaskTracker,
}

pub type AppState = Arc<Shared>;

pub struct Shared {
    parts: Parts,
    /// But for what changes with this machine's addresses.
    client_config: ClientConfig,
    ice: Ice,
    health: Health,
    max_frame_bytes: usize,
    max_pixels: usize,
    relays: Relays,
    folders: pages::Folders,
}

impl Shared {
    pub fn new(config: &Config, parts: Parts) -> AppState {
        Arc::new(Self {
            parts,
            client_config: client_config(config),
            ice: config.ice.clone(),
            health: health(config),
            max_frame_bytes: config.max_frame_bytes,
            max_pixels: config.pipeline.max_pixels,
            relays: Relays::default(),
            folders: pages::Folders::new(config),
        })
    }
}

impl std::ops::Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

pub fn router(state: AppState) -> Router {
    let keyed = middleware::from_fn_with_state(Arc::clone(&state), guard::check_key);
    let rooms_limited = middleware::from_fn_with_state(Arc::clone(&state), guard::limit_rooms);
    let new_room = post(rooms::create).route_layer(rooms_limited);
    Router::new()
        .route(
            "/api/access",
            get(guard::granted).route_layer(keyed.clone()),
        )
        .route("/api/clock", get(clock::tell))
        .route("/api/config", get(pages::config))
        .route(
            "/api/detect",
            get(detect::connect).route_layer(keyed.clone()),
        )
        .route("/api/join/{token}", get(rooms::join))
        .route("/api/rooms", new_room.route_layer(keyed))
        .merge(rooms::invitation::routes())
        .merge(rooms::metrics::routes())
        .merge(rooms::seats::routes())
        .merge(rooms::ice::routes())
        .merge(rooms::relay::routes(state.max_frame_bytes))
        .route("/healthz", get(pages::health))
        .route("/metrics", get(metrics::text))
        .merge(trust::routes())
        .merge(pages::files(&state.folders))
        .fallback(error::not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&state),
            guard::limit_body,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&state),
            guard::check_request,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&state),
            requests::follow,
        ))
        .with_state(state)
}

/// For a connection too many, in all or of its address.
pub fn crowded(why: Refusal) -> Router {
    Router::new().fallback(async move || guard::tell_crowded(why))
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
        ice_servers: config.ice.open_servers(),
        join_obstacle: None,
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
