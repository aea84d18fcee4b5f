//! Rules for every request: where plain HTTP is allowed, and what browsers may do with our pages.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::error::Failure;
use super::trust;

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

/// COOP and COEP isolate the page, which is what gives it shared memory and fine clocks.
const HEADERS: [(HeaderName, &str); 7] = [
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
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(), geolocation=()",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

pub async fn check_request(request: Request, next: Next) -> Response {
    let mut response = match redirect_to_https(&request) {
        Ok(None) => in_one_form(next.run(request).await),
        Ok(Some(redirect)) => redirect.into_response(),
        Err(failure) => failure.into_response(),
    };
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Browsers give the camera, and shared memory, to HTTPS and to this machine itself. Which of the
/// two a request means is judged by its Host: in a container every peer looks foreign.
fn redirect_to_https(request: &Request) -> Result<Option<Redirect>, Failure> {
    if request.extensions().get::<Transport>() == Some(&Transport::Tls) {
        return Ok(None);
    }
    let host = host(request.headers()).ok_or_else(no_host)?;
    if is_this_machine(&host) || trust::is_open_to_plain_http(request.uri().path()) {
        return Ok(None);
    }
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", PathAndQuery::as_str);
    Ok(Some(Redirect::permanent(&format!("https://{host}{path}"))))
}

fn no_host() -> Failure {
    let message = "the Host header is missing or malformed";
    Failure::new(StatusCode::BAD_REQUEST, "bad_host", message)
}

/// The Host header, if it could stand in an address.
pub fn host(headers: &HeaderMap) -> Option<Authority> {
    let host: Authority = headers.get(header::HOST)?.to_str().ok()?.parse().ok()?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    (!host.host().is_empty() && host.as_str().chars().all(allowed)).then_some(host)
}

/// localhost, 127.x.x.x or [::1], with or without a port.
pub fn is_this_machine(host: &Authority) -> bool {
    let name = host.host().trim_start_matches('[').trim_end_matches(']');
    let is_loopback = |ip: IpAddr| ip.is_loopback();
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_loopback)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn host_header(value: &str) -> Option<Authority> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, value.parse().unwrap());
        host(&headers)
    }

    #[test]
    fn this_machine_is_known_by_its_names_only() {
        let own = [
            "localhost",
            "LOCALHOST:3000",
            "127.0.0.1:1",
            "127.8.9.1",
            "[::1]",
            "[::1]:3000",
        ];
        for own in own {
            assert!(is_this_machine(&host_header(own).unwrap()), "{own}");
        }
        let others = [
            "192.168.1.5:3000",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "[fd00::2]:3000",
        ];
        for other in others {
            assert!(!is_this_machine(&host_header(other).unwrap()), "{other}");
        }
    }

    #[test]
    fn what_stands_in_no_address_is_no_host() {
        for malformed in [
            "",
            "[",
            ":",
            ":80",
            "[::1",
            "a b",
            "a/b",
            "user@host",
            "a\"b",
        ] {
            assert_eq!(host_header(malformed), None, "{malformed}");
        }
    }
}
