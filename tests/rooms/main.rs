//! Rooms and signalling, as a viewer and a phone see them.

#[path = "../common/mod.rs"]
mod common;

mod codes;
mod invitation;
mod making;
mod metrics;
mod seats;
mod signals;
