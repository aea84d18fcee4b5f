//! Requests that browsers send on behalf of other pages.
//!
//! A page on any web site may have its visitor's browser post to this machine or open a WebSocket to
//! it: the same-origin policy only hides the answer of the one, and does not hold for the other. The
//! browser says whose page it was, and no page can change that.

use axum::extract::Request;
use axum::http::header::{self, HeaderMap};
use axum::http::uri::Authority;
use axum::http::{Method, StatusCode};

use super::Transport;
use super::host::{is_host_and_port, plain};
use crate::config::Config;
use crate::metrics::Refusal;
use crate::web::error::Failure;

/// Origins that pages of this server have behind a proxy that puts its own name into Host.
pub struct Origins(Vec<String>);

impl Origins {
    /// `port`: the one the server listens on.
    pub fn new(config: &Config, port: u16) -> Self {
        let of_name = |name: &String| [format!("https://{name}"), format!("https://{name}:{port}")];
        let mut own: Vec<String> = config
            .guard
            .allowed_hosts
            .iter()
            .flat_map(of_name)
            .collect();
        own.push(config.phone_host.origin(port).to_ascii_lowercase());
        Self(own)
    }

    /// `host`: as the request names us.
    pub fn check(&self, request: &Request, host: &Authority) -> Result<(), Failure> {
        if !does_something(request) {
            return Ok(());
        }
        let headers = request.headers();
        let transport = request.extensions().get::<Transport>();
        if is_of_another_site(headers) || !self.is_own(headers, host, transport) {
            let message = "this request comes from a page of another web site, which may not do this: \
                           open the viewer that this server serves; behind a proxy, name its host by \
                           --public-host or --allow-host";
            let status = StatusCode::FORBIDDEN;
            return Err(Failure::refusal(Refusal::ForeignOrigin, status, message));
        }
        Ok(())
    }

    fn is_own(&self, headers: &HeaderMap, host: &Authority, transport: Option<&Transport>) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let origin = match (origins.next(), origins.next()) {
            // No browser: those tell it with every such request.
            (None, _) => return true,
            (Some(origin), None) => origin.to_str().unwrap_or_default().to_ascii_lowercase(),
            (Some(_), Some(_)) => return false,
        };
        // Who rewrites plain HTTP on the way could make a page of ours there.
        let (scheme, place) = match origin.split_once("://") {
            Some(("https", place)) => ("https", place),
            Some(("http", place)) if transport == Some(&Transport::Plain) => ("http", place),
            _ => return false,
        };
        let is_host = |place: Authority| {
            is_host_and_port(&place) && place_in(&place, scheme) == place_in(host, scheme)
        };
        place.parse().is_ok_and(is_host) || self.0.contains(&origin)
    }
}

/// What only reads can be asked for by anybody: the browser keeps the answer from the other page.
fn does_something(request: &Request) -> bool {
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS];
    !reads.contains(request.method()) || request.headers().contains_key(header::UPGRADE)
}

/// Browsers that tell this tell it in one word. `none` is a person's own doing.
fn is_of_another_site(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    sites.any(|site| site != "same-origin" && site != "none")
}

/// Host and port, as they are compared.
fn place_in(authority: &Authority, scheme: &str) -> (String, u16) {
    let usual = if scheme == "https" { 443 } else { 80 };
    (
        plain(authority.host()),
        authority.port_u16().unwrap_or(usual),
    )
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    struct Asked<'a> {
        method: &'a str,
        transport: Transport,
        host: &'a str,
        headers: &'a [(&'a str, &'a str)],
    }

    const TLS: Asked = Asked {
        method: "POST",
        transport: Transport::Tls,
        host: "192.168.1.5:3000",
        headers: &[],
    };
    const PLAIN: Asked = Asked {
        transport: Transport::Plain,
        host: "localhost:3000",
        ..TLS
    };

    fn is_allowed(
        Asked {
            method,
            transport,
            host,
            headers,
        }: Asked,
    ) -> bool {
        let mut request = Request::builder().method(method).extension(transport);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let own = ["https://x.example", "https://laptop.example:8443"];
        let origins = Origins(own.map(String::from).into());
        let request = request.body(Body::empty()).unwrap();
        origins.check(&request, &host.parse().unwrap()).is_ok()
    }

    fn may(asked: Asked, origin: &str) -> bool {
        is_allowed(Asked {
            headers: &[("origin", origin)],
            ..asked
        })
    }

    #[test]
    fn our_own_pages_may() {
        assert!(may(TLS, "https://192.168.1.5:3000"));
        assert!(may(PLAIN, "http://localhost:3000"));
        let named = |host| Asked { host, ..TLS };
        assert!(
            may(named("Phone.Example."), "https://phone.example"),
            "behind a tunnel"
        );
        assert!(may(named("phone.example:443"), "https://phone.example"));
        assert!(
            may(named("localhost:3000"), "https://x.example"),
            "the tunnel rewrote the host"
        );
        assert!(may(named("localhost:3000"), "https://Laptop.example:8443"));
        assert!(may(
            Asked {
                host: "[fd00::2]:3000",
                ..TLS
            },
            "https://[fd00::2]:3000"
        ));
    }

    #[test]
    fn others_may_not() {
        for origin in [
            "https://evil.example",
            "https://192.168.1.5",
            "https://192.168.1.5:3001",
            "http://192.168.1.5:3000",
            "https://192.168.1.5:3000.evil.example",
            "https://user@192.168.1.5:3000",
            "https://192.168.1.5:3000@evil.example",
            "https://x.example:8443",
            "http://x.example",
            "null",
            "",
            "https://",
            "file://",
            "chrome-extension://192.168.1.5:3000",
            "https://192.168.1.5:3000/",
            "https://192.168.1.5:3000 https://evil.example",
        ] {
            assert!(!may(TLS, origin), "{origin}");
        }
        assert!(
            !may(PLAIN, "http://localhost:5173"),
            "another server on this machine"
        );
        assert!(!may(PLAIN, "http://127.0.0.1:3000"));
        let v6 = Asked {
            host: "[::1]:3000",
            ..PLAIN
        };
        assert!(!may(v6, "http://[::1].evil.example:3000"));
        let twice = [
            ("origin", "https://192.168.1.5:3000"),
            ("origin", "https://evil.example"),
        ];
        assert!(!is_allowed(Asked {
            headers: &twice,
            ..TLS
        }));
    }

    #[test]
    fn what_the_browser_says_of_the_site_counts_too() {
        let of = |site| Asked {
            headers: site,
            ..TLS
        };
        assert!(is_allowed(of(&[("sec-fetch-site", "same-origin")])));
        assert!(is_allowed(of(&[("sec-fetch-site", "none")])));
        assert!(!is_allowed(of(&[("sec-fetch-site", "cross-site")])));
        assert!(!is_allowed(of(&[("sec-fetch-site", "same-site")])));
        let own_origin = ("origin", "https://192.168.1.5:3000");
        assert!(!is_allowed(of(&[
            ("sec-fetch-site", "cross-site"),
            own_origin
        ])));
    }

    #[test]
    fn programs_may_and_so_may_readers() {
        assert!(is_allowed(TLS) && is_allowed(PLAIN));
        for method in ["PUT", "DELETE", "PATCH"] {
            assert!(
                !may(Asked { method, ..TLS }, "https://evil.example"),
                "{method}"
            );
        }
        let by_evil = |method, upgrade: &[(&str, &str)]| {
            let headers = [&[("origin", "https://evil.example")], upgrade].concat();
            is_allowed(Asked {
                method,
                headers: &headers,
                ..TLS
            })
        };
        assert!(by_evil("GET", &[]));
        assert!(!by_evil("GET", &[("upgrade", "websocket")]));
    }
}
