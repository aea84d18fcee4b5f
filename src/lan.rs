//! Which of this machine's addresses a phone can reach.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

/// Interfaces of containers, virtual machines and VPNs: a phone in the room cannot reach them.
const VIRTUAL_INTERFACES: [&str; 12] = [
    "br-",
    "cni",
    "docker",
    "flannel",
    "podman",
    "tailscale",
    "tap",
    "tun",
    "utun",
    "veth",
    "virbr",
    "wg",
];
/// Any routable address does: connecting a UDP socket sends nothing, it only asks for the route.
const ROUTE_PROBE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// IPv4 addresses on the local network, the likeliest first.
pub fn addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let reachable = interfaces
        .iter()
        .filter_map(|interface| match interface.ip() {
            IpAddr::V4(ip) if interface.is_oper_up() && offers(&interface.name, ip) => Some(ip),
            _ => None,
        });
    ranked(reachable.collect(), default_route())
        .into_iter()
        .map(IpAddr::V4)
        .collect()
}

fn offers(interface: &str, ip: Ipv4Addr) -> bool {
    let is_virtual = VIRTUAL_INTERFACES
        .iter()
        .any(|prefix| interface.starts_with(prefix));
    !is_virtual && !ip.is_loopback() && !ip.is_link_local() && !is_docker_default(ip)
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
        let ip = |text: &str| text.parse().unwrap();
        assert!(offers("wlan0", ip("192.168.1.5")));
        assert!(!offers("docker0", ip("172.18.0.1")));
        assert!(!offers("eth0", ip("172.17.0.2")));
        assert!(!offers("eth0", ip("169.254.3.4")));
        assert!(!offers("lo", ip("127.0.0.1")));
        assert!(!offers("wg0", ip("10.8.0.2")));
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
