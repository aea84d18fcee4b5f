//! Addresses of ICE servers: `stun:host`, `turn:host:port?transport=tcp` (RFC 7064 and 7065).

use std::net::{Ipv4Addr, Ipv6Addr};

use anyhow::{Context, Result, bail, ensure};

const MAX_HOST_BYTES: usize = 253;

/// A checked address, by what it is needed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IceUrl {
    Stun(String),
    Turn(String),
}

impl IceUrl {
    pub fn parse(url: &str) -> Result<Self> {
        check(url).with_context(|| {
            format!("--ice-server {url:?} is no address such as stun:host:3478 or turn:host:3478?transport=tcp")
        })
    }
}

fn check(url: &str) -> Result<IceUrl> {
    let (scheme, rest) = url.split_once(':').context("it names no scheme")?;
    let (address, query) = match rest.split_once('?') {
        Some((address, query)) => (address, Some(query)),
        None => (rest, None),
    };
    ensure!(!address.starts_with("//"), "leave the // out");
    let (host, port) = host_and_port(address)?;
    check_host(host)?;
    if let Some(port) = port {
        let in_range = port.parse::<u16>().is_ok_and(|port| port > 0);
        ensure!(in_range, "the port must lie between 1 and 65535");
    }
    match (scheme, query) {
        ("stun" | "stuns", None) => Ok(IceUrl::Stun(url.to_owned())),
        ("stun" | "stuns", Some(_)) => bail!("a STUN address ends after the port"),
        ("turn" | "turns", None | Some("transport=udp" | "transport=tcp")) => {
            Ok(IceUrl::Turn(url.to_owned()))
        }
        ("turn" | "turns", _) => bail!("after the ? stands transport=udp or transport=tcp"),
        _ => bail!("the scheme must be stun, stuns, turn or turns"),
    }
}

/// An IPv6 address stands in brackets, which the host keeps.
fn host_and_port(address: &str) -> Result<(&str, Option<&str>)> {
    let host_end = match address.starts_with('[') {
        true => address.find(']').context("the ] is missing")? + 1,
        false => address.find(':').unwrap_or(address.len()),
    };
    let (host, rest) = address.split_at(host_end);
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None => {
            ensure!(rest.is_empty(), "after the host comes a : and the port");
            Ok((host, None))
        }
    }
}

fn check_host(host: &str) -> Result<()> {
    if let Some(address) = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        let is_address = address.parse::<Ipv6Addr>().is_ok();
        ensure!(is_address, "an IPv6 address stands between the brackets");
        return Ok(());
    }
    let is_label = |label: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        !label.is_empty() && label.chars().all(allowed)
    };
    let is_name = host.len() <= MAX_HOST_BYTES && host.split('.').all(is_label);
    ensure!(is_name, "the host is missing or malformed");
    let is_numeric = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    ensure!(
        !is_numeric || host.parse::<Ipv4Addr>().is_ok(),
        "an IPv4 address has four numbers up to 255"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_browsers_take() {
        for stun in [
            "stun:stun.example",
            "stuns:stun.example:5349",
            "stun:192.0.2.1",
            "stun:[2001:db8::1]",
        ] {
            assert_eq!(IceUrl::parse(stun).unwrap(), IceUrl::Stun(stun.to_owned()));
        }
        for turn in [
            "turn:turn.example:3478",
            "turn:my_host?transport=udp",
            "turns:[2001:db8::1]:443?transport=tcp",
        ] {
            assert_eq!(IceUrl::parse(turn).unwrap(), IceUrl::Turn(turn.to_owned()));
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for other in [
            "",
            "turn.example",
            "stun:",
            "http:turn.example",
            "stun://turn.example",
            "turn:turn.example:",
            "turn:turn.example:0",
            "turn:turn.example:65536",
            "turn:turn.example:+1x",
            "turn:turn.example/x",
            "turn:ann@turn.example",
            "turn:a..b",
            "turn:a b",
            "turn:192.0.2.256",
            "turn:2001:db8::1",
            "turn:[2001:db8::1",
            "turn:[x]:1",
            "turn:[::1]1",
            "turn:a?transport=sctp",
            "turn:a?transport=udp&x=1",
            "stun:a?transport=udp",
        ] {
            let refused = IceUrl::parse(other);
            assert!(refused.is_err(), "{other}");
        }
    }
}
