//! Rules for every request: where plain HTTP is allowed, and what browsers may do with our pages.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::Request;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::error::Failure;

/// How a request's connection is secured. `server.rs` attaches it to every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Plain,
    Tls,
}

/// Our own origin only; `data:` is the QR picture, `wasm-unsafe-eval` lets WebAssembly compile.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
     worker-src 'self' blob:; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
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
        Ok(None) => next.run(request).await,
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
    if is_this_machine(host) {
        return Ok(None);
    }
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    Ok(Some(Redirect::permanent(&format!("https://{host}{path}"))))
}

fn no_host() -> Failure {
    Failure::new(
        StatusCode::BAD_REQUEST,
        "bad_host",
        "the Host header is missing or malformed",
    )
}

/// The Host header, if it could stand in an address.
pub fn host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    (!host.is_empty() && host.chars().all(allowed)).then_some(host)
}

/// localhost, 127.x.x.x or [::1], with or without a port.
pub fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    let is_loopback = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => Ipv4Addr::is_loopback(&ip),
        IpAddr::V6(ip) => ip.is_loopback(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names_only() {
        for own in [
            "localhost",
            "LOCALHOST:3000",
            "127.0.0.1:1",
            "127.8.9.1",
            "[::1]",
            "[::1]:3000",
        ] {
            assert!(is_this_machine(own), "{own}");
        }
        for other in [
            "192.168.1.5:3000",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "[fd00::2]:3000",
            "",
            "[",
            ":",
        ] {
            assert!(!is_this_machine(other), "{other}");
        }
    }
}
