//! The program in network namespaces of its own, with several interfaces.
//!
//! Needs root and `ip` (Debian's iproute2); without them the tests say so and pass.

use std::process::Stdio;

use sightline::protocol::{ClientConfig, Invitation, RoomCreated};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::common::{command_line, folders, say_skipped, soon};
use crate::tunnel::StandIn;
use crate::{SIGHTLINE, port_in};

/// What a shell needs to speak to host/port: request in, answer out.
const SPEAK: &str = r#"exec 3<>"/dev/tcp/$0" && cat >&3 && exec cat <&3"#;

/// A machine with networks as the test wishes. Dropping it unplugs everything.
struct Machine {
    name: String,
}

impl Machine {
    /// None where none can be made, which is said.
    fn make(test: &str) -> Option<Self> {
        let name = format!("sightline-{test}-{}", std::process::id());
        let made = std::process::Command::new("ip")
            .args(["netns", "add", &name])
            .output();
        let obstacle = match made {
            Ok(output) if output.status.success() => {
                let machine = Self { name };
                machine.ip("link set lo up");
                return Some(machine);
            }
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => error.to_string(),
        };
        say_skipped(format!(
            "`ip netns add` needs root and iproute2: {obstacle}"
        ));
        None
    }

    fn ip(&self, line: &str) {
        let mut command = std::process::Command::new("ip");
        command.args(["-n", &self.name]).args(line.split(' '));
        let output = command.output().expect("ip runs");
        assert!(output.status.success(), "ip {line}: {output:?}");
    }

    /// A cable whose far end lies loose, but has power: without, this end would count as unplugged.
    fn plug_in(&self, interface: &str, address: &str) {
        self.ip(&format!(
            "link add {interface} type veth peer name {interface}-far"
        ));
        self.ip(&format!("addr add {address} dev {interface}"));
        self.ip(&format!("link set {interface} up"));
        self.ip(&format!("link set {interface}-far up"));
    }

    /// A cable between the two, with an address (of a /24) at either end.
    fn join(&self, here: &str, other: &Self, there: &str) {
        let peer = &other.name;
        self.ip(&format!(
            "link add eth0 type veth peer name eth0 netns {peer}"
        ));
        for (machine, address) in [(self, here), (other, there)] {
            machine.ip(&format!("addr add {address}/24 dev eth0"));
            machine.ip("link set eth0 up");
        }
    }

    /// Says this to `server` and keeps listening to it.
    async fn speak(&self, server: &str, request: &str) -> Child {
        let mut command = self.run("bash");
        command.args(["-c", SPEAK, server]);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("bash runs");
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(request.as_bytes()).await.expect("said");
        child
    }

    fn run(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.name, program])
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// The program, up to the viewer's address.
    async fn serve(&self, host: &str, flags: &[&str]) -> Serving<'_> {
        self.serve_prepared(host, flags, |_| {}).await
    }

    async fn serve_prepared(
        &self,
        host: &str,
        flags: &[&str],
        prepare: impl FnOnce(&mut Command),
    ) -> Serving<'_> {
        let folders = folders();
        let mut line = command_line(folders.path(), &[&["--host", host], flags].concat());
        if !flags.contains(&"--public-host") {
            let named = line.iter().position(|word| word == "--public-host");
            let named = named.expect("the tests' own");
            line.drain(named..named + 2);
        }
        let mut command = self.run(SIGHTLINE);
        command
            .args(line)
            .env_remove("PUBLIC_HOST")
            .env_remove("RUST_LOG");
        prepare(&mut command);
        let mut child = command.stdin(Stdio::null()).spawn().expect("it runs");
        let stdout = child.stdout.take().unwrap();
        let mut serving = Serving {
            machine: self,
            port: 0,
            lines: BufReader::new(stdout).lines(),
            _child: child,
            _folders: folders,
        };
        serving.port = port_in(&serving.says("http://localhost:").await).expect("a port");
        serving
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let mut command = std::process::Command::new("ip");
        let _ = command.args(["netns", "del", &self.name]).status();
    }
}

struct Serving<'a> {
    machine: &'a Machine,
    port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
    _folders: TempDir,
}

impl Serving<'_> {
    /// The next line with these words.
    async fn says(&mut self, words: &str) -> String {
        let line = async {
            loop {
                let line = self.lines.next_line().await.unwrap();
                let line = line.expect("it goes on");
                if line.contains(words) {
                    break line;
                }
            }
        };
        soon(words, line).await
    }

    async fn speak(&self, request: String) -> Child {
        let server = format!("127.0.0.1/{}", self.port);
        self.machine.speak(&server, &request).await
    }

    async fn ask(&self, request: &str) -> String {
        let request = format!("{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let asking = self.speak(request).await;
        let output = soon("an answer", asking.wait_with_output()).await.unwrap();
        let answer = String::from_utf8(output.stdout).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        body.to_owned()
    }

    /// Until so many are open, the question for it among them.
    async fn until_connections(&self, wanted: u32) {
        let open = format!("sightline_connections_open{{transport=\"plain\"}} {wanted}");
        let changing = async { while !self.ask("GET /metrics").await.contains(&open) {} };
        soon(&format!("{wanted} connections"), changing).await;
    }

    async fn config(&self) -> ClientConfig {
        serde_json::from_str(&self.ask("GET /api/config").await).unwrap()
    }

    async fn room(&self) -> RoomCreated {
        serde_json::from_str(&self.ask("POST /api/rooms").await).unwrap()
    }

    async fn invitation(&self, room: &RoomCreated) -> Invitation {
        let RoomCreated {
            room, viewer_token, ..
        } = room;
        let path = format!("GET /api/rooms/{room}/invitation?token={viewer_token}");
        serde_json::from_str(&self.ask(&path).await).unwrap()
    }

    /// All ways of an invitation, as the menu has them.
    async fn ways(&self, room: &RoomCreated) -> Vec<String> {
        let Invitation {
            interface,
            join_url,
            others,
            ..
        } = self.invitation(room).await;
        let others = others.into_iter().map(|way| (way.interface, way.join_url));
        let ways = std::iter::once((interface, join_url)).chain(others);
        ways.map(|(name, url)| format!("{name} {}", self.host_in(&url)))
            .collect()
    }

    fn host_in<'a>(&self, join_url: &'a str) -> &'a str {
        let rest = join_url.split_once("https://").expect("an address").1;
        let (host, _) = rest
            .split_once(&format!(":{}/j/", self.port))
            .expect("our port");
        host
    }

    async fn until_ways(&self, room: &RoomCreated, expected: &[&str]) {
        let mut ways = Vec::new();
        let coming = async {
            while ways != expected {
                ways = self.ways(room).await;
            }
        };
        soon(&format!("the ways {expected:?}"), coming).await;
    }
}

/// The request for the viewer's events.
fn events_of(room: &RoomCreated) -> String {
    format!(
        "GET /api/rooms/{}/events?token={} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        room.room, room.viewer_token
    )
}

/// A laptop at home: cable and Wi-Fi, the latter with the way out, Docker and a VPN.
fn laptop(test: &str) -> Option<Machine> {
    let machine = Machine::make(test)?;
    machine.plug_in("docker0", "172.18.0.1/16");
    machine.plug_in("tailscale0", "100.64.0.5/32");
    machine.plug_in("eth0", "10.1.0.5/24");
    machine.plug_in("wlan0", "192.168.7.20/24");
    machine.ip("route add default via 192.168.7.1");
    Some(machine)
}

#[tokio::test]
async fn the_likeliest_of_several_networks_is_in_the_link() {
    let Some(machine) = laptop("likeliest") else {
        return;
    };
    let mut serving = machine.serve("0.0.0.0", &[]).await;
    let welcome = serving.says("Phone").await;
    assert_eq!(serving.host_in(&welcome), "192.168.7.20");
    let room = serving.room().await;
    assert!(welcome.contains(&room.join_url), "{welcome}");
    let (vpn, docker) = (
        "VPN (tailscale0) 100.64.0.5",
        "Container (docker0) 172.18.0.1",
    );
    let (wifi, cable) = ("Wi-Fi 192.168.7.20", "Ethernet 10.1.0.5");
    assert_eq!(serving.ways(&room).await, [wifi, cable, vpn, docker]);
    machine.ip("route replace default via 10.1.0.1");
    serving.until_ways(&room, &[cable, wifi, vpn, docker]).await;
    // Even if all goes out through it: the phone is not there.
    machine.ip("route replace default dev tailscale0");
    serving.until_ways(&room, &[wifi, cable, vpn, docker]).await;
}

#[tokio::test]
async fn a_named_host_wins_over_all_networks() {
    let Some(machine) = laptop("named") else {
        return;
    };
    let mut serving = machine
        .serve("0.0.0.0", &["--public-host", "10.1.0.5"])
        .await;
    let welcome = serving.says("Phone").await;
    assert_eq!(serving.host_in(&welcome), "10.1.0.5");
    let room = serving.room().await;
    let ways = serving.ways(&room).await;
    assert_eq!(ways[..2], ["Ethernet 10.1.0.5", "Wi-Fi 192.168.7.20"]);
}

#[tokio::test]
async fn the_invitation_follows_the_network() {
    let Some(machine) = Machine::make("follows") else {
        return;
    };
    machine.plug_in("wlan0", "192.168.7.20/24");
    machine.plug_in("wg0", "10.9.0.5/32");
    let mut serving = machine.serve("0.0.0.0", &[]).await;
    let room = serving.room().await;
    let mut viewer = serving.speak(events_of(&room)).await;
    let mut events = BufReader::new(viewer.stdout.take().unwrap()).lines();
    let mut event = async |word: &str| {
        let coming = async {
            loop {
                let line = events.next_line().await.unwrap().expect("it goes on");
                if line.starts_with("data: ") && line.contains(word) {
                    break;
                }
            }
        };
        soon(word, coming).await;
    };
    event("welcome").await;

    machine.ip("addr del 192.168.7.20/24 dev wlan0");
    event("invitation").await;
    let told = serving.says("No phone can join").await;
    assert!(told.contains("--public-host"), "{told}");
    let invitation = serving.invitation(&room).await;
    assert!(invitation.obstacle.is_some(), "a VPN is no first choice");
    assert_eq!(invitation.others[0].interface, "VPN (wg0)");
    let code = invitation.code.expect("somebody may come by the VPN");
    assert_eq!(serving.host_in(&code.url), "10.9.0.5");

    machine.ip("addr add 192.168.9.30/24 dev wlan0");
    event("invitation").await;
    let told = serving.says("Phone").await;
    assert_eq!(serving.host_in(&told), "192.168.9.30");
    let invitation = serving.invitation(&room).await;
    assert!(told.ends_with(&invitation.join_url), "{told}");
    assert_eq!(invitation.interface, "Wi-Fi");
    assert_eq!(invitation.obstacle, None);
    let code = invitation.code.expect("a code");
    assert_eq!(serving.host_in(&code.url), "192.168.9.30");
}

/// Phones then see this machine's own certificate, of which nothing was said before.
#[tokio::test]
async fn after_a_tunnel_phones_are_sent_to_the_network_with_all_that_they_need() {
    let Some(machine) = Machine::make("tunnel") else {
        return;
    };
    machine.plug_in("wlan0", "192.168.7.20/24");
    let stand_in = StandIn::ngrok();
    let prepare = |command: &mut Command| stand_in.put_before_others(command);
    let serving = machine.serve_prepared("0.0.0.0", &["--ngrok"], prepare);
    let mut serving = serving.await;
    let room = serving.room().await;
    assert!(room.join_url.contains("ngrok"), "{}", room.join_url);
    assert_eq!(serving.config().await.certificate, None);
    stand_in.kill().await;
    let told = serving.says("by the network of now").await;
    assert_eq!(serving.host_in(&told), "192.168.7.20");
    let trust = serving.config().await.certificate.and_then(|it| it.trust);
    let trust = trust.expect("a page for trust");
    assert!(
        trust.url.starts_with("http://192.168.7.20:"),
        "{}",
        trust.url
    );
    serving.says(&trust.url).await;
    serving.says(&trust.fingerprint).await;
    // Another network that phones are not sent to is no reason to say the same again.
    machine.plug_in("wg0", "10.9.0.5/32");
    let ways = ["Wi-Fi 192.168.7.20", "VPN (wg0) 10.9.0.5"];
    serving.until_ways(&room, &ways).await;
    machine.ip("addr add 192.168.9.30/24 dev wlan0");
    machine.ip("addr del 192.168.7.20/24 dev wlan0");
    let told = serving.says("by the network of now").await;
    assert_eq!(serving.host_in(&told), "192.168.9.30");
}

/// Only a server that listens by IPv6 invites by it.
#[tokio::test]
async fn ipv6_is_offered_where_there_is_nothing_else_and_somebody_listens() {
    let Some(machine) = Machine::make("ipv6") else {
        return;
    };
    machine.plug_in("eth0", "fd00:7::5/64 nodad");
    let mut serving = machine.serve("0.0.0.0", &[]).await;
    serving.says("No phone can join").await;
    drop(serving);
    let mut serving = machine.serve("::", &[]).await;
    let welcome = serving.says("Phone").await;
    assert_eq!(serving.host_in(&welcome), "[fd00:7::5]");
}

/// It says no goodbye, and acknowledges nothing any more.
#[tokio::test]
async fn a_client_out_of_reach_is_let_go() {
    let (Some(machine), Some(other)) = (Machine::make("reach"), Machine::make("away")) else {
        return;
    };
    machine.join("10.77.0.1", &other, "10.77.0.2");
    let serving = machine.serve("0.0.0.0", &[]).await;
    let room = serving.room().await;
    let _child = other
        .speak(&format!("10.77.0.1/{}", serving.port), &events_of(&room))
        .await;
    serving.until_connections(2).await;
    other.ip("addr del 10.77.0.2/24 dev eth0");
    serving.until_connections(1).await;
}
