//! `GET /metrics`, for Prometheus.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};

use super::AppState;
use super::error::Failure;
use crate::metrics::TEXT_FORMAT;

type Headers = [(HeaderName, &'static str); 2];

pub async fn text(State(state): State<AppState>) -> Result<(Headers, String), Failure> {
    let (occupancy, waiting) = (state.rooms.occupancy(), state.pipeline.waiting());
    let text = state.metrics.text(occupancy, waiting).map_err(|error| {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Failure::new(status, "metrics_failed", error.to_string())
    })?;
    let headers = [(CONTENT_TYPE, TEXT_FORMAT), (CACHE_CONTROL, "no-store")];
    Ok((headers, text))
}
