//! Bad input on the detection socket. Each gets its own answer, and somebody who sends good frames
//! at the same time notices nothing.

#[path = "../common/mod.rs"]
mod common;

mod jpegs;
mod messages;
mod wire;

const CLOSE_PROTOCOL: u16 = 1002;
const CLOSE_INVALID: u16 = 1007;
const CLOSE_SIZE: u16 = 1009;
