//! Rooms and signalling, as a viewer and a phone see them.

#[path = "../common/mod.rs"]
mod common;

mod making;
mod metrics;
mod relay;
mod seats;
mod signals;
