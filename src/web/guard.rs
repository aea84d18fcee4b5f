//! Rules for every request: by which names, from whose pages and over which transport it may come,
//! and what browsers may do with our pages.

mod access;
mod body;
mod host;
mod origin;

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::AppState;
use super::error::Failure;
use super::trust;
use crate::config::{Config, Limits};
use crate::metrics::Refusal;
use access::Access;
use host::HostNames;
use origin::Origins;

pub use access::{Caller, Peer, check_key, granted, limit_rooms};
pub use body::{Holding, limit_body};
pub use host::host;

/// How a request's connection is secured. `server.rs` attaches it to every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Plain,
    Tls,
}

impl Transport {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Tls => "tls",
        }
    }
}

/// Our own origin only; `data:` is the QR picture, `wasm-unsafe-eval` lets WebAssembly compile.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
     worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// COOP and COEP isolate the page, which is what gives it shared memory and fine clocks. No
/// Strict-Transport-Security: it holds for a host whatever the port, and this one serves plain HTTP on
/// localhost, where other programs do, too.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        "require-corp",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// The torch is the camera's; the wake lock keeps the screen, and so the camera, on.
const OF_PHONES: &str =
    "camera=(self), screen-wake-lock=(self), microphone=(), geolocation=(), display-capture=()";
const OF_OTHERS: &str = "camera=(), microphone=(), geolocation=(), display-capture=()";

/// Which hosts, origins and callers are heard.
pub struct Guard {
    listening: SocketAddr,
    hosts: HostNames,
    origins: Origins,
    access: Access,
    pub limits: Limits,
}

impl Guard {
    /// `port`: the one the server listens on.
    pub fn new(config: &Config, port: u16) -> Self {
        Self {
            listening: SocketAddr::new(config.listen.ip().to_canonical(), port),
            hosts: HostNames::new(config),
            origins: Origins::new(config, port),
            access: Access::new(&config.guard),
            limits: config.guard.limits,
        }
    }

    async fn answer(&self, mut request: Request, next: Next) -> Result<Response, Failure> {
        check_head(&request, self.limits.header_bytes)?;
        let host = host::host(request.headers()).ok_or_else(no_host)?;
        self.hosts.check(&host)?;
        if let Some(redirect) = redirect_to_https(&request, &host) {
            return Ok(redirect.into_response());
        }
        self.origins.check(&request, &host)?;
        let caller = Caller::of(&request, &host, self.listening);
        let caller = caller.expect("the server says who the peer is");
        request.extensions_mut().insert(caller);
        let response = in_one_form(next.run(request).await);
        Ok(self.access.slow_guesses(caller, response))
    }
}

pub async fn check_request(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let permissions = permissions_policy(request.uri().path());
    let answer = state.guard.answer(request, next).await;
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    if let Some(refusal) = refusal_of(&response) {
        state.metrics.refusals.count(refusal);
    }
    say_what_browsers_may_do(response.headers_mut(), permissions);
    response
}

fn say_what_browsers_may_do(headers: &mut HeaderMap, permissions: &'static str) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static(permissions));
}

/// Bodies that are too large are refused by axum, wherever one is read.
fn refusal_of(response: &Response) -> Option<Refusal> {
    let is_too_large = response.status() == StatusCode::PAYLOAD_TOO_LARGE;
    let told = response.extensions().get().copied();
    told.or(is_too_large.then_some(Refusal::BodySize))
}

/// Every answer to a connection too many.
pub fn tell_crowded(why: Refusal) -> Response {
    let (status, message) = match why {
        Refusal::ConnectionsPerAddress => (
            StatusCode::TOO_MANY_REQUESTS,
            "your address has too many connections open here: close some, or have the server started \
             with a larger --max-connections-per-address",
        ),
        _ => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the server has as many connections as it takes: try again in a moment, or have it \
             started with a larger --max-connections",
        ),
    };
    let failure = Failure::new(status, why.as_str(), message);
    let mut response = failure.with(header::RETRY_AFTER, 1.into()).into_response();
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    say_what_browsers_may_do(response.headers_mut(), OF_OTHERS);
    response
}

/// Only the phone's page films.
fn permissions_policy(path: &str) -> &'static str {
    match path.starts_with("/j/") {
        true => OF_PHONES,
        false => OF_OTHERS,
    }
}

/// To the byte, and in words. The connection reads no more than that and a packet: beyond it hyper
/// answers the same status, without a word.
fn check_head(request: &Request, limit: usize) -> Result<(), Failure> {
    let target = request
        .uri()
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    let headers = request.headers().iter();
    let headers: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if target + headers <= limit {
        return Ok(());
    }
    let message =
        format!("the head of this request is larger than {limit} bytes (--max-header-bytes)");
    let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    Err(Failure::refusal(Refusal::HeaderSize, status, message))
}

/// Browsers give the camera, and shared memory, to HTTPS and to this machine itself. Which of the
/// two a request means is judged by its Host: in a container every peer looks foreign.
fn redirect_to_https(request: &Request, host: &Authority) -> Option<Redirect> {
    let is_tls = request.extensions().get::<Transport>() == Some(&Transport::Tls);
    let is_open = trust::is_open_to_plain_http(request.uri().path());
    if is_tls || is_open || host::is_this_machine(host) {
        return None;
    }
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", PathAndQuery::as_str);
    Some(Redirect::permanent(&format!("https://{host}{path}")))
}

fn no_host() -> Failure {
    let message = "the Host header is missing, malformed, or there twice";
    Failure::new(StatusCode::BAD_REQUEST, "bad_host", message)
}

/// Refusals of the libraries beneath us (no such method, no such file, a bad query) are told like our own.
fn in_one_form(response: Response) -> Response {
    let status = response.status();
    let is_failure = status.is_client_error() || status.is_server_error();
    if !is_failure || is_told(&response) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let reason = status.canonical_reason().unwrap_or("failed").to_lowercase();
    let (told, body) = Failure::new(status, &reason.replace(' ', "_"), reason)
        .into_response()
        .into_parts();
    // What else was said (`Allow`, say) stays.
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(told.headers);
    Response::from_parts(parts, body)
}

/// Our own failures are JSON; the phone's page explains an expired link itself.
fn is_told(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind == "application/json" || kind.as_bytes().starts_with(b"text/html"))
}
