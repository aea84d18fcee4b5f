//! Plain HTTP questions to the server, as the phone page asks them.

use std::error::Error;
use std::io;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;
use tokio_rustls::rustls;
use tokio_rustls::rustls::crypto::ring;

use super::JoinArgs;
use super::signal::Signal;
use crate::config::default_state_dir;
use crate::protocol::{ApiError, JoinInfo};
use crate::tls;

const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(10);
/// The server says at least something every 2 s.
const SILENCE: Duration = Duration::from_secs(6);
/// For a signal; it is sent again.
const SIGNAL_PATIENCE: Duration = Duration::from_secs(3);
const MAX_TOKEN_BYTES: usize = 128;
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Why a question got no good answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The link or the room is unknown: asking again will not help.
    #[error("this link has expired ({0}): take the address from the viewer again")]
    Gone(String),
    #[error(
        "the server's certificate is not trusted ({0}): check the address; on this computer use \
         http://localhost:PORT/j/…, elsewhere --insecure accepts any certificate"
    )]
    Untrusted(String),
    #[error("the server refused: {0}")]
    Refused(String),
    /// No answer, or none of our server's: it may come back.
    #[error("{0}")]
    Silent(String),
}

/// The server that a join address names, and the token in it.
#[derive(Clone)]
pub struct Api {
    http: Client,
    origin: Url,
    token: String,
}

impl Api {
    pub fn new(args: &JoinArgs) -> Result<Self> {
        let (origin, token) = parse_join_url(&args.join_url)?;
        // An error says that there is one already.
        let _ = ring::default_provider().install_default();
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_PATIENCE)
            .read_timeout(SILENCE)
            .danger_accept_invalid_certs(args.insecure);
        let state_dir = args.state_dir.clone().map_or_else(default_state_dir, Ok);
        // Without a folder there is no authority of ours: those of public authorities remain.
        if let Some(der) = state_dir.ok().and_then(|dir| tls::kept_authority(&dir)) {
            builder = builder.add_root_certificate(Certificate::from_der(&der)?);
        }
        Ok(Self {
            http: builder.build()?,
            origin,
            token,
        })
    }

    /// Whether the server, and so most likely the viewer, is on this machine.
    pub fn is_on_this_machine(&self) -> bool {
        is_loopback(&self.origin)
    }

    pub async fn find_room(&self) -> Result<String, Failure> {
        let request = self.request(Method::GET, &["api", "join", &self.token]);
        let answer = send(request.timeout(PATIENCE)).await?;
        let info: JoinInfo = read(answer).await?;
        Ok(info.room)
    }

    /// The room's events after the one named, to be read for as long as they come.
    pub async fn events(
        &self,
        room: &str,
        client: &str,
        takeover: bool,
        last_event_id: &str,
    ) -> Result<Response, Failure> {
        let request = self.request(Method::GET, &["api", "rooms", room, "events"]);
        let takeover = if takeover { "1" } else { "0" };
        let query = [
            ("token", &*self.token),
            ("client", client),
            ("takeover", takeover),
        ];
        let request = request.header("last-event-id", last_event_id);
        send(request.query(&query)).await
    }

    /// `number` tells the server a signal that comes again from a new one.
    pub async fn signal(
        &self,
        room: &str,
        sitting: &str,
        number: u64,
        signal: &Signal,
    ) -> Result<(), Failure> {
        let request = self.request(Method::POST, &["api", "rooms", room, "signal"]);
        let number = number.to_string();
        let query = [
            ("token", &*self.token),
            ("sitting", sitting),
            ("number", &number),
        ];
        let request = request.query(&query).json(signal);
        send(request.timeout(SIGNAL_PATIENCE)).await.map(drop)
    }

    /// Without this word the seat would wait a while for us.
    pub async fn leave(&self, room: &str, sitting: &str) -> Result<(), Failure> {
        let request = self.request(Method::POST, &["api", "rooms", room, "leave"]);
        let query = [("token", &*self.token), ("sitting", sitting)];
        let request = request.query(&query).timeout(SIGNAL_PATIENCE);
        send(request).await.map(drop)
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.origin.clone();
        // Only what can have no path refuses, and that is no http address.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(path);
        }
        self.http.request(method, url)
    }
}

async fn send(request: RequestBuilder) -> Result<Response, Failure> {
    let answer = request.send().await.map_err(silence)?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let Ok(ApiError { message, .. }) = read(answer).await else {
        return Err(Failure::Silent(format!("the address answers {status}")));
    };
    match status.as_u16() {
        403 | 404 => Err(Failure::Gone(message)),
        _ => Err(Failure::Refused(message)),
    }
}

/// A short answer in JSON.
async fn read<T: DeserializeOwned>(mut answer: Response) -> Result<T, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(silence)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER_BYTES {
            return Err(Failure::Silent("its answer has no end".to_owned()));
        }
    }
    let strange = |_| Failure::Silent("it answers something unknown".to_owned());
    serde_json::from_slice(&bytes).map_err(strange)
}

fn silence(error: reqwest::Error) -> Failure {
    // The address holds the token.
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    match is_mistrust(&error) {
        true => Failure::Untrusted(cause.to_string()),
        false => Failure::Silent(cause.to_string()),
    }
}

/// Whether TLS refused the server's certificate, somewhere beneath this error.
fn is_mistrust(error: &(dyn Error + 'static)) -> bool {
    let refused = |error: &(dyn Error + 'static)| {
        matches!(
            error.downcast_ref(),
            Some(rustls::Error::InvalidCertificate(_))
        )
    };
    let within = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
        .is_some_and(|inner| refused(inner) || is_mistrust(inner));
    refused(error) || within || error.source().is_some_and(is_mistrust)
}

fn parse_join_url(text: &str) -> Result<(Url, String)> {
    let wanted =
        "must be the address in the room's QR code, such as https://192.168.1.20:3000/j/TOKEN";
    let url = Url::parse(text).with_context(|| format!("\"{text}\" {wanted}"))?;
    let path: Vec<&str> = url.path_segments().into_iter().flatten().collect();
    let ["j", token] = path[..] else {
        bail!("\"{text}\" {wanted}");
    };
    let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    ensure!(
        (1..=MAX_TOKEN_BYTES).contains(&token.len()) && token.chars().all(is_token),
        "\"{text}\" {wanted}"
    );
    let token = token.to_owned();
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => bail!("http:// serves this computer (localhost) only: use the https:// address"),
        _ => bail!("\"{text}\" {wanted}"),
    }
    Ok((url, token))
}

fn is_loopback(url: &Url) -> bool {
    let name = url.host_str().unwrap_or_default();
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let ip = name.parse::<std::net::IpAddr>();
    name == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_address_holds_server_and_token() {
        let (origin, token) = parse_join_url("https://192.168.1.20:3000/j/aB-3_").unwrap();
        assert_eq!(origin.host_str(), Some("192.168.1.20"));
        assert_eq!(token, "aB-3_");
        for local in [
            "http://localhost:3000/j/a",
            "http://127.0.0.1/j/a",
            "http://[::1]:1/j/a",
        ] {
            assert!(is_loopback(&parse_join_url(local).unwrap().0), "{local}");
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        let others = [
            "",
            "localhost:3000",
            "https://host/",
            "https://host/j/",
            "https://host/j/a/b",
            "https://host/j/%2e%2e",
            "https://host/x/a",
            "ftp://localhost/j/a",
            "http://192.168.1.20/j/a",
            "http://localhost.example/j/a",
        ];
        for other in others {
            assert!(parse_join_url(other).is_err(), "{other}");
        }
    }
}
