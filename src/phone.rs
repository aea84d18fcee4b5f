//! The virtual phone: joins a room as the phone page does, and streams a clip in a loop.
//!
//! ```text
//! clip (IVF) → playlist (which frame, when) → camera (RTP) ══ peer (WebRTC) ══▶ the viewer
//!                                                              ▲ session: what to do when
//!                                     room (HTTP: events down, signals up) ◀──▶ the server
//! ```
//!
//! Without the feature `phone` its commands stay, and say what is to be done.

#[cfg(feature = "phone")]
mod api;
#[cfg(feature = "phone")]
mod call;
#[cfg(feature = "phone")]
mod camera;
#[cfg(feature = "phone")]
mod clip;
#[cfg(feature = "phone")]
mod events;
#[cfg(feature = "phone")]
mod feedback;
#[cfg(feature = "phone")]
mod peer;
#[cfg(feature = "phone")]
mod playlist;
#[cfg(feature = "phone")]
mod random;
#[cfg(feature = "phone")]
mod room;
#[cfg(feature = "phone")]
mod session;
#[cfg(feature = "phone")]
mod signal;

use std::future::Future;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

#[cfg(feature = "phone")]
pub use clip::Clip;

#[derive(Debug, Args)]
pub struct PhoneArgs {
    /// VP8 clip in an IVF file, shown in a loop
    #[arg(long, value_name = "FILE")]
    pub clip: PathBuf,
    #[command(flatten)]
    pub join: JoinArgs,
}

#[derive(Debug, Args)]
pub struct JoinArgs {
    /// Take the place of a phone that is in the room already
    #[arg(long)]
    pub takeover: bool,
    /// Accept any certificate; else those of public authorities and of this computer's own
    #[arg(long)]
    pub insecure: bool,
    /// Folder where this computer's server keeps its authority; default: the user's state folder
    #[arg(long, env = "STATE_DIR", value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// The address in the room's QR code
    pub join_url: String,
}

/// Runs until `stop` comes, and leaves properly; fails when the room is closed to it.
#[cfg(feature = "phone")]
pub async fn run(args: PhoneArgs, stop: impl Future<Output = ()>) -> Result<()> {
    let clip = Clip::open(&args.clip)?;
    join(&args.join, clip, stop).await
}

/// [`run`] with a clip that was opened before.
#[cfg(feature = "phone")]
pub async fn join(args: &JoinArgs, clip: Clip, stop: impl Future<Output = ()>) -> Result<()> {
    let api = api::Api::new(args)?;
    session::run(api, clip.into(), args.takeover, stop).await
}

#[cfg(not(feature = "phone"))]
pub async fn run(_args: PhoneArgs, _stop: impl Future<Output = ()>) -> Result<()> {
    Err(missing())
}

#[cfg(not(feature = "phone"))]
pub fn missing() -> anyhow::Error {
    anyhow::anyhow!(
        "this program was built without the virtual phone: build it with \
         `cargo build --release --features phone`"
    )
}
