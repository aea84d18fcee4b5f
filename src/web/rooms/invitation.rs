//! All the ways for a phone to join a room, and what becomes of a short code that was typed.

use std::time::{Duration, Instant};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};

use super::{TokenQuery, bad_query, join_url, qr_svg};
use crate::clock;
use crate::join::Way;
use crate::metrics::Refusal;
use crate::protocol::{Invitation, InvitationAddress, InvitationCode};
use crate::rooms::RoomKeys;
use crate::rooms::codes::{Code, Typed};
use crate::web::error::Failure;
use crate::web::{AppState, Peer, pages};

/// Codes come and go, and what holds one says who may join.
const NO_STORE: (HeaderName, &str) = (CACHE_CONTROL, "no-store");

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/rooms/{room}/invitation", get(invitation))
        .route("/j", get(pages::code_form))
        .route("/j/", get(pages::code_form))
        .route("/j/{token}", get(open))
}

async fn invitation(
    State(state): State<AppState>,
    Path(room): Path<String>,
    query: Result<Query<TokenQuery>, QueryRejection>,
) -> Result<impl IntoResponse, Failure> {
    let Query(query) = query.map_err(bad_query)?;
    let keys = state.rooms.keys_for_viewer(&room, &query.token)?;
    let (first, others) = state.join.ways();
    let obstacle = state.join.obstacle();
    // Where a code can be typed, if anywhere.
    let typed_at = match obstacle {
        None => Some(&first),
        Some(_) => others.first(),
    };
    let code = typed_at.map(|way| issue_code(&state, &keys, &way.origin));
    let others = others.iter().map(|way| address(way, &keys));
    let others = others.collect::<Result<_, _>>()?;
    let InvitationAddress {
        interface,
        join_url,
        qr_svg,
    } = address(&first, &keys)?;
    let invitation = Invitation {
        interface,
        join_url,
        qr_svg,
        code,
        others,
        obstacle: obstacle.map(str::to_owned),
    };
    Ok(([NO_STORE], Json(invitation)))
}

fn address(way: &Way, keys: &RoomKeys) -> Result<InvitationAddress, Failure> {
    let join_url = join_url(&way.origin, &keys.phone_token);
    Ok(InvitationAddress {
        interface: way.network.clone(),
        qr_svg: qr_svg(&join_url)?,
        join_url,
    })
}

fn issue_code(state: &AppState, keys: &RoomKeys, origin: &str) -> InvitationCode {
    let (code, left) = state.codes.issue(keys, Instant::now());
    let ends = clock::epoch_ms() + left.as_secs_f64() * 1000.0;
    InvitationCode {
        url: join_url(origin, code.as_str()),
        code: code.as_str().to_owned(),
        expires_ts: ends as i64,
    }
}

/// The page of a phone's link; a short code leads to it.
async fn open(
    State(state): State<AppState>,
    Path(token): Path<String>,
    Extension(Peer(ip)): Extension<Peer>,
    request: Request,
) -> Response {
    let Some(code) = Code::parse(&token) else {
        return pages::phone(State(state), Path(token), request).await;
    };
    if only_looks(&request) {
        return (StatusCode::NO_CONTENT, [NO_STORE]).into_response();
    }
    match state.codes.redeem(code, ip, Instant::now()) {
        Typed::Opens(phone_token) => {
            let location = [(LOCATION, format!("/j/{phone_token}"))];
            (StatusCode::SEE_OTHER, [NO_STORE], location).into_response()
        }
        Typed::Unknown => {
            let page = pages::phone(State(state), Path(token), request).await;
            (Extension(Refusal::WrongCode), page).into_response()
        }
        Typed::Wait(wait) => too_many(&state, wait).await,
    }
}

/// Browsers load what somebody may open next, and other sites' pages what they please; that claims no code,
/// counts as no guess, and tells nothing.
fn only_looks(request: &Request) -> bool {
    let said = |name: &str| request.headers().get(name).map(HeaderValue::as_bytes);
    let mut purposes = [said("sec-purpose"), said("purpose")].into_iter().flatten();
    let is_prefetch = purposes.any(|purpose| purpose.starts_with(b"prefetch"));
    let is_embedded = said("sec-fetch-dest").is_some_and(|what| what != b"document");
    request.method() == Method::HEAD || is_prefetch || is_embedded
}

/// The page cannot see its own status, so that it is told in the page.
async fn too_many(state: &AppState, wait: Duration) -> Response {
    let page = pages::read_phone(state).await;
    let page = page.map(|page| page.replacen("<body", "<body data-refusal=\"too_many_codes\"", 1));
    let seconds = wait.as_secs_f64().ceil().to_string();
    let headers = [NO_STORE, (RETRY_AFTER, &seconds)];
    let refusal = Extension(Refusal::Guesses);
    (
        StatusCode::TOO_MANY_REQUESTS,
        refusal,
        headers,
        page.map(Html),
    )
        .into_response()
}
