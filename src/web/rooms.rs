//! Rooms over HTTP: made and posted to by `POST`, listened to by Server-Sent Events.

pub mod invitation;
pub mod metrics;

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt, stream};
use qrcode::{QrCode, render::svg};
use serde::Deserialize;
use serde_json::Value;

use super::AppState;
use super::error::Failure;
use super::guard;
use crate::protocol::{JoinInfo, RoomCreated, RoomEvent};
use crate::rooms::{RoomKeys, Sitting};

/// Proxies close a stream that is silent for longer than this.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const MAX_CLIENT_ID_BYTES: usize = 64;
const QR_SIDE: u32 = 240;

/// The phone's address of a room.
pub fn join_url(phone_origin: &str, phone_token: &str) -> String {
    format!("{phone_origin}/j/{phone_token}")
}

/// The first viewer on this machine gets the room whose code the terminal shows.
pub async fn create(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Json<RoomCreated>, Failure> {
    let is_local = guard::host(&headers).is_some_and(|host| guard::is_this_machine(&host));
    let first = if is_local {
        state.take_first_room()
    } else {
        None
    };
    let keys = first.map_or_else(|| state.rooms.create(), Ok)?;
    let room = describe(&state, keys)?;
    state.metrics.rooms.created.inc();
    Ok(Json(room))
}

fn describe(state: &AppState, keys: RoomKeys) -> Result<RoomCreated, Failure> {
    let join_url = join_url(&state.join.origin(), &keys.phone_token);
    let qr_svg = qr_svg(&join_url)?;
    Ok(RoomCreated {
        room: keys.room,
        viewer_token: keys.viewer_token,
        phone_token: keys.phone_token,
        join_url,
        qr_svg,
    })
}

fn qr_svg(join_url: &str) -> Result<String, Failure> {
    let code = QrCode::new(join_url).map_err(|error| {
        let message = format!("the address does not fit a QR code: {error}");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "qr_failed", message)
    })?;
    Ok(code
        .render::<svg::Color>()
        .min_dimensions(QR_SIDE, QR_SIDE)
        .build())
}

pub async fn join(
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Result<Json<JoinInfo>, Failure> {
    let room = state.rooms.find_by_phone_token(&token)?;
    state.codes.spend(&room);
    Ok(Json(JoinInfo { room }))
}

#[derive(Deserialize)]
pub struct SitQuery {
    token: String,
    /// Names the page across its reloads, so that it gets its own seat back.
    #[serde(default)]
    client: String,
    /// `1` replaces another phone.
    #[serde(default)]
    takeover: u8,
}

pub async fn events(
    State(state): State<AppState>,
    Path(room): Path<String>,
    query: Result<Query<SitQuery>, QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let Query(query) = query.map_err(bad_query)?;
    if query.client.len() > MAX_CLIENT_ID_BYTES {
        let message = "client is too long";
        return Err(Failure::new(StatusCode::BAD_REQUEST, "bad_query", message));
    }
    let takeover = query.takeover == 1;
    let sitting = state
        .rooms
        .sit(&room, &query.token, &query.client, takeover)?;
    let stream = event_stream(sitting).take_until(state.shutdown.clone().cancelled_owned());
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// The seat lives as long as the stream: the client's going away drops both.
fn event_stream(sitting: Sitting) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(sitting, async |mut sitting| {
        let event = sitting.next().await?;
        Some((Ok(sse_event(&event)), sitting))
    })
}

fn sse_event(event: &RoomEvent) -> Event {
    Event::default()
        .json_data(event)
        .expect("room events are plain JSON")
}

#[derive(Deserialize)]
pub struct TokenQuery {
    token: String,
}

pub async fn signal(
    State(state): State<AppState>,
    Path(room): Path<String>,
    query: Result<Query<TokenQuery>, QueryRejection>,
    payload: Result<Json<Value>, JsonRejection>,
) -> Result<StatusCode, Failure> {
    let Query(query) = query.map_err(bad_query)?;
    let Json(payload) = payload.map_err(|rejection| {
        Failure::new(rejection.status(), "bad_payload", rejection.body_text())
    })?;
    state.rooms.signal(&room, &query.token, payload)?;
    state.metrics.rooms.signals.inc();
    Ok(StatusCode::NO_CONTENT)
}

fn bad_query(rejection: QueryRejection) -> Failure {
    Failure::new(rejection.status(), "bad_query", rejection.body_text())
}
