use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn network(interface: &str, address: &str) -> Network {
    Network::of(interface, ip(address), false)
}

fn found(all: &[(&str, &str)], default: &[&str]) -> Vec<String> {
    let all = all.iter().map(|(name, address)| LanAddress {
        ip: ip(address),
        network: network(name, address),
        interface: (*name).to_owned(),
    });
    let default: Vec<IpAddr> = default.iter().copied().map(ip).collect();
    let ranked = ranked(usable(all.collect()), &default);
    let told = ranked
        .iter()
        .map(|found| format!("{} {}", found.name(), found.ip));
    told.collect()
}

#[test]
fn networks_are_told_by_the_interface_and_the_address() {
    assert_eq!(network("wlan0", "192.168.1.5"), Network::WiFi);
    assert_eq!(network("wlp3s0", "10.0.0.5"), Network::WiFi);
    assert_eq!(network("eth0", "192.168.1.5"), Network::Ethernet);
    assert_eq!(network("usb0", "192.168.42.5"), Network::Unnamed);
    assert_eq!(network("docker0", "172.18.0.1"), Network::Container);
    assert_eq!(network("eth0", "172.17.0.2"), Network::Container);
    assert_eq!(network("eth0", "169.254.3.4"), Network::LinkLocal);
    assert_eq!(network("wg0", "10.8.0.2"), Network::Vpn);
    assert_eq!(network("tailscale0", "fd7a:115c:a1e0::1"), Network::Vpn);
    let of_any_name = Network::of("wt0", ip("100.64.0.7"), true);
    assert_eq!(of_any_name, Network::Vpn);
    let of_containers = Network::of("cali12", ip("10.1.0.1"), true);
    assert_eq!(of_containers, Network::Container);
}

#[cfg(not(target_os = "macos"))]
#[test]
fn a_cable_is_told_by_the_names_that_linux_gives() {
    assert_eq!(network("enp0s31f6", "10.0.0.5"), Network::Ethernet);
    assert_eq!(network("eno1", "10.0.0.5"), Network::Ethernet);
}

#[test]
fn nobody_is_sent_to_a_loopback_address() {
    let real = addresses();
    assert!(real.iter().all(|found| !found.ip.is_loopback()), "{real:?}");
    let loopback = found(
        &[("lo", "127.0.0.1"), ("lo", "127.1.2.3"), ("lo", "::1")],
        &[],
    );
    assert_eq!(loopback, [""; 0]);
}

#[test]
fn the_default_route_comes_first_then_private_networks() {
    let all = [
        ("usb0", "203.0.113.9"),
        ("eth0", "192.168.1.5"),
        ("wlan0", "10.0.0.5"),
    ];
    assert_eq!(
        found(&all, &["192.168.1.5"]),
        ["Ethernet 192.168.1.5", "Wi-Fi 10.0.0.5", "usb0 203.0.113.9"]
    );
    assert_eq!(found(&all, &[])[0], "Wi-Fi 10.0.0.5");
}

#[test]
fn what_a_phone_hardly_reaches_comes_last_even_with_the_default_route() {
    let all = [
        ("docker0", "172.18.0.1"),
        ("eth1", "169.254.7.7"),
        ("tun0", "10.8.0.2"),
        ("usb0", "203.0.113.9"),
    ];
    assert_eq!(
        found(&all, &["10.8.0.2"]),
        [
            "usb0 203.0.113.9",
            "VPN (tun0) 10.8.0.2",
            "Link-local (eth1) 169.254.7.7",
            "Container (docker0) 172.18.0.1"
        ]
    );
}

#[test]
fn ipv6_stands_in_where_there_is_no_ipv4() {
    let all = [
        ("eth0", "2001:470::5"),
        ("eth0", "fe80::1"),
        ("wlan0", "fe80::2"),
        ("wlan0", "fd00::2"),
        ("wlan0", "192.168.1.5"),
        ("usb0", "::ffff:1.2.3.4"),
        ("usb0", "ff02::1"),
    ];
    assert_eq!(
        found(&all, &["2001:470::5"]),
        ["Wi-Fi 192.168.1.5", "Ethernet 2001:470::5"]
    );
}

#[test]
fn the_order_does_not_hang_on_the_system_s() {
    let mut all = vec![
        ("eth1", "10.0.0.6"),
        ("eth0", "10.0.0.5"),
        ("wlan0", "10.0.1.5"),
    ];
    let one = found(&all, &[]);
    all.reverse();
    assert_eq!(found(&all, &[]), one);
}

/// In a container the script has to find the address that phones come to.
#[test]
fn the_script_for_containers_leaves_out_the_same_interfaces() {
    let script = include_str!("../../scripts/docker.sh");
    let line = script
        .lines()
        .find_map(|line| line.strip_prefix("VIRTUAL_INTERFACES='^("));
    let listed = line
        .and_then(|line| line.strip_suffix(")'"))
        .expect("a list");
    let ours = VIRTUAL_INTERFACES.map(|(prefix, _)| prefix).join("|");
    assert_eq!(listed, ours);
}
