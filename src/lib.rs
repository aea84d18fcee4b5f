//! Sightline: scan a QR code, and a phone's camera becomes a live object detector on a laptop.
//!
//! ```text
//! phone page ──getUserMedia──▶ RTCPeerConnection ══ video, peer to peer ══▶ viewer page
//!                                                                             │ vision worker
//!       newest frame only, 10–15 FPS, 320×240, stamped with frame_id + capture_ts
//!                                                                             ▼
//!   slot → decode (zune-jpeg) → resize (SIMD) → infer (ONNX Runtime) → post-process (NMS)
//!                                                                             ▼
//!                                   detection JSON → overlay on the very same frame
//! ```
//!
//! The server does four small things: it serves the pages ([`web`]), introduces the two peers
//! ([`rooms`]), runs inference ([`pipeline`]), and says how it is doing ([`metrics`]). No media stream ends in it;
//! single pictures pass it only where the two peers cannot reach each other (`relay.rs`).

pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod gpu;
pub mod health;
pub mod ice;
pub mod join;
pub mod lan;
pub mod limits;
pub mod logging;
pub mod metrics;
pub mod model;
pub mod phone;
pub mod pipeline;
pub mod protocol;
mod relay;
pub mod rooms;
mod server;
pub mod telemetry;
pub mod tls;
pub mod tunnel;
mod web;

pub use config::{Args, Config};
pub use server::{Server, fitting_connections};
