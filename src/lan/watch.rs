//! Looks again and again: a laptop changes its Wi-Fi while the server runs.

use std::net::IpAddr;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::LanAddress;
use crate::config::Lack;

/// A look is a few system calls; no system tells of changes in the same way as the next.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Where a server's addresses are looked for.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// The address that the server listens on.
    pub host: IpAddr,
    /// A container's own addresses mean nothing to phones.
    pub in_container: bool,
    /// A tunnel needs no more than loopback, and who listens there only is heard by nobody else.
    pub by_tunnel: bool,
}

impl Scope {
    /// What there is instead of an address for phones where a look finds none.
    pub fn lack(self) -> Lack {
        match self {
            Self {
                in_container: true, ..
            } => Lack::Container,
            _ if self.is_loopback_of_tunnel() => Lack::Unheard,
            _ => Lack::Offline,
        }
    }

    /// The addresses at which this server is heard, the likeliest first.
    pub fn look(self) -> Vec<LanAddress> {
        if self.in_container || self.is_loopback_of_tunnel() {
            return Vec::new();
        }
        let all = super::addresses().into_iter();
        all.filter(|address| self.hears(address.ip)).collect()
    }

    fn is_loopback_of_tunnel(self) -> bool {
        self.by_tunnel && self.host.is_loopback()
    }

    fn hears(self, ip: IpAddr) -> bool {
        match self.host {
            // Heard nowhere else; `check` and whoever set it know that. A proxy on this machine may pass phones on.
            host if host.is_loopback() => ip.is_ipv4(),
            IpAddr::V4(host) if host.is_unspecified() => ip.is_ipv4(),
            // Both kinds, on the systems we know.
            IpAddr::V6(host) if host.is_unspecified() => true,
            host => host == ip,
        }
    }
}

/// Keeps the addresses true and calls `changed` with new ones, until nobody listens any more.
pub async fn follow(
    scope: Scope,
    addresses: watch::Sender<Vec<LanAddress>>,
    changed: impl Fn(&[LanAddress]),
) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = addresses.closed() => return,
            _ = looks.tick() => {}
        }
        let found = scope.look();
        if *addresses.borrow() != found {
            addresses.send_replace(found.clone());
            changed(&found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hears(host: &str, ip: &str) -> bool {
        let scope = Scope {
            host: host.parse().unwrap(),
            in_container: false,
            by_tunnel: false,
        };
        scope.hears(ip.parse().unwrap())
    }

    #[test]
    fn only_addresses_that_the_server_listens_on_are_told() {
        assert!(hears("0.0.0.0", "192.168.1.5"));
        assert!(!hears("0.0.0.0", "fd00::5"));
        assert!(hears("::", "fd00::5") && hears("::", "192.168.1.5"));
        assert!(hears("192.168.1.5", "192.168.1.5"));
        assert!(!hears("192.168.1.5", "192.168.1.6"));
    }

    #[test]
    fn none_are_looked_for_where_none_would_do() {
        for (host, in_container, by_tunnel, lack) in [
            ("0.0.0.0", true, false, Lack::Container),
            ("127.0.0.1", true, true, Lack::Container),
            ("127.0.0.1", false, true, Lack::Unheard),
        ] {
            let host = host.parse().unwrap();
            let scope = Scope {
                host,
                in_container,
                by_tunnel,
            };
            assert_eq!((scope.look(), scope.lack()), (Vec::new(), lack));
        }
    }
}
