//! Flags and environment → a checked [`Config`].

pub(crate) mod guard;
pub mod ice;
pub(crate) mod parts;
mod phone_host;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;

use crate::gpu;
use crate::ice::Ice;
use crate::lan::{LanAddress, watch::Scope};
use crate::logging::LogFormat;
use crate::model::Manifest;
use crate::pipeline::PipelineConfig;
use crate::protocol::Mode;
use crate::rooms::RoomLimits;
use crate::tls::CertificateFiles;
use crate::tunnel::TunnelKind;

pub use guard::{GuardArgs, GuardConfig, Limits};
pub use phone_host::{Lack, PhoneHost, host_of};

/// Threads per session up to which one more still pays on common laptops.
const USEFUL_THREADS: usize = 4;
/// Each session holds about 60 MB.
const DEFAULT_MAX_WORKERS: usize = 4;
/// Time enough to walk to a phone and type; short, because short codes can be guessed.
const CODE_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Sightline: a phone's camera as a live object detector.
#[derive(Debug, Clone, Parser)]
#[command(version, about)]
pub struct Args {
    /// Where inference runs; default: server if this machine has a GPU, else wasm
    #[arg(long, env = "MODE", value_enum)]
    pub mode: Option<Mode>,
    /// Address to listen on
    #[arg(long, env = "SIGHTLINE_HOST", default_value = "0.0.0.0")]
    pub host: IpAddr,
    /// Port for HTTP and HTTPS; 0 takes a free one
    #[arg(long, env = "PORT", default_value_t = 3000)]
    pub port: u16,
    /// Host (or host:port, or https:// address) that phones reach this machine by; default: its LAN address
    #[arg(long, env = "PUBLIC_HOST")]
    pub public_host: Option<String>,
    /// Set by the Dockerfile: a container's own addresses mean nothing to phones
    #[arg(long, env = "SIGHTLINE_CONTAINER", hide = true)]
    pub container: bool,
    /// Folder with the model and its manifest.json
    #[arg(
        long,
        env = "MODEL",
        value_name = "DIR",
        default_value = "models/ssdlite_mobilenet_v2"
    )]
    pub model: PathBuf,
    /// Detections below this score are not reported; default: the manifest's
    #[arg(long, env = "SCORE", value_name = "0..1")]
    pub score: Option<f32>,
    /// Inference sessions that run side by side; default: fits the machine
    #[arg(long, env = "WORKERS")]
    pub workers: Option<usize>,
    /// Threads in each session; default: fits the machine
    #[arg(long, env = "THREADS")]
    pub threads: Option<usize>,
    /// ONNX Runtime's shared library; default: the npm package's
    #[arg(long, env = "ORT_DYLIB_PATH", value_name = "FILE")]
    pub onnxruntime: Option<PathBuf>,
    /// Folder with the built pages
    #[arg(
        long,
        env = "PAGES",
        value_name = "DIR",
        default_value = "frontend/dist"
    )]
    pub pages: PathBuf,
    /// Folder that keeps certificates and rooms; default: ~/.local/state/sightline
    #[arg(long, env = "STATE_DIR", value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Certificate (PEM, with its chain) to show in place of this computer's own; default: a local authority's
    #[arg(long, env = "CERT", value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// Private key (PEM) of --cert; default: a local authority's
    #[arg(long, env = "KEY", value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Opens a tunnel by this program of yours, whose address phones go to; default: none
    #[arg(long, env = "TUNNEL", value_enum)]
    pub tunnel: Option<TunnelKind>,
    /// Short for --tunnel ngrok
    #[arg(long)]
    pub ngrok: bool,
    /// Largest message on the detection socket, in bytes
    #[arg(long, env = "MAX_FRAME_BYTES", default_value_t = 4 << 20)]
    pub max_frame_bytes: usize,
    /// Largest JPEG, in pixels
    #[arg(long, env = "MAX_PIXELS", default_value_t = 3840 * 2160)]
    pub max_pixels: usize,
    /// Rooms kept at a time, 65536 at most; beyond it, one that nobody entered in 10 s makes way, else the one empty longest
    #[arg(long, env = "MAX_ROOMS", default_value_t = 1024)]
    pub max_rooms: usize,
    /// Minutes after which an empty room is forgotten
    #[arg(long, env = "ROOM_IDLE_MINUTES", default_value_t = 720)]
    pub room_idle_minutes: u64,
    /// Events kept for each seat of a room, so that a page whose stream broke misses none
    #[arg(long, env = "ROOM_EVENTS", default_value_t = 64)]
    pub room_events: usize,
    /// Connections open at a time, fewer where there may be too few files; further ones are told so and closed, but 16 of this machine
    #[arg(long, env = "MAX_CONNECTIONS", default_value_t = 1024)]
    pub max_connections: usize,
    #[command(flatten)]
    pub guard: GuardArgs,
    /// RUST_LOG chooses what is logged, this option its form on stderr
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    #[command(flatten)]
    pub ice: ice::IceArgs,
}

/// What the server runs with: every value checked, every default filled in.
#[derive(Debug, Clone)]
pub struct Config {
    pub mode: Mode,
    /// Who chose the mode, for people.
    pub mode_reason: String,
    pub listen: SocketAddr,
    /// Where addresses are looked for while the server runs.
    pub scope: Scope,
    /// This machine's addresses that others reach, the likeliest first, as of now.
    pub addresses: Vec<LanAddress>,
    pub phone_host: PhoneHost,
    pub pipeline: PipelineConfig,
    pub pages: PathBuf,
    pub state_dir: PathBuf,
    pub certificate: Option<CertificateFiles>,
    /// This machine's name, for people.
    pub computer: String,
    pub tunnel: Option<TunnelKind>,
    pub max_frame_bytes: usize,
    pub max_connections: usize,
    pub room_limits: RoomLimits,
    pub guard: GuardConfig,
    pub ice: Ice,
    /// How long a short code may be typed.
    pub code_lifetime: Duration,
}

impl TryFrom<Args> for Config {
    type Error = anyhow::Error;

    fn try_from(args: Args) -> Result<Self> {
        parts::check_limits(&args)?;
        parts::check_pages(&args.pages)?;
        let scope = parts::scope(&args);
        let addresses = scope.look();
        let (mode, mode_reason) = parts::mode(&args, gpu::find);
        Ok(Self {
            mode,
            mode_reason,
            listen: SocketAddr::new(args.host, args.port),
            phone_host: parts::phone_host(&args, &addresses)?,
            scope,
            addresses,
            ice: Ice::try_from(&args.ice)?,
            pipeline: PipelineConfig::try_from(&args)?,
            state_dir: parts::state_dir(&args)?,
            certificate: parts::certificate_files(&args),
            computer: parts::computer(&args),
            tunnel: parts::tunnel(&args)?,
            pages: args.pages,
            max_frame_bytes: args.max_frame_bytes,
            max_connections: args.max_connections,
            room_limits: RoomLimits {
                max_rooms: args.max_rooms,
                idle: Duration::from_secs(args.room_idle_minutes * 60),
                max_events: args.room_events,
            },
            guard: GuardConfig::try_from(&args.guard)?,
            code_lifetime: CODE_LIFETIME,
        })
    }
}

impl TryFrom<&Args> for PipelineConfig {
    type Error = anyhow::Error;

    fn try_from(args: &Args) -> Result<Self> {
        let mut manifest = Manifest::load(&args.model)?;
        if let Some(score) = args.score {
            manifest.thresholds.score = score;
        }
        let cores = std::thread::available_parallelism().map_or(1, Into::into);
        // A single viewer is the common case, and threads shorten its wait; sessions serve several.
        // `check` comes here with options that are out of their limits, too.
        let threads = args.threads.unwrap_or(cores.min(USEFUL_THREADS)).max(1);
        let workers = args
            .workers
            .unwrap_or((cores / threads).clamp(1, DEFAULT_MAX_WORKERS));
        Ok(Self {
            onnxruntime: parts::onnxruntime(args.onnxruntime.as_deref())?,
            model_dir: args.model.clone(),
            manifest,
            workers,
            threads,
            max_pixels: args.max_pixels,
        })
    }
}

impl Config {
    /// Where inference runs and why, in a line.
    pub fn mode_line(&self) -> String {
        let line = parts::mode_line(self.mode, &self.mode_reason);
        format!("Mode: {line}")
    }

    /// Every name that the certificate must be valid for.
    pub fn certificate_names(&self) -> Vec<String> {
        self.certificate_names_for(&self.addresses)
    }

    /// The same, when this machine's addresses have changed.
    pub fn certificate_names_for(&self, addresses: &[LanAddress]) -> Vec<String> {
        let phone_host = self.phone_host.after_change(addresses);
        parts::certificate_names(self.listen.ip(), addresses, &phone_host, &self.computer)
    }

    /// Sends phones to a tunnel's address in place of this machine's.
    pub fn reach_by(&mut self, origin: &str) -> Result<()> {
        self.phone_host = PhoneHost::by_tunnel(origin)?;
        Ok(())
    }
}

pub(crate) fn default_state_dir() -> Result<PathBuf> {
    let base = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state"));
    let base = base
        .or_else(home)
        .context("no home folder to keep the certificate in: name a folder by --state-dir DIR")?;
    Ok(base.join("sightline"))
}
