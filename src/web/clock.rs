//! The server's clock, for a phone: it has no socket to ping by.

use axum::Json;
use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;

use crate::clock::epoch_ms;
use crate::protocol::ServerTime;

pub async fn tell() -> ([(HeaderName, &'static str); 1], Json<ServerTime>) {
    let t1 = epoch_ms();
    let no_store = [(CACHE_CONTROL, "no-store")];
    (no_store, Json(ServerTime { t1, t2: epoch_ms() }))
}
