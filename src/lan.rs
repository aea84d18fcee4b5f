//! Which of this machine's addresses a phone can reach.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

const CONTAINERS: &str = "containers or virtual machines";
const VPN: &str = "a VPN";
/// Interfaces that a phone in the room cannot reach, by the beginning of their names: what is behind them.
const VIRTUAL_INTERFACES: [(&str, &str); 12] = [
    ("br-", CONTAINERS),
    ("cni", CONTAINERS),
    ("docker", CONTAINERS),
    ("flannel", CONTAINERS),
    ("podman", CONTAINERS),
    ("tailscale", VPN),
    ("tap", CONTAINERS),
    ("tun", VPN),
    ("utun", VPN),
    ("veth", CONTAINERS),
    ("virbr", CONTAINERS),
    ("wg", VPN),
];
/// Any routable address does: connecting a UDP socket sends nothing, it only asks for the route.
const ROUTE_PROBE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// IPv4 addresses on the local network, the likeliest first.
pub fn addresses() -> Vec<IpAddr> {
    let reachable = interfaces_up()
        .into_iter()
        .filter(|(name, ip)| !ip.is_loopback() && unreachable_because(name, *ip).is_none())
        .map(|(_, ip)| ip);
    ranked(reachable.collect(), default_route())
        .into_iter()
        .map(IpAddr::V4)
        .collect()
}

/// Addresses of this machine that no phone in the room reaches, each with what it belongs to.
pub fn unreachable_addresses() -> Vec<(Ipv4Addr, &'static str)> {
    interfaces_up()
        .into_iter()
        .filter_map(|(name, ip)| Some((ip, unreachable_because(&name, ip)?)))
        .collect()
}

/// Names and IPv4 addresses.
fn interfaces_up() -> Vec<(String, Ipv4Addr)> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces
        .into_iter()
        .filter_map(|interface| match interface.ip() {
            IpAddr::V4(ip) if interface.is_oper_up() => Some((interface.name, ip)),
            _ => None,
        })
        .collect()
}

/// What the address belongs to, if a phone in the room cannot reach it. This machine alone reaches a
/// loopback address, too, but that is no surprise to anybody.
fn unreachable_because(interface: &str, ip: Ipv4Addr) -> Option<&'static str> {
    let mut of_names = VIRTUAL_INTERFACES.iter();
    let by_name = of_names.find(|(prefix, _)| interface.starts_with(prefix));
    match by_name {
        Some((_, behind)) => Some(behind),
        None if is_docker_default(ip) => Some(CONTAINERS),
        None if ip.is_link_local() => Some("a network that gave no address"),
        None => None,
    }
}

/// Docker's default bridge is seen from inside a container as an ordinary interface.
fn is_docker_default(ip: Ipv4Addr) -> bool {
    ip.octets()[..2] == [172, 17]
}

fn ranked(mut addresses: Vec<Ipv4Addr>, default: Option<Ipv4Addr>) -> Vec<Ipv4Addr> {
    addresses.sort_by_key(|ip| (Some(*ip) != default, !ip.is_private()));
    addresses.dedup();
    addresses
}

fn default_route() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(ROUTE_PROBE).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(ip) => Some(ip),
        IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_a_phone_cannot_reach_are_left_out() {
        let why = |interface: &str, ip: &str| unreachable_because(interface, ip.parse().unwrap());
        assert_eq!(why("wlan0", "192.168.1.5"), None);
        assert_eq!(why("docker0", "172.18.0.1"), Some(CONTAINERS));
        assert_eq!(why("eth0", "172.17.0.2"), Some(CONTAINERS));
        assert!(why("eth0", "169.254.3.4").is_some());
        assert_eq!(why("wg0", "10.8.0.2"), Some(VPN));
    }

    #[test]
    fn nobody_is_sent_to_a_loopback_address() {
        assert!(addresses().iter().all(|ip| !ip.is_loopback()));
    }

    #[test]
    fn the_default_route_comes_first_then_private_networks() {
        let ip = |text: &str| text.parse::<Ipv4Addr>().unwrap();
        let (public, home, office) = (ip("203.0.113.9"), ip("192.168.1.5"), ip("10.0.0.5"));
        assert_eq!(
            ranked(vec![public, home, office], Some(office)),
            [office, home, public]
        );
        assert_eq!(ranked(vec![public, home], None), [home, public]);
    }
}
