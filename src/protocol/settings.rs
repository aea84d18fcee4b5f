//! What a page has to know before it begins: the mode, the model, how to connect.

use serde::{Deserialize, Serialize};

/// Where inference runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The viewer sends JPEG frames, the server infers.
    Server,
    /// The viewer's browser infers.
    Wasm,
    /// The viewer measures both and picks.
    Auto,
}

/// What phone and viewer may connect by: `RTCConfiguration.iceTransportPolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum IcePolicy {
    All,
    /// By TURN servers only.
    Relay,
}

/// Answer to `GET /api/rooms/{room}/ice`: what its two ends connect by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RoomIce {
    /// Those with credentials, too.
    pub ice_servers: Vec<IceServer>,
    pub ice_policy: IcePolicy,
    /// Seconds after which the credentials open nothing any more; absent when they do not expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub lifetime_s: Option<u32>,
}

/// Answer to `GET /api/config`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClientConfig {
    pub version: String,
    pub mode: Mode,
    pub model: ModelInfo,
    /// Every label the model can give, in its own order.
    pub labels: Vec<String>,
    /// `RTCConfiguration.iceServers` that need no credentials; empty on a local network. `RoomIce` has all.
    pub ice_servers: Vec<IceServer>,
    /// Why no phone can join, and what to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub join_obstacle: Option<String>,
    /// This computer made the server's certificate, so phones warn of it; absent where they know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub certificate: Option<CertificateInfo>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CertificateInfo {
    /// Where phones can be told to trust this computer, so that they warn no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub trust: Option<TrustOffer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TrustOffer {
    pub url: String,
    /// SHA-256 of the authority's certificate, to compare with what the phone shows.
    pub fingerprint: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModelInfo {
    pub name: String,
    /// Address of the manifest; the model file lies beside it.
    pub manifest: String,
    pub input_width: u32,
    pub input_height: u32,
    /// Detections below this score are not sent.
    pub score_threshold: f32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct IceServer {
    pub urls: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub credential: Option<String>,
}
