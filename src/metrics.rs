//! What `GET /metrics` tells. Every metric is named in this file, but for the process's own.
//!
//! Each server has its own registry: several run side by side in the tests. What is counted for
//! every frame is looked up once, and then an atomic. Labels are words of this program, never a client's.

mod frames;
mod process;
mod refusals;
mod register;

use std::time::{SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use prometheus::{Error, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry, TextEncoder};

use crate::config::Config;
use crate::rooms::Occupancy;

pub use prometheus::TEXT_FORMAT;
pub use refusals::Refusal;
pub use register::Counted;

use frames::FrameMetrics;
use process::ProcessCollector;
use refusals::RefusalMetrics;
use register::Register;

/// The server's figures. Counters only grow; the rest is as things stand.
pub struct Metrics {
    registry: Registry,
    pub frames: FrameMetrics,
    pub workers_busy: IntGauge,
    frames_waiting: IntGauge,
    tasks: IntGauge,
    pub sockets: SocketMetrics,
    pub connections: ConnectionMetrics,
    /// By route template and class of status.
    pub requests: IntCounterVec,
    pub rooms: RoomMetrics,
    pub relay: RelayMetrics,
    pub refusals: RefusalMetrics,
}

impl Metrics {
    pub fn new(config: &Config) -> Result<Self, Error> {
        let registry = Registry::new();
        registry.register(Box::new(ProcessCollector::new()?))?;
        let add = Register(&registry);
        tell_what_stays(&add, config)?;
        Ok(Self {
            frames: frame_metrics(&add)?,
            workers_busy: add.gauge(
                "sightline_inference_workers_busy",
                "Inference workers that have a frame in hand.",
            )?,
            frames_waiting: add.gauge(
                "sightline_frames_waiting",
                "Frames that wait for a worker, at most one for each detection socket.",
            )?,
            tasks: add.gauge(
                "sightline_tasks",
                "Asynchronous tasks alive: one or more for each connection.",
            )?,
            sockets: SocketMetrics::new(&add)?,
            connections: ConnectionMetrics::new(&add)?,
            requests: add.counters(
                "sightline_http_requests_total",
                "HTTP requests answered, by route template and class of status.",
                &["route", "status"],
            )?,
            rooms: RoomMetrics::new(&add)?,
            relay: RelayMetrics::new(&add)?,
            refusals: RefusalMetrics::new(&add)?,
            registry,
        })
    }

    /// All figures in Prometheus's text format. What is counted elsewhere is asked for by the caller,
    /// who is a task itself.
    pub fn text(&self, occupancy: Occupancy, frames_waiting: usize) -> Result<String, Error> {
        self.frames_waiting.set(signed(frames_waiting));
        self.rooms.show(occupancy);
        let runtime = tokio::runtime::Handle::current();
        self.tasks.set(signed(runtime.metrics().num_alive_tasks()));
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// The detection sockets. WebSocket's framing is not in the bytes.
pub struct SocketMetrics {
    pub open: IntGauge,
    pub received_bytes: IntCounter,
    pub sent_bytes: IntCounter,
}

impl SocketMetrics {
    fn new(add: &Register) -> Result<Self, Error> {
        Ok(Self {
            open: add.gauge("sightline_detect_sockets_open", "Detection sockets open.")?,
            received_bytes: add.counter(
                "sightline_detect_received_bytes_total",
                "Bytes of the messages received on detection sockets.",
            )?,
            sent_bytes: add.counter(
                "sightline_detect_sent_bytes_total",
                "Bytes of the messages sent on detection sockets.",
            )?,
        })
    }
}

/// TCP connections, by transport.
pub struct ConnectionMetrics {
    pub open: IntGaugeVec,
    pub total: IntCounterVec,
}

impl ConnectionMetrics {
    /// A connection that has said nothing yet: its first byte tells whether it is `plain` or `tls`.
    pub const SILENT: &str = "silent";

    fn new(add: &Register) -> Result<Self, Error> {
        let metrics = Self {
            open: add.gauges(
                "sightline_connections_open",
                "TCP connections open, by transport; silent ones have sent no byte yet.",
                &["transport"],
            )?,
            total: add.counters(
                "sightline_connections_total",
                "TCP connections that have sent a byte, by transport.",
                &["transport"],
            )?,
        };
        metrics.open.with_label_values(&[Self::SILENT]);
        for transport in ["plain", "tls"] {
            metrics.open.with_label_values(&[transport]);
            metrics.total.with_label_values(&[transport]);
        }
        Ok(metrics)
    }
}

pub struct RoomMetrics {
    pub created: IntCounter,
    pub signals: IntCounter,
    open: IntGauge,
    seats: IntGaugeVec,
}

impl RoomMetrics {
    fn new(add: &Register) -> Result<Self, Error> {
        Ok(Self {
            created: add.counter("sightline_rooms_created_total", "Rooms given to viewers.")?,
            signals: add.counter(
                "sightline_room_signals_total",
                "Signals passed on from one seat of a room to the other.",
            )?,
            open: add.gauge("sightline_rooms_open", "Rooms kept, empty ones included.")?,
            seats: add.gauges(
                "sightline_seats_taken",
                "Seats taken in all rooms, by role.",
                &["role"],
            )?,
        })
    }

    fn show(&self, occupancy: Occupancy) {
        let seats = |role| self.seats.with_label_values(&[role]);
        self.open.set(signed(occupancy.rooms));
        seats("viewer").set(signed(occupancy.viewers));
        seats("phone").set(signed(occupancy.phones));
    }
}

/// Frames that go through the server, because phone and viewer cannot reach each other.
pub struct RelayMetrics {
    pub sockets_open: IntGauge,
    pub frames: IntCounter,
    pub replaced: IntCounter,
    pub bytes: IntCounter,
}

impl RelayMetrics {
    fn new(add: &Register) -> Result<Self, Error> {
        Ok(Self {
            sockets_open: add.gauge(
                "sightline_relay_sockets_open",
                "Viewers that listen to the relay.",
            )?,
            frames: add.counter(
                "sightline_relay_frames_total",
                "Frames passed on from a phone to its viewer.",
            )?,
            replaced: add.counter(
                "sightline_relay_replaced_frames_total",
                "Frames that a newer one replaced before the viewer took them.",
            )?,
            bytes: add.counter(
                "sightline_relay_bytes_total",
                "Bytes of the frames passed on.",
            )?,
        })
    }
}

fn frame_metrics(add: &Register) -> Result<FrameMetrics, Error> {
    let received = add.counter(
        "sightline_frames_received_total",
        "Frames received on detection sockets.",
    )?;
    let outcomes = add.counters(
        "sightline_frames_total",
        "Frames by outcome: each received frame gets exactly one.",
        &["outcome"],
    )?;
    let whole = add.histogram(
        "sightline_frame_duration_seconds",
        "From a frame's last byte to its detections, of frames with the outcome answered.",
        &frames::BUCKETS,
    )?;
    let stages = add.histograms(
        "sightline_stage_duration_seconds",
        "The stages of an answered frame, which add up to its duration.",
        &["stage"],
        &frames::BUCKETS,
    )?;
    Ok(FrameMetrics::new(received, &outcomes, whole, &stages))
}

/// Set at start and never again.
fn tell_what_stays(add: &Register, config: &Config) -> Result<(), Error> {
    let started = "When the server started, in seconds since the Unix epoch.";
    let started = add.number("sightline_start_time_seconds", started)?;
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    started.set(since_epoch.map_or(f64::NAN, |since| since.as_secs_f64()));

    let version = [("version", env!("CARGO_PKG_VERSION"))];
    add.info("sightline_build_info", "The program's version.", &version)?;
    let mode = config.mode.to_possible_value().expect("no mode is hidden");
    let mode = [("mode", mode.get_name())];
    add.info(
        "sightline_mode_info",
        "Where viewers infer unless they choose.",
        &mode,
    )?;
    tell_model(add, config)?;
    tell_limits(add, config)
}

fn tell_limits(add: &Register, config: &Config) -> Result<(), Error> {
    let pipeline = &config.pipeline;
    for (name, help, value) in [
        (
            "sightline_inference_workers",
            "Inference sessions, each on a worker of its own.",
            pipeline.workers,
        ),
        (
            "sightline_inference_threads",
            "Threads in each inference session.",
            pipeline.threads,
        ),
        (
            "sightline_connections_max",
            "TCP connections that may be open at a time.",
            config.max_connections,
        ),
        (
            "sightline_rooms_max",
            "Rooms that are kept at a time.",
            config.room_limits.max_rooms,
        ),
    ] {
        add.gauge(name, help)?.set(signed(value));
    }
    Ok(())
}

fn tell_model(add: &Register, config: &Config) -> Result<(), Error> {
    let manifest = &config.pipeline.manifest;
    let input = &manifest.input;
    let labels = [
        ("name", manifest.name.as_str()),
        ("file", &manifest.file.to_string_lossy()),
        ("input", &format!("{}x{}", input.width, input.height)),
        ("score_threshold", &manifest.thresholds.score.to_string()),
    ];
    add.info(
        "sightline_model_info",
        "The model; input is width x height.",
        &labels,
    )
}

/// Prometheus's whole gauges are signed.
fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
