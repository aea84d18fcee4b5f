//! Where phones are sent, as this machine's addresses change.

use std::sync::{Arc, RwLock};

use tokio::sync::watch;

use crate::config::{Lack, PhoneHost, host_of};
use crate::lan::LanAddress;
use crate::tls::{Advice, Certificates};

/// A machine with more bridges than this has them for others than phones; those are ranked last.
const MAX_OTHERS: usize = 12;

/// How phones reach this server now. Cheap to clone.
#[derive(Clone)]
pub struct JoinAddresses {
    /// What was named stays, the rest follows the addresses.
    phone_host: Arc<RwLock<PhoneHost>>,
    /// Where neither a name nor the network leads here.
    lack: Lack,
    port: u16,
    addresses: watch::Receiver<Vec<LanAddress>>,
}

/// One way for phones.
#[derive(Debug, PartialEq, Eq)]
pub struct Way {
    /// For people: the kind of network.
    pub network: String,
    pub origin: String,
}

impl JoinAddresses {
    pub fn new(
        phone_host: PhoneHost,
        lack: Lack,
        port: u16,
        addresses: watch::Receiver<Vec<LanAddress>>,
    ) -> Self {
        Self {
            phone_host: Arc::new(RwLock::new(phone_host)),
            lack,
            port,
            addresses,
        }
    }

    /// What was named leads here no longer (a tunnel has ended): from now on phones come by the network.
    pub fn forget_named(&self) {
        let unnamed = PhoneHost::unnamed(&self.addresses.borrow(), self.lack);
        let mut phone_host = self
            .phone_host
            .write()
            .expect("no holder of this lock panics");
        *phone_host = unnamed;
    }

    /// Where the code to scan leads.
    pub fn origin(&self) -> String {
        self.phone_host().origin(self.port)
    }

    /// Why no phone can join, and what to do about it.
    pub fn obstacle(&self) -> Option<&'static str> {
        self.phone_host().obstacle()
    }

    /// What people should know of the certificate that phones are shown where the code leads. Of a tunnel's they
    /// know all they need.
    pub fn certificate_advice(&self, certificates: &Certificates) -> Advice {
        match self.phone_host() {
            PhoneHost::Tunnel(_) => Advice::Nothing,
            by_us => certificates.advice(&by_us.origin(self.port)),
        }
    }

    /// Where the code to scan leads, and where else phones may come.
    pub fn ways(&self) -> (Way, Vec<Way>) {
        let phone_host = self.phone_host();
        let named = phone_host.bare_host();
        let addresses = self.addresses.borrow();
        let leads = |address: &&LanAddress| Some(address.ip.to_string()) == named;
        let network = match addresses.iter().find(leads) {
            Some(address) => address.name(),
            None if phone_host.obstacle().is_some() => "None found".to_owned(),
            None => "Public address".to_owned(),
        };
        let origin = phone_host.origin(self.port);
        let others = addresses.iter().filter(|address| !leads(address));
        let others = others.take(MAX_OTHERS).map(|address| Way {
            network: address.name(),
            origin: format!("https://{}:{}", host_of(address.ip), self.port),
        });
        (Way { network, origin }, others.collect())
    }

    /// The addresses themselves, to be watched.
    pub fn addresses(&self) -> watch::Receiver<Vec<LanAddress>> {
        self.addresses.clone()
    }

    fn phone_host(&self) -> PhoneHost {
        let phone_host = self
            .phone_host
            .read()
            .expect("no holder of this lock panics");
        phone_host.after_change(&self.addresses.borrow())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lan::Network;

    fn address(interface: &str, ip: &str, network: Network) -> LanAddress {
        LanAddress {
            ip: ip.parse().unwrap(),
            interface: interface.to_owned(),
            network,
        }
    }

    fn told(join: &JoinAddresses) -> Vec<String> {
        let (first, others) = join.ways();
        let ways = std::iter::once(first).chain(others);
        ways.map(|Way { network, origin }| format!("{network} {origin}"))
            .collect()
    }

    #[test]
    fn the_ways_follow_the_network() {
        let wifi = |ip| address("wlan0", ip, Network::WiFi);
        let vpn = address("wg0", "10.8.0.2", Network::Vpn);
        let (teller, addresses) = watch::channel(vec![wifi("192.168.1.5"), vpn.clone()]);
        let phone_host = PhoneHost::unnamed(&addresses.borrow(), Lack::Offline);
        let join = JoinAddresses::new(phone_host, Lack::Offline, 3000, addresses);
        let vpn_way = "VPN (wg0) https://10.8.0.2:3000";
        assert_eq!(told(&join), ["Wi-Fi https://192.168.1.5:3000", vpn_way]);
        teller.send_replace(vec![wifi("10.0.0.7"), vpn.clone()]);
        assert_eq!(told(&join), ["Wi-Fi https://10.0.0.7:3000", vpn_way]);
        assert_eq!(join.obstacle(), None);
        teller.send_replace(vec![vpn]);
        assert_eq!(told(&join), ["None found https://localhost:3000", vpn_way]);
        assert!(join.obstacle().is_some());
    }

    #[test]
    fn a_name_that_was_given_wins_and_is_not_offered_twice() {
        let all = vec![
            address("wlan0", "192.168.1.5", Network::WiFi),
            address("eth0", "10.0.0.5", Network::Ethernet),
        ];
        let (_teller, addresses) = watch::channel(all);
        let join = |named: &str| {
            let phone_host = PhoneHost::Host(named.to_owned());
            let lack = Lack::Offline;
            told(&JoinAddresses::new(phone_host, lack, 1, addresses.clone()))
        };
        let (wifi, cable) = ("Wi-Fi https://192.168.1.5:1", "Ethernet https://10.0.0.5:1");
        assert_eq!(join("10.0.0.5"), [cable, wifi]);
        let public = "Public address https://x.example:1";
        assert_eq!(join("x.example"), [public, wifi, cable]);
    }

    #[test]
    fn without_the_name_that_was_given_the_network_does() {
        let (teller, addresses) = watch::channel(vec![address("wlan0", "10.0.0.7", Network::WiFi)]);
        let tunnel = PhoneHost::Tunnel("https://x.example".to_owned());
        let join = JoinAddresses::new(tunnel, Lack::Offline, 3000, addresses);
        let clone = join.clone();
        join.forget_named();
        assert_eq!(clone.origin(), "https://10.0.0.7:3000");
        teller.send_replace(Vec::new());
        assert!(clone.obstacle().is_some());
    }

    #[test]
    fn where_no_network_leads_here_either_the_true_reason_is_told() {
        for (lack, words) in [
            (Lack::Unheard, "this computer only"),
            (Lack::Container, "container"),
        ] {
            let (_teller, addresses) = watch::channel(Vec::new());
            let tunnel = PhoneHost::Tunnel("https://x.example".to_owned());
            let join = JoinAddresses::new(tunnel, lack, 3000, addresses);
            assert_eq!(join.obstacle(), None);
            join.forget_named();
            let told = join.obstacle().expect("no phone can join");
            assert!(told.contains(words), "{told}");
        }
    }
}
