//! How often one address may do something that costs the server or helps a guesser.
//!
//! Addresses are those of the connections: what a header says of them (`X-Forwarded-For`) anybody can write.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Addresses that are remembered; about 64 bytes each.
const MAX_ADDRESSES: usize = 4096;

/// A token bucket for each address. Cheap to ask, bounded however many addresses ask.
///
/// ```
/// use sightline::limits::RateLimiter;
///
/// let guesses = RateLimiter::new(10, 3);
/// let ip = "192.0.2.7".parse().unwrap();
/// for _ in 0..3 {
///     assert_eq!(guesses.allow(ip), Ok(()));
/// }
/// let wait = guesses.allow(ip).unwrap_err();
/// assert!(wait.as_secs() <= 6);
/// ```
pub struct RateLimiter {
    /// From one token to the next.
    interval: Duration,
    /// How long an empty bucket takes to be full.
    depth: Duration,
    /// When each address's bucket will be full again: all that a bucket is.
    full_at: Mutex<HashMap<IpAddr, Instant>>,
}

impl RateLimiter {
    /// `per_minute` on average, `burst` at once; both at least 1.
    pub fn new(per_minute: u32, burst: u32) -> Self {
        let interval = Duration::from_secs(60) / per_minute.max(1);
        Self {
            interval,
            depth: interval * burst.max(1),
            full_at: Mutex::default(),
        }
    }

    /// Takes one of the address's tokens; or how long it has to wait for the next.
    pub fn allow(&self, ip: IpAddr) -> Result<(), Duration> {
        self.allow_at(ip, Instant::now())
    }

    /// The same, but nothing is taken: for what counts only once it turns out to be wrong.
    pub fn check(&self, ip: IpAddr) -> Result<(), Duration> {
        let now = Instant::now();
        self.full_after_one(&self.lock(), ip, now).map(drop)
    }

    fn allow_at(&self, ip: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut full_at = self.lock();
        let full = self.full_after_one(&full_at, ip, now)?;
        let network = network_of(ip);
        if full_at.len() >= MAX_ADDRESSES && !full_at.contains_key(&network) {
            make_room(&mut full_at, now);
        }
        full_at.insert(network, full);
        Ok(())
    }

    /// When the bucket would be full again if one more token were taken.
    fn full_after_one(
        &self,
        full_at: &HashMap<IpAddr, Instant>,
        ip: IpAddr,
        now: Instant,
    ) -> Result<Instant, Duration> {
        let full = full_at.get(&network_of(ip)).map_or(now, |at| now.max(*at)) + self.interval;
        match (full - now).checked_sub(self.depth) {
            None | Some(Duration::ZERO) => Ok(full),
            Some(wait) => Err(wait),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Instant>> {
        self.full_at.lock().expect("no holder of this lock panics")
    }
}

/// A full bucket is as good as none. Of the others the fullest goes: it has the least to tell.
fn make_room(full_at: &mut HashMap<IpAddr, Instant>, now: Instant) {
    full_at.retain(|_, at| *at > now);
    if full_at.len() >= MAX_ADDRESSES {
        let fullest = full_at.iter().min_by_key(|(_, at)| **at).map(|(ip, _)| *ip);
        fullest.map(|ip| full_at.remove(&ip));
    }
}

/// What counts as one address: an IPv6 host out in the world has a whole /64 to choose from. Link-local and
/// unique local /64s are shared by all hosts of a network, so there each address counts: one device could lock
/// out the others. One that takes on many addresses meets the limits of connections, rooms and codes in all, and
/// for keys that of its whole network ([`whole_network_of`]).
pub fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) if is_shared(ip) => ip.into(),
        IpAddr::V6(ip) => prefix_of(ip).into(),
        whole => whole,
    }
}

/// All addresses that one device of a local network may take on at will. What is not local is as it was: the
/// neighbours of a public IPv4 address are strangers.
pub fn whole_network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => prefix_of(ip).into(),
        IpAddr::V4(ip) if ip.is_private() || ip.is_link_local() => {
            Ipv4Addr::from_bits(ip.to_bits() >> 8 << 8).into()
        }
        alone => alone,
    }
}

/// Its /64.
fn prefix_of(ip: Ipv6Addr) -> Ipv6Addr {
    Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)
}

fn is_shared(ip: Ipv6Addr) -> bool {
    ip.is_unicast_link_local() || ip.is_unique_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_burst_and_then_one_after_the_other() {
        let limiter = RateLimiter::new(30, 2);
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let ask = |at| limiter.allow_at(ip("192.0.2.1"), start + at);
        assert_eq!(ask(Duration::ZERO), Ok(()));
        assert_eq!(ask(Duration::ZERO), Ok(()));
        assert_eq!(ask(Duration::ZERO), Err(2 * second));
        assert_eq!(ask(second), Err(second), "a refusal costs nothing");
        assert_eq!(ask(2 * second), Ok(()));
        assert_eq!(ask(2 * second), Err(2 * second));
        // However long it was quiet, no more than the burst.
        assert_eq!(ask(1000 * second), Ok(()));
        assert_eq!(ask(1000 * second), Ok(()));
        assert!(ask(1000 * second).is_err());
    }

    #[test]
    fn looking_takes_nothing() {
        let limiter = RateLimiter::new(1, 1);
        assert_eq!(limiter.check(ip("192.0.2.1")), Ok(()));
        assert_eq!(limiter.check(ip("192.0.2.1")), Ok(()));
        assert_eq!(limiter.allow(ip("192.0.2.1")), Ok(()));
        assert!(limiter.check(ip("192.0.2.1")).is_err());
    }

    #[test]
    fn a_host_s_network_of_ipv6_is_one_address() {
        let limiter = RateLimiter::new(1, 1);
        let now = Instant::now();
        let ask = |text| limiter.allow_at(ip(text), now).is_ok();
        assert!(ask("2001:db8::1"));
        assert!(!ask("2001:db8::ffff:1"), "the same /64");
        assert!(ask("2001:db8:0:1::1"), "another one");
        for [host, other] in [["fe80::1", "fe80::2"], ["fd00:7::1", "fd00:7::2"]] {
            assert!(ask(host));
            assert!(ask(other), "another host of the same network");
            assert!(!ask(host) && !ask(other));
        }
        assert!(ask("::ffff:192.0.2.1"));
        assert!(!ask("192.0.2.1"), "the same in another form");
        assert!(ask("192.0.2.2"));
    }

    #[test]
    fn what_a_device_takes_on_at_will_is_one_network() {
        for (one, other, is_same) in [
            ("fe80::1", "fe80::2", true),
            ("fd00:7::1", "fd00:7::2", true),
            ("fd00:7::1", "fd00:7:0:1::1", false),
            ("2001:db8::1", "2001:db8::2", true),
            ("192.168.1.5", "::ffff:192.168.1.6", true),
            ("192.168.1.5", "192.168.2.5", false),
            ("169.254.7.1", "169.254.7.2", true),
            ("192.0.2.1", "192.0.2.2", false),
        ] {
            let networks = [one, other].map(|text| whole_network_of(ip(text)));
            assert_eq!(networks[0] == networks[1], is_same, "{one} {other}");
        }
    }

    #[test]
    fn it_remembers_so_many_addresses_and_no_more() {
        let limiter = RateLimiter::new(1, 2);
        let now = Instant::now();
        let addresses = || (0..3 * MAX_ADDRESSES as u32).map(|n| IpAddr::V4(n.into()));
        let greedy = ip("192.0.2.1");
        assert_eq!(limiter.allow_at(greedy, now), Ok(()));
        assert_eq!(limiter.allow_at(greedy, now), Ok(()));
        for ip in addresses() {
            assert_eq!(limiter.allow_at(ip, now), Ok(()));
        }
        assert_eq!(limiter.lock().len(), MAX_ADDRESSES);
        let forgotten = limiter.allow_at(greedy, now).is_ok();
        assert!(!forgotten, "those who took most are remembered longest");
        // What is full again is thrown out as soon as room is needed.
        let later = now + Duration::from_secs(600);
        assert_eq!(limiter.allow_at(greedy, later), Ok(()));
        assert_eq!(
            limiter.lock().len(),
            MAX_ADDRESSES,
            "it was known: no room was needed"
        );
        assert_eq!(limiter.allow_at(ip("203.0.113.1"), later), Ok(()));
        assert!(limiter.lock().len() <= 2);
    }
}
