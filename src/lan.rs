//! Which of this machine's addresses a phone can reach.

pub mod watch;

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Interfaces whose name tells what is behind them, by its beginning.
const VIRTUAL_INTERFACES: [(&str, Network); 24] = [
    ("br-", Network::Container),
    ("cali", Network::Container),
    ("cni", Network::Container),
    ("docker", Network::Container),
    ("flannel", Network::Container),
    ("incusbr", Network::Container),
    ("lxc", Network::Container),
    ("lxdbr", Network::Container),
    ("nordlynx", Network::Vpn),
    ("podman", Network::Container),
    ("ppp", Network::Vpn),
    ("proton", Network::Vpn),
    ("tailscale", Network::Vpn),
    ("tap", Network::Container),
    ("tun", Network::Vpn),
    ("utun", Network::Vpn),
    ("vEthernet", Network::Container),
    ("vboxnet", Network::Container),
    ("veth", Network::Container),
    ("virbr", Network::Container),
    ("vmnet", Network::Container),
    ("vnet", Network::Container),
    ("wg", Network::Vpn),
    ("zt", Network::Vpn),
];
/// Any routable addresses do: connecting a UDP socket sends nothing, it only asks for the route.
const ROUTE_PROBES: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9),
    SocketAddr::new(
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
        9,
    ),
];

/// What an address belongs to, the likeliest way to a phone first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Network {
    WiFi,
    Ethernet,
    /// The interface's name tells nothing.
    Unnamed,
    /// From here on a phone in the room reaches it only if somebody has seen to that.
    Vpn,
    /// No router gave an address: a cable between two machines, or a network without DHCP.
    LinkLocal,
    /// Containers or virtual machines on this computer.
    Container,
}

impl Network {
    /// `point_to_point`: one other machine is at its end, as with a VPN of whatever name.
    fn of(interface: &str, ip: IpAddr, point_to_point: bool) -> Self {
        let begins = |prefix: &str| interface.starts_with(prefix);
        let mut of_names = VIRTUAL_INTERFACES.into_iter();
        let by_name = of_names.find(|(prefix, _)| begins(prefix));
        match by_name {
            Some((_, network)) => network,
            None if point_to_point => Self::Vpn,
            None if is_docker_default(ip) => Self::Container,
            None if is_link_local(ip) => Self::LinkLocal,
            None if begins("wl") || begins("Wi-Fi") => Self::WiFi,
            // On a Mac en0 may as well be the Wi-Fi.
            None if begins("en") && cfg!(target_os = "macos") => Self::Unnamed,
            None if begins("en") || begins("eth") || begins("Ethernet") => Self::Ethernet,
            None => Self::Unnamed,
        }
    }

    fn is_likely(self) -> bool {
        self < Self::Vpn
    }
}

/// An address of this machine that others may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanAddress {
    pub ip: IpAddr,
    pub interface: String,
    pub network: Network,
}

impl LanAddress {
    /// A phone in the room reaches it, as far as can be told from here.
    pub fn is_likely(&self) -> bool {
        self.network.is_likely()
    }

    /// For people: `Wi-Fi`, or `VPN (tailscale0)` where it is not what they would expect.
    pub fn name(&self) -> String {
        let interface = &self.interface;
        match self.network {
            Network::WiFi => "Wi-Fi".to_owned(),
            Network::Ethernet => "Ethernet".to_owned(),
            Network::Unnamed => interface.clone(),
            Network::Vpn => format!("VPN ({interface})"),
            Network::LinkLocal => format!("Link-local ({interface})"),
            Network::Container => format!("Container ({interface})"),
        }
    }
}

/// All addresses that others may reach, the likeliest first. IPv6 only of interfaces that have
/// nothing else: nobody wants to read or type it.
pub fn addresses() -> Vec<LanAddress> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let up = interfaces
        .into_iter()
        .filter(if_addrs::Interface::is_oper_up);
    let all = up.map(|interface| LanAddress {
        ip: interface.ip(),
        network: Network::of(&interface.name, interface.ip(), interface.is_p2p()),
        interface: interface.name,
    });
    ranked(usable(all.collect()), &default_routes())
}

/// IPv4 addresses that a phone in the room reaches, as far as can be told, the likeliest first.
pub fn likely_ipv4() -> Vec<IpAddr> {
    let likely = addresses().into_iter().filter(LanAddress::is_likely);
    likely
        .map(|address| address.ip)
        .filter(IpAddr::is_ipv4)
        .collect()
}

/// Those that make sense on another machine.
fn usable(mut all: Vec<LanAddress>) -> Vec<LanAddress> {
    let of_ipv4 = all.iter().filter(|address| address.ip.is_ipv4());
    let with_ipv4: HashSet<String> = of_ipv4.map(|address| address.interface.clone()).collect();
    all.retain(|LanAddress { ip, interface, .. }| match ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_unspecified(),
        // A link-local one means something only together with this machine's own name of the interface.
        IpAddr::V6(ip) => {
            (is_global(*ip) || ip.is_unique_local()) && !with_ipv4.contains(interface)
        }
    });
    all
}

/// What routers give out; the range that leads anywhere today.
fn is_global(ip: Ipv6Addr) -> bool {
    ip.segments()[0] & 0xe000 == 0x2000
}

/// Docker's default bridge is seen from inside a container as an ordinary interface.
fn is_docker_default(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V4(ip) if ip.octets()[..2] == [172, 17])
}

fn is_link_local(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V4(ip) if ip.is_link_local())
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private(),
        IpAddr::V6(ip) => ip.is_unique_local(),
    }
}

/// In one order however the system lists them, so that a change of the list means a change.
fn ranked(mut addresses: Vec<LanAddress>, default: &[IpAddr]) -> Vec<LanAddress> {
    addresses.sort_by_key(|LanAddress { ip, network, .. }| {
        let doubt = (!network.is_likely()).then_some(*network);
        let is_default = default.contains(ip);
        let in_one_order = (*network, *ip);
        (
            doubt,
            ip.is_ipv6(),
            !is_default,
            !is_private(*ip),
            in_one_order,
        )
    });
    addresses.dedup_by_key(|address| address.ip);
    addresses
}

/// Where packets to the rest of the world leave this machine.
fn default_routes() -> Vec<IpAddr> {
    ROUTE_PROBES
        .into_iter()
        .filter_map(source_towards)
        .collect()
}

fn source_towards(target: SocketAddr) -> Option<IpAddr> {
    let unspecified: IpAddr = match target {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((unspecified, 0)).ok()?;
    socket.connect(target).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests;
