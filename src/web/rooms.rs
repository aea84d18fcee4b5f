//! Rooms over HTTP: how they are made, and found by their phones.

pub mod ice;
pub mod invitation;
pub mod metrics;
pub mod relay;
pub mod seats;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use qrcode::{QrCode, render::svg};
use serde::Deserialize;

use super::AppState;
use super::error::Failure;
use super::guard::Caller;
use crate::protocol::{JoinInfo, RoomCreated};
use crate::rooms::RoomKeys;

const QR_SIDE: u32 = 240;

/// The phone's address of a room.
pub fn join_url(phone_origin: &str, phone_token: &str) -> String {
    format!("{phone_origin}/j/{phone_token}")
}

/// The first viewer on this machine gets the room whose code the terminal shows: whoever scans it is filmed
/// there. The Host proves nothing, for anybody may write it.
pub async fn create(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<RoomCreated>, Failure> {
    let take = || state.rooms.take_terminal_room();
    let terminals = caller.is_local.then(take).flatten();
    let keys = terminals.map_or_else(|| state.rooms.create(), Ok)?;
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
pub struct TokenQuery {
    token: String,
}

fn bad_query(rejection: QueryRejection) -> Failure {
    Failure::new(rejection.status(), "bad_query", rejection.body_text())
}
