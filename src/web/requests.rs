//! Each request's id, its line in the log, and its count. Addresses hold tokens and rooms' names, so
//! neither log nor metrics ever see one: they are told the route's template.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::{AppState, pages};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_ID_BYTES: usize = 64;
const NO_ROUTE: &str = "none";

pub async fn follow(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let id = given_id(request.headers()).unwrap_or_else(new_id);
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = match &matched {
        Some(route) => route.as_str(),
        None => pages::unmatched_route(request.uri().path()).unwrap_or(NO_ROUTE),
    };
    let span = tracing::error_span!("request", id = %id.to_str().unwrap_or_default());
    let begun = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    let requests = &state.metrics.requests;
    requests.with_label_values(&[route, class(status)]).inc();
    let duration_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let _in_request = span.enter();
    // A limit that is reached (503) is no fault, and anybody could fill the log by it.
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::warn!(%method, %route, status = status.as_u16(), duration_us, "request failed");
    } else {
        tracing::debug!(%method, %route, status = status.as_u16(), duration_us, "request");
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

/// The id that a proxy before us gave, if it is one: short, and nothing that could break a log.
fn given_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let id = headers.get(REQUEST_ID)?;
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let well_formed = (1..=MAX_ID_BYTES).contains(&id.len()) && id.as_bytes().iter().all(allowed);
    well_formed.then(|| id.clone())
}

fn new_id() -> HeaderValue {
    let id = getrandom::u64().expect("the system gives random bytes");
    HeaderValue::from_str(&format!("{id:016x}")).expect("hexadecimal digits")
}
