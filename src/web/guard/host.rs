//! The Host header: which names are this server's.
//!
//! A page of somebody else's can have its own name lead to this machine (DNS rebinding) and would then
//! be of one origin with us. It cannot choose what the browser writes into Host, so a name that is
//! nobody's here is refused. An address is no name: nobody can rebind it.

use std::net::{IpAddr, SocketAddr};

use axum::http::header;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};

use crate::config::Config;
use crate::metrics::Refusal;
use crate::web::error::Failure;

/// Names that this server goes by, in lower case; addresses and localhost are understood.
pub struct HostNames(Vec<String>);

impl HostNames {
    pub fn new(config: &Config) -> Self {
        let own = gethostname::gethostname();
        let own = own.to_string_lossy().to_ascii_lowercase();
        let mut names = config.guard.allowed_hosts.clone();
        names.extend(config.phone_host.bare_host().map(|name| plain(&name)));
        names.extend(names_of_machine(&own));
        Self(names)
    }

    pub fn check(&self, host: &Authority) -> Result<(), Failure> {
        let name = plain(host.host());
        if is_localhost(&name) || address(&name).is_some() || self.0.contains(&name) {
            return Ok(());
        }
        let message = format!(
            "this server is not known as {name}: use its address, or start it with --allow-host {name}"
        );
        let status = StatusCode::MISDIRECTED_REQUEST;
        Err(Failure::refusal(Refusal::ForeignHost, status, message))
    }
}

/// What others on the network call a machine: its name, also without its domain, and that one by mDNS.
fn names_of_machine(hostname: &str) -> Vec<String> {
    let bare = hostname.split('.').next().unwrap_or_default();
    match bare {
        "" => Vec::new(),
        bare => vec![
            hostname.to_owned(),
            bare.to_owned(),
            format!("{bare}.local"),
        ],
    }
}

/// The Host header, if there is one and it could stand in an address.
pub fn host(headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return None;
    };
    let host: Authority = host.to_str().ok()?.parse().ok()?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    // A zone (fe80::1%eth0) tells which of the client's own interfaces leads here: nothing to us.
    let told = match host.as_str().split_once('%') {
        Some((before, zone)) if before.starts_with('[') => before.to_owned() + zone,
        _ => host.as_str().to_owned(),
    };
    (is_host_and_port(&host) && told.chars().all(allowed)).then_some(host)
}

/// Nothing beside: no user before it, and no `[::1].evil.example`.
pub(super) fn is_host_and_port(authority: &Authority) -> bool {
    let rest = authority.as_str().strip_prefix(authority.host());
    let is_port = |rest: &str| {
        let port = rest.strip_prefix(':');
        port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    };
    !authority.host().is_empty() && rest.is_some_and(|rest| rest.is_empty() || is_port(rest))
}

/// localhost, 127.x.x.x or [::1], with or without a port.
pub fn is_this_machine(host: &Authority) -> bool {
    let name = plain(host.host());
    is_localhost(&name) || address(&name).is_some_and(|ip| ip.is_loopback())
}

/// The very address and port, as an `https://` address has them.
pub fn is_at(host: &Authority, place: SocketAddr) -> bool {
    const HTTPS: u16 = 443;
    let port = host.port_u16().unwrap_or(HTTPS);
    address(&plain(host.host())) == Some(place.ip()) && port == place.port()
}

/// In lower case, without the dot of the root, as names are compared.
pub(super) fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn is_localhost(name: &str) -> bool {
    name == "localhost"
}

fn address(name: &str) -> Option<IpAddr> {
    let Some(inner) = name.strip_prefix('[') else {
        return name.parse().ok().filter(IpAddr::is_ipv4);
    };
    let inner = inner.strip_suffix(']')?;
    let inner = inner.split_once('%').map_or(inner, |(address, _)| address);
    let ip: IpAddr = inner.parse().ok()?;
    ip.is_ipv6().then(|| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host_header(value: &str) -> Option<Authority> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, value.parse().unwrap());
        host(&headers)
    }

    fn is_known(names: &[&str], value: &str) -> bool {
        let names = HostNames(names.iter().map(ToString::to_string).collect());
        names.check(&host_header(value).expect(value)).is_ok()
    }

    #[test]
    fn this_machine_is_known_by_its_names_only() {
        let own = [
            "localhost",
            "LOCALHOST:3000",
            "localhost.",
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
            "127.0.0.1.evil.example.",
            "[fd00::2]:3000",
            "localhost..",
        ];
        for other in others {
            assert!(!is_this_machine(&host_header(other).unwrap()), "{other}");
        }
    }

    #[test]
    fn a_place_is_its_address_and_port() {
        let at = |host, place: &str| is_at(&host_header(host).unwrap(), place.parse().unwrap());
        assert!(at("192.168.1.5:3000", "192.168.1.5:3000"));
        assert!(at("192.168.1.5", "192.168.1.5:443"));
        assert!(at("[FD00::2]:3000", "[fd00::2]:3000"));
        for other in [
            "192.168.1.5",
            "192.168.1.5:3001",
            "192.168.1.6:3000",
            "x:3000",
        ] {
            assert!(!at(other, "192.168.1.5:3000"), "{other}");
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
            "a%25b",
            "[fe80::1%25<b>]",
            "[::1].evil.example",
            "[::1].evil.example:80",
            "localhost:80x",
        ] {
            assert_eq!(host_header(malformed), None, "{malformed}");
        }
        let mut twice = HeaderMap::new();
        twice.append(header::HOST, "localhost".parse().unwrap());
        twice.append(header::HOST, "evil.example".parse().unwrap());
        assert_eq!(host(&twice), None);
    }

    #[test]
    fn addresses_are_nobodys_names() {
        for address in [
            "192.168.1.5:3000",
            "203.0.113.9",
            "[fd00::2]:3000",
            "[fe80::1%25eth0]:3000",
            "[FE80::1]",
        ] {
            assert!(is_known(&[], address), "{address}");
        }
        for name in [
            "1.2.3",
            "0x7f.1",
            "192.168.1.5.evil.example",
            "1.2.3.4.5",
            "[::1].evil",
        ] {
            let refused = host_header(name).is_none() || !is_known(&[], name);
            assert!(refused, "{name}");
        }
    }

    #[test]
    fn names_must_be_given() {
        let names = ["phone.example", "vm", "vm.local"];
        for name in [
            "phone.example",
            "Phone.Example.:8443",
            "VM",
            "vm.local:3000",
            "localhost",
        ] {
            assert!(is_known(&names, name), "{name}");
        }
        for name in [
            "evil.example",
            "x.phone.example",
            "phone.example.evil",
            "vm.localdomain",
            "local",
        ] {
            assert!(!is_known(&names, name), "{name}");
        }
    }

    #[test]
    fn a_machine_is_called_by_its_name_and_by_mdns() {
        assert_eq!(names_of_machine("vm"), ["vm", "vm", "vm.local"]);
        let with_domain = names_of_machine("mac.home.arpa");
        assert_eq!(with_domain, ["mac.home.arpa", "mac", "mac.local"]);
        assert!(names_of_machine("").is_empty());
    }
}
