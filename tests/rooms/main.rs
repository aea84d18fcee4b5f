//! Rooms and signalling, as a viewer and a phone see them.

#[path = "../common/mod.rs"]
mod common;

mod codes;
mod ice;
mod invitation;
mod making;
mod metrics;
mod relay;
mod resuming;
mod seats;
mod signals;
