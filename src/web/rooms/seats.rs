//! A seat over HTTP: its events come down as Server-Sent Events, its signals go up by `POST`.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use serde_json::Value;

use super::{TokenQuery, bad_query};
use crate::protocol::ALIVE_EVENT;
use crate::rooms::{Post, Sent, Sitting, Wish};
use crate::web::AppState;
use crate::web::error::Failure;

/// A stream that says nothing for longer is dead. Nothing else tells a page so.
const ALIVE_EVERY: Duration = Duration::from_secs(2);
const MAX_NAME_BYTES: usize = 64;
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/rooms/{room}", get(knock))
        .route("/api/rooms/{room}/events", get(events))
        .route("/api/rooms/{room}/leave", post(leave))
        .route("/api/rooms/{room}/signal", post(signal))
}

/// Whether the token opens the room: an event source does not tell a page why it was refused.
async fn knock(
    State(state): State<AppState>,
    Path(room): Path<String>,
    query: Result<Query<TokenQuery>, QueryRejection>,
) -> Result<StatusCode, Failure> {
    let Query(query) = query.map_err(bad_query)?;
    state.rooms.role_of(&room, &query.token)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct SitQuery {
    token: String,
    /// Names the page, over its reloads too, so that it gets its own seat back.
    #[serde(default)]
    client: String,
    /// New with every load of the page: duplicated tabs have one name.
    #[serde(default)]
    page: String,
    /// `1` replaces another phone.
    #[serde(default)]
    takeover: u8,
    /// The same as the header, for pages that open each event source themselves.
    last_event_id: Option<String>,
}

async fn events(
    State(state): State<AppState>,
    Path(room): Path<String>,
    query: Result<Query<SitQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let Query(query) = query.map_err(bad_query)?;
    check_length("client", &query.client)?;
    check_length("page", &query.page)?;
    // The header is the browser's own, and newer than the address.
    let header = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    let given = [header, query.last_event_id.as_deref()];
    let last_event_id = given.into_iter().flatten().find(|id| !id.is_empty());
    check_length("last_event_id", last_event_id.unwrap_or_default())?;
    let wish = Wish {
        client: &query.client,
        page: &query.page,
        takeover: query.takeover == 1,
        last_event_id,
    };
    let sitting = state.rooms.sit(&room, &query.token, &wish)?;
    // Who is welcomed finds the room again, even if this program is killed the next moment.
    state.rooms.save().await;
    let stream = event_stream(sitting).take_until(state.shutdown.clone().cancelled_owned());
    let alive = Event::default().event(ALIVE_EVENT).data("{}");
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(ALIVE_EVERY).event(alive)))
}

fn check_length(name: &str, value: &str) -> Result<(), Failure> {
    if value.len() <= MAX_NAME_BYTES {
        return Ok(());
    }
    let message = format!("{name} is too long");
    Err(Failure::new(StatusCode::BAD_REQUEST, "bad_query", message))
}

/// The stream ends with the client's connection, and tells the seat by being dropped.
fn event_stream(sitting: Sitting) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(sitting, async |mut sitting| {
        let event = sitting.next().await?;
        Some((Ok(sse_event(event)), sitting))
    })
}

fn sse_event(Sent { id, text }: Sent) -> Event {
    let event = Event::default().data(text);
    match id {
        Some(id) => event.id(id),
        None => event,
    }
}

#[derive(Deserialize)]
struct SignalQuery {
    token: String,
    /// From the welcome.
    sitting: Option<String>,
    /// Grows with every signal of the sitting.
    number: Option<u64>,
}

async fn signal(
    State(state): State<AppState>,
    Path(room): Path<String>,
    query: Result<Query<SignalQuery>, QueryRejection>,
    payload: Result<Json<Value>, JsonRejection>,
) -> Result<StatusCode, Failure> {
    let Query(query) = query.map_err(bad_query)?;
    let Json(payload) = payload.map_err(|rejection| {
        Failure::new(rejection.status(), "bad_payload", rejection.body_text())
    })?;
    let post = Post {
        sitting: query.sitting.as_deref(),
        number: query.number,
    };
    if state.rooms.signal(&room, &query.token, post, payload)? {
        state.metrics.rooms.signals.inc();
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct LeaveQuery {
    token: String,
    sitting: String,
}

/// A page that is closed says so while it still can; it may say it twice.
async fn leave(
    State(state): State<AppState>,
    Path(room): Path<String>,
    query: Result<Query<LeaveQuery>, QueryRejection>,
) -> Result<StatusCode, Failure> {
    let Query(query) = query.map_err(bad_query)?;
    state.rooms.leave(&room, &query.token, &query.sitting)?;
    Ok(StatusCode::NO_CONTENT)
}
