//! Rooms and signalling, as a viewer and a phone see them.

mod codes;
mod ice;
mod invitation;
mod making;
mod metrics;
mod relay;
mod resuming;
mod seats;
mod signals;
