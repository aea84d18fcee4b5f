//! Flags and environment → a checked [`Config`].

mod phone_host;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::gpu;
use crate::lan;
use crate::model::Manifest;
use crate::pipeline::{PipelineConfig, infer};
use crate::protocol::Mode;
use crate::rooms::RoomLimits;

pub use phone_host::PhoneHost;

/// Threads per session up to which one more still pays on common laptops.
const USEFUL_THREADS: usize = 4;
/// Each session holds about 60 MB.
const DEFAULT_MAX_WORKERS: usize = 4;

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
    /// ONNX Runtime's shared library; default: the one of the npm package
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
    /// Folder that keeps the certificate; default: the user's state folder
    #[arg(long, env = "STATE_DIR", value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Largest message on the detection socket, in bytes
    #[arg(long, env = "MAX_FRAME_BYTES", default_value_t = 4 << 20)]
    pub max_frame_bytes: usize,
    /// Largest JPEG, in pixels
    #[arg(long, env = "MAX_PIXELS", default_value_t = 3840 * 2160)]
    pub max_pixels: usize,
    /// Rooms kept at a time
    #[arg(long, env = "MAX_ROOMS", default_value_t = 1024)]
    pub max_rooms: usize,
    /// Minutes after which an empty room is forgotten
    #[arg(long, env = "ROOM_IDLE_MINUTES", default_value_t = 720)]
    pub room_idle_minutes: u64,
    /// Connections open at a time
    #[arg(long, env = "MAX_CONNECTIONS", default_value_t = 1024)]
    pub max_connections: usize,
}

/// What the server runs with: every value checked, every default filled in.
#[derive(Debug, Clone)]
pub struct Config {
    pub mode: Mode,
    /// Who chose the mode, for people.
    pub mode_reason: String,
    pub listen: SocketAddr,
    pub phone_host: PhoneHost,
    pub pipeline: PipelineConfig,
    pub pages: PathBuf,
    pub state_dir: PathBuf,
    pub max_frame_bytes: usize,
    pub max_connections: usize,
    pub room_limits: RoomLimits,
}

impl TryFrom<Args> for Config {
    type Error = anyhow::Error;

    fn try_from(args: Args) -> Result<Self> {
        check_limits(&args)?;
        ensure!(
            ["index.html", "phone.html"]
                .iter()
                .all(|page| args.pages.join(page).is_file()),
            "no pages in {}: build them with `npm ci --ignore-scripts && npm run build` in frontend/, \
             or use ./start.sh",
            args.pages.display()
        );
        let phone_host = match &args.public_host {
            Some(host) => PhoneHost::parse(host)?,
            None => PhoneHost::of_this_machine(),
        };
        let (mode, mode_reason) = match args.mode {
            Some(mode) => (mode, "as --mode or MODE says".to_owned()),
            None => mode_for(gpu::find()),
        };
        Ok(Self {
            mode,
            mode_reason,
            listen: SocketAddr::new(args.host, args.port),
            phone_host,
            pipeline: PipelineConfig::try_from(&args)?,
            pages: args.pages,
            state_dir: args.state_dir.map_or_else(default_state_dir, Ok)?,
            max_frame_bytes: args.max_frame_bytes,
            max_connections: args.max_connections,
            room_limits: RoomLimits {
                max_rooms: args.max_rooms,
                idle: Duration::from_secs(args.room_idle_minutes * 60),
            },
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
        let threads = args.threads.unwrap_or(cores.min(USEFUL_THREADS));
        let workers = args
            .workers
            .unwrap_or((cores / threads).clamp(1, DEFAULT_MAX_WORKERS));
        Ok(Self {
            onnxruntime: onnxruntime(args.onnxruntime.as_deref())?,
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
        let (mode, meaning, others) = match self.mode {
            Mode::Server => ("server", "this computer infers, on its CPU", "wasm or auto"),
            Mode::Wasm => ("wasm", "the viewer's browser infers", "server or auto"),
            Mode::Auto => (
                "auto",
                "the viewer measures both and picks",
                "server or wasm",
            ),
        };
        let reason = &self.mode_reason;
        format!(
            "Mode: {mode}, {meaning} ({reason}; --mode {others}, or the page's switch, for the rest)"
        )
    }

    /// Every name that the certificate must be valid for.
    pub fn certificate_names(&self) -> Vec<String> {
        let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(String::from).into();
        names.extend(lan::addresses().iter().map(ToString::to_string));
        names.extend(self.phone_host.bare_host());
        names.sort();
        names.dedup();
        names
    }
}

/// The mode for a machine with this GPU, and why.
fn mode_for(gpu: Option<&str>) -> (Mode, String) {
    match gpu {
        Some(gpu) => {
            let reason = format!("{gpu} found, though the server itself infers on the CPU");
            (Mode::Server, reason)
        }
        None => (Mode::Wasm, "no GPU found".to_owned()),
    }
}

fn check_limits(args: &Args) -> Result<()> {
    let positive = [
        ("--workers", args.workers.unwrap_or(1)),
        ("--threads", args.threads.unwrap_or(1)),
        ("--max-frame-bytes", args.max_frame_bytes),
        ("--max-pixels", args.max_pixels),
        ("--max-rooms", args.max_rooms),
        ("--max-connections", args.max_connections),
    ];
    for (flag, value) in positive {
        ensure!(value > 0, "{flag} must be at least 1");
    }
    ensure!(
        (1..=525_600).contains(&args.room_idle_minutes),
        "--room-idle-minutes must lie between 1 and 525600, a year"
    );
    if let Some(score) = args.score {
        ensure!(
            score > 0.0 && score < 1.0,
            "--score must lie between 0 and 1"
        );
    }
    Ok(())
}

fn onnxruntime(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(file) = named {
        ensure!(
            file.is_file(),
            "no ONNX Runtime at {}: check --onnxruntime",
            file.display()
        );
        return Ok(file.to_owned());
    }
    infer::find_library().context(
        "ONNX Runtime is missing: install it with `npm ci --ignore-scripts` in frontend/ (or use \
         ./start.sh), or name the library by --onnxruntime FILE",
    )
}

fn default_state_dir() -> Result<PathBuf> {
    let base = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state"));
    let base = base
        .or_else(home)
        .context("no home folder to keep the certificate in: name a folder by --state-dir DIR")?;
    Ok(base.join("sightline"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_with_a_gpu_infers_itself() {
        assert_eq!(mode_for(Some("an NVIDIA GPU")).0, Mode::Server);
        assert_eq!(mode_for(None).0, Mode::Wasm);
    }
}
