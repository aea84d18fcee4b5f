//! What a room's two ends connect by. The credentials in it are for those who hold one of its tokens.

use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::routing::get;
use tower_http::set_header::SetResponseHeaderLayer;

use super::{TokenQuery, bad_query};
use crate::clock;
use crate::protocol::RoomIce;
use crate::web::AppState;
use crate::web::error::Failure;

pub fn routes() -> Router<AppState> {
    let no_store = HeaderValue::from_static("no-store");
    Router::new()
        .route("/api/rooms/{room}/ice", get(servers))
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, no_store))
}

async fn servers(
    State(state): State<AppState>,
    Path(room): Path<String>,
    query: Result<Query<TokenQuery>, QueryRejection>,
) -> Result<Json<RoomIce>, Failure> {
    let Query(query) = query.map_err(bad_query)?;
    state.rooms.role_of(&room, &query.token)?;
    let now = Duration::from_secs_f64(clock::epoch_ms().max(0.0) / 1000.0);
    Ok(Json(state.ice.for_a_room(now)))
}
