//! How phones reach this server.

use std::net::IpAddr;

use anyhow::{Context, Result, bail, ensure};
use hyper::http::uri::Authority;

use crate::lan::LanAddress;

/// Docker's default bridge: never an address that a phone can reach.
const DOCKER_BRIDGE: &str = "172.17.";

/// How a phone's address of this server begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneHost {
    /// A whole origin that was named.
    Origin(String),
    /// The origin that a tunnel gave, as long as it runs.
    Tunnel(String),
    /// A host that was named; the port is the one the server listens on.
    Host(String),
    /// Nobody named one: this machine's likeliest address, as long as it has it.
    Lan(IpAddr),
    /// Nobody named one, and there is none.
    Unknown(Lack),
}

/// Why a server has no address for phones if this machine's networks give none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// There is no network.
    Offline,
    /// It listens on this machine only.
    Unheard,
    /// It cannot know its machine's addresses.
    Container,
}

impl PhoneHost {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let rest = text
            .strip_prefix("https://")
            .unwrap_or(text)
            .trim_end_matches('/');
        let (host, port) = split(rest).with_context(|| {
            format!(
                "--public-host wants a host, host:port or https:// address (IPv6 in brackets), not {text:?}"
            )
        })?;
        ensure!(
            !host.starts_with(DOCKER_BRIDGE),
            "--public-host {rest} is Docker's own network, which no phone reaches: give the \
             computer's address on the Wi-Fi"
        );
        if text.starts_with("https://") || port.is_some() {
            Ok(Self::Origin(format!("https://{rest}")))
        } else {
            Ok(Self::Host(rest.to_owned()))
        }
    }

    pub(super) fn by_tunnel(origin: &str) -> Result<Self> {
        match Self::parse(origin)? {
            Self::Origin(origin) => Ok(Self::Tunnel(origin)),
            _ => bail!("{origin} is no https:// address"),
        }
    }

    /// What takes the place of a name that nobody gave.
    pub fn unnamed(addresses: &[LanAddress], lack: Lack) -> Self {
        let likely = addresses.iter().find(|address| address.is_likely());
        likely.map_or(Self::Unknown(lack), |address| Self::Lan(address.ip))
    }

    /// The same after this machine's addresses have changed. What was named stays.
    pub fn after_change(&self, addresses: &[LanAddress]) -> Self {
        match self {
            Self::Origin(_) | Self::Tunnel(_) | Self::Host(_) => self.clone(),
            Self::Lan(_) => Self::unnamed(addresses, Lack::Offline),
            Self::Unknown(lack) => Self::unnamed(addresses, *lack),
        }
    }

    /// The origin of the phone's page.
    pub fn origin(&self, port: u16) -> String {
        match self {
            Self::Origin(origin) | Self::Tunnel(origin) => origin.clone(),
            Self::Host(host) => format!("https://{host}:{port}"),
            Self::Lan(ip) => format!("https://{}:{port}", host_of(*ip)),
            Self::Unknown(_) => format!("https://localhost:{port}"),
        }
    }

    /// Why no phone can join, and what to do about it.
    pub fn obstacle(&self) -> Option<&'static str> {
        match self {
            Self::Unknown(Lack::Container) => Some(
                "No phone can join yet: a container does not know this computer's address on the Wi-Fi. Start it by \
                 `./start.sh --docker`, which finds the address, or name it: `PUBLIC_HOST=192.168.1.20 docker compose up`",
            ),
            Self::Unknown(Lack::Unheard) => Some(
                "No phone can join: this server listens on this computer only, which was enough for the tunnel. Start it \
                 again; without --host, phones on the same network reach it with no tunnel, too",
            ),
            Self::Unknown(Lack::Offline) => Some(
                "No phone can join: this computer is on no network that a phone reaches. Connect it, or name its address \
                 by --public-host",
            ),
            Self::Origin(_) | Self::Tunnel(_) | Self::Host(_) | Self::Lan(_) => None,
        }
    }

    /// Without scheme, port and brackets, as a certificate names it.
    pub(crate) fn bare_host(&self) -> Option<String> {
        let authority = match self {
            Self::Origin(origin) | Self::Tunnel(origin) => origin.strip_prefix("https://")?,
            Self::Host(host) => host,
            Self::Lan(ip) => return Some(ip.to_string()),
            Self::Unknown(_) => return None,
        };
        if let Some(ipv6) = authority.strip_prefix('[') {
            return Some(ipv6.split_once(']')?.0.to_owned());
        }
        Some(authority.split(':').next()?.to_owned())
    }
}

/// An address as it stands in a link.
pub fn host_of(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// Host and port, if the text is nothing but these.
fn split(text: &str) -> Option<(String, Option<u16>)> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    let authority: Authority = text.parse().ok()?;
    let (host, port) = (authority.host(), authority.port());
    let rest = text.strip_prefix(host)?;
    let told = match &port {
        Some(port) => rest.strip_prefix(':') == Some(port.as_str()),
        None => rest.is_empty(),
    };
    let good = told && !host.is_empty() && text.chars().all(allowed);
    good.then(|| (host.to_owned(), port.map(|port| port.as_u16())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lan::Network;

    fn origin(public_host: &str) -> String {
        PhoneHost::parse(public_host).unwrap().origin(3000)
    }

    #[test]
    fn public_host_takes_hosts_ports_and_origins() {
        assert_eq!(origin("192.168.1.5"), "https://192.168.1.5:3000");
        assert_eq!(origin("laptop.local:8443"), "https://laptop.local:8443");
        assert_eq!(origin("https://x.example/"), "https://x.example");
        assert_eq!(origin("[fd00::2]"), "https://[fd00::2]:3000");
        assert_eq!(origin("[fd00::2]:80"), "https://[fd00::2]:80");
    }

    #[test]
    fn public_host_refuses_what_no_phone_reaches() {
        for bad in [
            "",
            "http://x",
            "a b",
            "x/<script>",
            "172.17.0.2",
            "https://172.17.0.2:3000",
            "fd00::2",
            "fd00::1:2",
            "[fd00::2",
            "a:b:c",
            "x:",
            "x:99999",
            ":3000",
        ] {
            assert!(PhoneHost::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn without_an_address_it_says_what_to_do() {
        let inside = PhoneHost::Unknown(Lack::Container);
        assert_eq!(inside.origin(3000), "https://localhost:3000");
        assert!(inside.obstacle().unwrap().contains("PUBLIC_HOST="));
        let unheard = PhoneHost::Unknown(Lack::Unheard).obstacle().unwrap();
        assert!(unheard.contains("this computer only") && !unheard.contains("--public-host"));
        let offline = PhoneHost::Unknown(Lack::Offline);
        assert!(offline.obstacle().unwrap().contains("--public-host"));
        assert_eq!(PhoneHost::parse("192.168.1.5").unwrap().obstacle(), None);
    }

    fn address(ip: &str, network: Network) -> LanAddress {
        LanAddress {
            ip: ip.parse().unwrap(),
            interface: "x".to_owned(),
            network,
        }
    }

    #[test]
    fn phones_are_sent_by_themselves_only_where_they_likely_get() {
        let vpn = address("100.64.0.1", Network::Vpn);
        let unknown = PhoneHost::unnamed(std::slice::from_ref(&vpn), Lack::Offline);
        assert_eq!(unknown, PhoneHost::Unknown(Lack::Offline));
        let all = [vpn, address("fd00::2", Network::WiFi)];
        let known = PhoneHost::unnamed(&all, Lack::Offline);
        assert_eq!(known.origin(3000), "https://[fd00::2]:3000");
        assert_eq!(known.bare_host().unwrap(), "fd00::2");
        assert_eq!(known.obstacle(), None);
    }

    #[test]
    fn what_nobody_named_follows_the_network() {
        let home = [address("192.168.1.5", Network::WiFi)];
        let offline = PhoneHost::Unknown(Lack::Offline);
        assert_eq!(
            offline.after_change(&home).origin(1),
            "https://192.168.1.5:1"
        );
        let lan = PhoneHost::Lan("10.0.0.5".parse().unwrap());
        assert_eq!(lan.after_change(&home).origin(1), "https://192.168.1.5:1");
        assert_eq!(lan.after_change(&[]), offline);
        let named = PhoneHost::parse("laptop.local").unwrap();
        assert_eq!(named.after_change(&home), named);
    }

    #[test]
    fn the_certificate_names_the_bare_host() {
        let name = |text: &str| PhoneHost::parse(text).unwrap().bare_host().unwrap();
        assert_eq!(name("https://x.example:8443"), "x.example");
        assert_eq!(name("[fd00::2]:80"), "fd00::2");
        assert_eq!(name("192.168.1.5"), "192.168.1.5");
    }
}
