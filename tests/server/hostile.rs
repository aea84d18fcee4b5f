//! Bad input, and too much of it. Each gets its own answer, and somebody who sends good frames at the
//! same time notices nothing.

mod jpegs;
mod limits;
mod messages;
mod slowness;
mod wire;

const CLOSE_PROTOCOL: u16 = 1002;
const CLOSE_INVALID: u16 = 1007;
const CLOSE_POLICY: u16 = 1008;
const CLOSE_SIZE: u16 = 1009;
