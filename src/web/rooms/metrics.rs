//! A room's `metrics.json`: the viewer posts what it measured, either end reads the last one.

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderName, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tower_http::set_header::SetResponseHeaderLayer;

use super::{TokenQuery, bad_query};
use crate::protocol::MetricsReport;
use crate::web::AppState;
use crate::web::error::Failure;

/// A report is about 2 KiB. Rooms keep one each: 32 MiB in the 1024 rooms of the default.
const MAX_REPORT_BYTES: usize = 32 * 1024;

pub fn routes() -> Router<AppState> {
    // The next recording replaces what is read here.
    let no_store = HeaderValue::from_static("no-store");
    Router::new()
        .route("/api/rooms/{room}/metrics", post(keep).get(last))
        .layer(DefaultBodyLimit::max(MAX_REPORT_BYTES))
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, no_store))
}

async fn keep(
    State(state): State<AppState>,
    Path(room): Path<String>,
    query: Result<Query<TokenQuery>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Failure> {
    let Query(query) = query.map_err(bad_query)?;
    let body = body.map_err(unread)?;
    let report = checked(&body)?;
    state.rooms.keep_metrics(&room, &query.token, report)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn last(
    State(state): State<AppState>,
    Path(room): Path<String>,
    query: Result<Query<TokenQuery>, QueryRejection>,
) -> Result<([(HeaderName, &'static str); 1], Bytes), Failure> {
    let Query(query) = query.map_err(bad_query)?;
    let report = state.rooms.metrics(&room, &query.token)?;
    Ok(([(CONTENT_TYPE, "application/json")], report))
}

/// The report written anew: what is kept has exactly the fields of the contract.
fn checked(body: &[u8]) -> Result<Bytes, Failure> {
    let told = |status, message| Failure::new(status, "bad_metrics", message);
    let Json(report) = Json::<MetricsReport>::from_bytes(body)
        .map_err(|rejection| told(rejection.status(), rejection.body_text()))?;
    let Json(posted) = Json::<Value>::from_bytes(body)
        .map_err(|rejection| told(rejection.status(), rejection.body_text()))?;
    let whole = serde_json::to_value(&report).expect("a report is plain JSON");
    if let Some(field) = missing_field(&whole, &posted) {
        let message = format!("{field} is missing: what could not be measured is null");
        return Err(told(StatusCode::UNPROCESSABLE_ENTITY, message));
    }
    let report = serde_json::to_vec(&report).expect("a report is plain JSON");
    // Numbers such as 1e15 grow when they are written out.
    if report.len() > MAX_REPORT_BYTES {
        return Err(too_large());
    }
    Ok(report.into_boxed_slice().into())
}

/// The first field of `whole` that `posted` lacks. Serde lets a null be left out.
fn missing_field(whole: &Value, posted: &Value) -> Option<String> {
    whole.as_object()?.iter().find_map(|(name, value)| {
        let Some(posted) = posted.get(name) else {
            return Some(name.clone());
        };
        let inner = missing_field(value, posted)?;
        Some(format!("{name}.{inner}"))
    })
}

fn unread(rejection: BytesRejection) -> Failure {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large();
    }
    Failure::new(rejection.status(), "bad_metrics", rejection.body_text())
}

fn too_large() -> Failure {
    let message = format!("a metrics.json may have {} KiB", MAX_REPORT_BYTES / 1024);
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "bad_metrics", message)
}
