//! `/trust`: how a phone comes to trust this computer. The one page that plain HTTP serves to others, since a phone
//! that trusts nothing here yet would be warned of any other.

mod profile;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::error::Failure;
use super::guard::{self, Transport};
use super::{AppState, Shared};
use crate::protocol::{CertificateInfo, TrustOffer};
use crate::tls::{Advice, Authority};

const PAGE: &str = include_str!("trust/page.html");
const SUPPLIED_PAGE: &str = include_str!("trust/supplied.html");
const STYLE: &str = include_str!("trust/style.css");
const TRUST: &str = "/trust";
const MAX_TOKEN_BYTES: usize = 128;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route(TRUST, get(page))
        .route("/trust/style.css", get(style))
        .route("/trust/sightline.crt", get(certificate))
        .route("/trust/sightline.mobileconfig", get(configuration_profile))
}

pub fn is_open_to_plain_http(path: &str) -> bool {
    path.strip_prefix(TRUST)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What the pages are told of the certificate.
pub fn certificate_info(state: &Shared) -> Option<CertificateInfo> {
    match state.join.certificate_advice(&state.certificates) {
        Advice::Nothing => None,
        Advice::Warns { .. } => Some(CertificateInfo { trust: None }),
        Advice::Trust { url, fingerprint } => Some(CertificateInfo {
            trust: Some(TrustOffer { url, fingerprint }),
        }),
    }
}

#[derive(Deserialize)]
struct PageQuery {
    /// The phone's page, to go on with.
    #[serde(default)]
    to: String,
}

async fn page(
    State(state): State<AppState>,
    Extension(transport): Extension<Transport>,
    query: Result<Query<PageQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let Some(authority) = state.certificates.authority() else {
        return html(SUPPLIED_PAGE.to_owned());
    };
    let to = query.map(|Query(query)| query.to).unwrap_or_default();
    let host = guard::host(&headers).map_or_else(String::new, |host| host.to_string());
    let page = PAGE
        .replace("{name}", &escaped(&authority.name))
        .replace("{fingerprint}", &in_groups(&authority.fingerprint()))
        .replace("{carriage}", carriage(transport))
        .replace("{onward}", &onward(transport, &host, &to));
    html(page)
}

/// What the reader should know of how the page came.
fn carriage(transport: Transport) -> &'static str {
    match transport {
        Transport::Plain => {
            "This page came by plain HTTP, so others on this network could have changed it, the file and \
             the number below: "
        }
        Transport::Tls => {
            "Unless this phone trusts this computer already, others on this network could have changed \
             this page, the file and the number below: "
        }
    }
}

/// The way on. A link to the room is a secret: it is never written on a page that plain HTTP carries.
fn onward(transport: Transport, host: &str, to: &str) -> String {
    match transport {
        Transport::Tls if is_phone_page(to) => {
            format!("<a class=\"go\" href=\"{to}\">Back to the camera</a>")
        }
        _ => format!(
            "Then scan the code on the computer again: its address, <b>https://{host}/…</b>, opens without a \
             warning."
        ),
    }
}

fn is_phone_page(path: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    path.strip_prefix("/j/").is_some_and(|token| {
        (1..=MAX_TOKEN_BYTES).contains(&token.len()) && token.bytes().all(allowed)
    })
}

/// Four pairs a group, as one reads it to compare.
fn in_groups(fingerprint: &str) -> String {
    let pairs: Vec<&str> = fingerprint.split(':').collect();
    let groups = pairs.chunks(4).map(|group| group.join(":"));
    groups.collect::<Vec<_>>().join(":<wbr>")
}

/// For HTML and XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn html(page: String) -> Response {
    answer("text/html; charset=utf-8", page)
}

async fn style() -> Response {
    answer("text/css; charset=utf-8", STYLE)
}

async fn certificate(State(state): State<AppState>) -> Result<Response, Failure> {
    let authority = authority(&state)?;
    let der = authority.certificate.to_vec();
    Ok(answer("application/x-x509-ca-cert", der))
}

async fn configuration_profile(State(state): State<AppState>) -> Result<Response, Failure> {
    let profile = profile::of(authority(&state)?);
    Ok(answer("application/x-apple-aspen-config", profile))
}

fn authority(state: &Shared) -> Result<&Authority, Failure> {
    state.certificates.authority().ok_or_else(|| {
        let message = "this server shows a certificate that its operator brought: there is nothing to install";
        Failure::new(StatusCode::NOT_FOUND, "no_authority", message)
    })
}

/// A new authority has the old one's address.
fn answer(kind: &'static str, body: impl IntoResponse) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_serves_this_page_and_what_belongs_to_it() {
        for path in ["/trust", "/trust/", "/trust/sightline.crt"] {
            assert!(is_open_to_plain_http(path), "{path}");
        }
        for path in ["/", "/trusted", "/j/trust", "/TRUST", "//trust"] {
            assert!(!is_open_to_plain_http(path), "{path}");
        }
    }

    #[test]
    fn it_leads_back_to_a_phones_page_and_nowhere_else() {
        let link = |to| onward(Transport::Tls, "h", to).contains("href");
        assert!(link("/j/aB-3_"));
        for other in [
            "",
            "/j/",
            "/",
            "//evil.example",
            "/j/a\"b",
            "/j/a/b",
            "https://evil.example",
        ] {
            assert!(!link(other), "{other}");
        }
        let plain = onward(Transport::Plain, "h", "/j/secret");
        assert!(!plain.contains("secret"), "{plain}");
    }
}
