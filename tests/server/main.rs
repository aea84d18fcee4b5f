//! The real server on a free port, asked as clients ask it. One program, so that it is built once.

#[path = "../common/mod.rs"]
mod common;

mod detect;
mod hostile;
mod http;
mod metrics;
#[cfg(feature = "phone")]
mod phone;
mod rooms;
mod shutdown;
