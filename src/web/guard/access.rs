//! Who may make rooms and have frames detected: this machine itself, and whoever has the access key.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::{Query, Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::uri::Authority;
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Transport;
use super::host::{is_at, is_this_machine};
use crate::config::GuardConfig;
use crate::config::guard::AccessKey;
use crate::limits::{RateLimiter, whole_network_of};
use crate::metrics::Refusal;
use crate::web::AppState;
use crate::web::error::Failure;

/// What proxies add. Anybody can write these, so they are never believed: they only take trust away.
const MARKS_OF_PROXIES: [&str; 7] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "cf-connecting-ip",
];

/// A network has so many times the wrong keys of one address: others there must be able to mistype theirs.
const ADDRESSES_OF_A_NETWORK: u32 = 10;

/// The other end of the connection. `server.rs` attaches it to every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Whom a request comes from, as far as can be told.
///
/// Behind a tunnel or a proxy on this machine all visitors have the one address of loopback. They are
/// then one caller, and share its limits. The viewer on this machine is told from them by its Host and
/// by plain HTTP: tunnels are led to HTTPS. Where the server listens on one address of the network only,
/// who comes from that very address, and names it as the viewer does, is this machine: a program there that
/// passes on connections from elsewhere has the address, but its visitors name another.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pub ip: IpAddr,
    /// Nothing but a program on this machine: no limit is for it.
    pub is_local: bool,
}

impl Caller {
    /// `listening`: where the server listens.
    pub fn of(request: &Request, host: &Authority, listening: SocketAddr) -> Option<Self> {
        let Peer(ip) = request.extensions().get::<Peer>()?;
        let ip = ip.to_canonical();
        let is_marked = |mark: &&str| request.headers().contains_key(*mark);
        let passed_on = MARKS_OF_PROXIES.iter().any(is_marked);
        let is_plain = request.extensions().get() == Some(&Transport::Plain);
        let is_here = match ip.is_loopback() {
            true => is_plain && is_this_machine(host),
            false => ip == listening.ip() && is_at(host, listening),
        };
        let is_local = is_here && !passed_on;
        Some(Self { ip, is_local })
    }
}

/// The access key, and what slows down those who guess it.
pub struct Access {
    key: Option<AccessKey>,
    keys: KeyGuesses,
    tokens: RateLimiter,
    rooms: RateLimiter,
}

impl Access {
    pub fn new(config: &GuardConfig) -> Self {
        let limits = &config.limits;
        let limiter = |per_minute| RateLimiter::new(per_minute, per_minute);
        Self {
            key: config.access_key.clone(),
            keys: KeyGuesses::new(limits.guesses_per_minute),
            tokens: limiter(limits.guesses_per_minute),
            rooms: limiter(limits.rooms_per_minute),
        }
    }

    /// A caller who has guessed too often is not heard, whatever the key: else the answer would tell.
    fn check_key(&self, caller: Caller, given: Option<&str>) -> Result<(), Failure> {
        let Some(key) = self.key.as_ref().filter(|_| !caller.is_local) else {
            return Ok(());
        };
        let given = given.ok_or_else(no_key)?;
        self.keys.check(caller.ip).map_err(too_many_guesses)?;
        if key.is(given) {
            return Ok(());
        }
        self.keys.count(caller.ip);
        Err(wrong_key())
    }

    /// An answer that says a token is wrong is given only so often. Nobody finds 128 random bits by
    /// guessing, so good tokens are always heard: one guesser behind a tunnel would otherwise lock
    /// everybody out of their rooms.
    pub fn slow_guesses(&self, caller: Caller, response: Response) -> Response {
        let is_wrong = response.extensions().get() == Some(&Refusal::WrongToken);
        if caller.is_local || !is_wrong {
            return response;
        }
        match self.tokens.allow(caller.ip) {
            Ok(()) => response,
            Err(wait) => too_many_guesses(wait).into_response(),
        }
    }
}

/// Wrong keys, by address and by its whole network: a device has as many addresses of that as it likes.
struct KeyGuesses {
    of_address: RateLimiter,
    of_network: RateLimiter,
}

impl KeyGuesses {
    fn new(per_minute: u32) -> Self {
        let of_network = per_minute.saturating_mul(ADDRESSES_OF_A_NETWORK);
        Self {
            of_address: RateLimiter::new(per_minute, per_minute),
            of_network: RateLimiter::new(of_network, of_network),
        }
    }

    fn check(&self, ip: IpAddr) -> Result<(), Duration> {
        self.of_address.check(ip)?;
        self.of_network.check(whole_network_of(ip))
    }

    fn count(&self, ip: IpAddr) {
        let _ = self.of_address.allow(ip);
        let _ = self.of_network.allow(whole_network_of(ip));
    }
}

fn no_key() -> Failure {
    unauthorized(
        "this server wants its access key from other machines: open the viewer with #key=KEY at the end of its \
         address; programs send `Authorization: Bearer KEY`, or ?key=KEY with a WebSocket",
    )
}

fn wrong_key() -> Failure {
    unauthorized("this is not the server's access key: ask whoever started it (--access-key)")
}

fn unauthorized(message: &str) -> Failure {
    let challenge = HeaderValue::from_static("Bearer realm=\"sightline\"");
    Failure::refusal(Refusal::AccessKey, StatusCode::UNAUTHORIZED, message)
        .with(header::WWW_AUTHENTICATE, challenge)
}

fn too_many_guesses(wait: Duration) -> Failure {
    too_many(
        Refusal::Guesses,
        wait,
        "too many wrong keys or tokens came from this address or network",
    )
}

fn too_many_rooms(wait: Duration) -> Failure {
    let message = "too many rooms were asked for from this address (--rooms-per-minute)";
    too_many(Refusal::RoomsPerMinute, wait, message)
}

fn too_many(why: Refusal, wait: Duration, message: &str) -> Failure {
    let seconds = wait.as_secs_f64().ceil() as u64;
    let message = format!("{message}: try again in {seconds} s");
    Failure::refusal(why, StatusCode::TOO_MANY_REQUESTS, message)
        .with(header::RETRY_AFTER, seconds.into())
}

/// Before what costs the server most: who may ask for it.
pub async fn check_key(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let caller = caller_of(&request);
    let given = bearer(request.headers()).or_else(|| key_in_address(&request));
    match state.guard.access.check_key(caller, given.as_deref()) {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    }
}

/// Before a room is made.
pub async fn limit_rooms(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let caller = caller_of(&request);
    let allowed = match caller.is_local {
        true => Ok(()),
        false => state.guard.access.rooms.allow(caller.ip),
    };
    match allowed {
        Ok(()) => next.run(request).await,
        Err(wait) => too_many_rooms(wait).into_response(),
    }
}

/// `GET /api/access`: whether the caller may make rooms; the layers before it have said so.
pub async fn granted() -> StatusCode {
    StatusCode::NO_CONTENT
}

fn caller_of(request: &Request) -> Caller {
    let caller = request.extensions().get::<Caller>();
    *caller.expect("every request has passed the guard")
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = given.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer")).then(|| key.trim().to_owned())
}

/// Browsers let a page set no header on a WebSocket.
fn key_in_address(request: &Request) -> Option<String> {
    let is_socket = request.headers().contains_key(header::UPGRADE);
    is_socket.then(|| key_in(request.uri()))?
}

fn key_in(uri: &Uri) -> Option<String> {
    #[derive(Deserialize)]
    struct KeyQuery {
        key: Option<String>,
    }
    Query::<KeyQuery>::try_from_uri(uri).ok()?.0.key
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "correct-horse";
    const PER_MINUTE: u32 = 3;

    fn access() -> Access {
        let unlimited = || RateLimiter::new(u32::MAX, u32::MAX);
        Access {
            key: Some(KEY.into()),
            keys: KeyGuesses::new(PER_MINUTE),
            tokens: unlimited(),
            rooms: unlimited(),
        }
    }

    /// The status of the answer to somebody who comes from there.
    fn told(access: &Access, ip: &str, key: &str) -> StatusCode {
        let ip = ip.parse().unwrap();
        let caller = Caller {
            ip,
            is_local: false,
        };
        match access.check_key(caller, Some(key)) {
            Ok(()) => StatusCode::OK,
            Err(failure) => failure.into_response().status(),
        }
    }

    /// Tokens come back while this runs, slowly: one in two seconds for the network.
    #[test]
    fn more_addresses_of_one_network_have_no_more_guesses_without_end() {
        for (network, other) in [
            ("fe80::", "2001:db8::1"),
            ("fd00:7::", "fd00:8::1"),
            ("192.168.1.", "192.168.2.1"),
        ] {
            let access = access();
            let addresses = (1..100).map(|n| format!("{network}{n}"));
            let wrong = |ip: &String| told(&access, ip, "wrong") == StatusCode::UNAUTHORIZED;
            let heard = addresses.take_while(wrong).count();
            let least = (PER_MINUTE * ADDRESSES_OF_A_NETWORK) as usize;
            assert!((least..2 * least).contains(&heard), "{heard}");
            let right = told(&access, &format!("{network}200"), KEY);
            assert_eq!(
                right,
                StatusCode::TOO_MANY_REQUESTS,
                "the answer would tell"
            );
            assert_eq!(told(&access, other, KEY), StatusCode::OK);
        }
    }

    #[test]
    fn right_keys_are_no_guesses() {
        let access = access();
        for n in 0..10 * PER_MINUTE * ADDRESSES_OF_A_NETWORK {
            let ip = format!("fe80::{:x}", n % 7);
            assert_eq!(told(&access, &ip, KEY), StatusCode::OK);
        }
    }
}
