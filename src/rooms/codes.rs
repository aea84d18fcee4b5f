//! Short codes that stand for a phone's link where it must be typed.
//!
//! A code lives for minutes, opens one room, and lets one phone in: the first address that opens it
//! claims it, and when a phone's page joins, it is spent. A claim alone does not spend it, since
//! previews of links and scanners open addresses, too, but never join; after [`CLAIM`] without a
//! phone another address may try. So two people who type the same code do not both get in.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::RoomKeys;
use crate::limits::network_of;

/// No two look alike: without 0 O, 1 I L, 2 Z, 5 S, 8 B, and U beside V. 24 symbols, so six of them
/// hold 27.5 bits: 191 million codes.
const ALPHABET: &[u8; 24] = b"ACDEFGHJKMNPQRTVWXY34679";
const LENGTH: usize = 6;
/// For one address to load the page that joins.
const CLAIM: Duration = Duration::from_secs(20);

/// Wrong guesses in a minute. The odds of an intruder: with one room 100 in 191 million a minute, which
/// is 1 in 190 000 over a code's ten minutes, and for one address a tenth of that; with 1024 rooms
/// whose codes are all alive, 1 in 1900 a minute for any of them.
const GUESSES_OF_ONE: u32 = 10;
/// Also bounds the table of addresses.
const GUESSES_OF_ALL: u32 = 100;
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code([u8; LENGTH]);

impl Code {
    /// What a person typed: case, spaces and dashes mean nothing.
    pub fn parse(typed: &str) -> Option<Self> {
        let means_something = |c: &char| !c.is_whitespace() && *c != '-';
        let mut symbols = typed.chars().filter(means_something);
        let mut code = [0; LENGTH];
        for place in &mut code {
            let symbol = u8::try_from(symbols.next()?).ok()?.to_ascii_uppercase();
            *place = ALPHABET.contains(&symbol).then_some(symbol)?;
        }
        symbols.next().is_none().then_some(Self(code))
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the alphabet is ASCII")
    }

    fn random() -> Self {
        Self(std::array::from_fn(|_| random_symbol()))
    }
}

/// Each as likely as any other: bytes that would favour some are thrown away.
fn random_symbol() -> u8 {
    let fair = u8::MAX - u8::MAX % ALPHABET.len() as u8;
    loop {
        let mut byte = [0];
        getrandom::fill(&mut byte).expect("the system gives random bytes");
        if byte[0] < fair {
            return ALPHABET[usize::from(byte[0]) % ALPHABET.len()];
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct CodeLimits {
    pub lifetime: Duration,
    /// As many as there are rooms.
    pub max_codes: usize,
}

/// What became of a code that was typed.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    /// The phone's token that it stands for.
    Opens(String),
    /// Mistyped, expired or used.
    Unknown,
    /// Too many wrong codes; this one was not looked at.
    Wait(Duration),
}

/// All short codes of a server. Cheap to clone.
#[derive(Clone)]
pub struct Codes {
    limits: CodeLimits,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// By the name of the room that each opens.
    codes: HashMap<String, Issued>,
    guesses: Guesses,
}

struct Issued {
    code: Code,
    phone_token: String,
    ends: Instant,
    claim: Option<(IpAddr, Instant)>,
}

impl Codes {
    pub fn new(limits: CodeLimits) -> Self {
        Self {
            limits,
            state: Arc::default(),
        }
    }

    /// The room's code and how long it lives: the one it has, or a new one.
    pub fn issue(&self, keys: &RoomKeys, now: Instant) -> (Code, Duration) {
        let mut state = self.lock();
        state.codes.retain(|_, issued| issued.ends > now);
        if let Some(issued) = state.codes.get(&keys.room) {
            return (issued.code, issued.ends - now);
        }
        // Rooms may have gone and left their codes behind.
        if state.codes.len() >= self.limits.max_codes {
            state.drop_oldest();
        }
        let issued = Issued {
            code: state.unused(),
            phone_token: keys.phone_token.clone(),
            ends: now + self.limits.lifetime,
            claim: None,
        };
        let code = issued.code;
        state.codes.insert(keys.room.clone(), issued);
        (code, self.limits.lifetime)
    }

    /// Looks a code up for somebody at this address, and claims it for them.
    pub fn redeem(&self, code: Code, from: IpAddr, now: Instant) -> Typed {
        let from = network_of(from);
        let mut state = self.lock();
        if let Some(wait) = state.guesses.wait(from, now) {
            return Typed::Wait(wait);
        }
        let opens = |issued: &&mut Issued| {
            issued.code == code && issued.ends > now && issued.is_free_for(from, now)
        };
        if let Some(issued) = state.codes.values_mut().find(opens) {
            issued.claim = Some((from, now));
            return Typed::Opens(issued.phone_token.clone());
        }
        state.guesses.count(from);
        Typed::Unknown
    }

    /// A phone has joined this room: if somebody came by its code, the code is spent.
    pub fn spend(&self, room: &str) {
        let codes = &mut self.lock().codes;
        if codes.get(room).is_some_and(|issued| issued.claim.is_some()) {
            codes.remove(room);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }
}

impl State {
    fn drop_oldest(&mut self) {
        let oldest = self.codes.iter().min_by_key(|(_, issued)| issued.ends);
        if let Some(room) = oldest.map(|(room, _)| room.clone()) {
            self.codes.remove(&room);
        }
    }

    fn unused(&self) -> Code {
        loop {
            let code = Code::random();
            if self.codes.values().all(|issued| issued.code != code) {
                return code;
            }
        }
    }
}

impl Issued {
    fn is_free_for(&self, from: IpAddr, now: Instant) -> bool {
        self.claim
            .is_none_or(|(owner, since)| owner == from || now - since >= CLAIM)
    }
}

/// Wrong codes of the minute under way.
#[derive(Default)]
struct Guesses {
    begun: Option<Instant>,
    all: u32,
    of: HashMap<IpAddr, u32>,
}

impl Guesses {
    /// How long `from` must wait before the next code of theirs is looked at.
    fn wait(&mut self, from: IpAddr, now: Instant) -> Option<Duration> {
        let begun = *self.begun.get_or_insert(now);
        let passed = now - begun;
        if passed >= MINUTE {
            *self = Self::default();
            self.begun = Some(now);
        }
        let of_one = self.of.get(&from).copied().unwrap_or_default();
        let too_many = self.all >= GUESSES_OF_ALL || of_one >= GUESSES_OF_ONE;
        too_many.then(|| MINUTE - passed)
    }

    fn count(&mut self, from: IpAddr) {
        self.all += 1;
        *self.of.entry(from).or_default() += 1;
    }
}

#[cfg(test)]
mod tests;
