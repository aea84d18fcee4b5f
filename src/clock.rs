//! How the server tells time: the wall clock for *when*, the monotonic clock for *how long*.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A moment on both clocks. Later moments are told relative to it, so that a step of the wall clock
/// between two stamps of one frame cannot make a latency wrong or negative.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub instant: Instant,
    pub epoch_ms: f64,
}

impl Moment {
    pub fn now() -> Self {
        Self {
            instant: Instant::now(),
            epoch_ms: epoch_ms(),
        }
    }

    /// Wall-clock time of a later instant.
    pub fn epoch_ms_at(&self, later: Instant) -> f64 {
        let elapsed = later.saturating_duration_since(self.instant);
        self.epoch_ms + elapsed.as_secs_f64() * 1000.0
    }
}

/// Milliseconds since the Unix epoch, with fractions.
pub fn epoch_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or_else(
        |before| -before.duration().as_secs_f64(),
        |after| after.as_secs_f64(),
    ) * 1000.0
}
