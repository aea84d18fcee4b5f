//! Single options, checked and filled in: serving needs all of them, `check` tells of each.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tokio::sync::Semaphore;

use super::{Args, PhoneHost, default_state_dir, host_of};
use crate::lan::{LanAddress, Network, watch::Scope};
use crate::pipeline::infer;
use crate::protocol::Mode;
use crate::rooms::MAX_ROOMS;
use crate::tls::{self, CertificateFiles};
use crate::tunnel::TunnelKind;

pub fn check_limits(args: &Args) -> Result<()> {
    let positive = [
        ("--workers", args.workers.unwrap_or(1)),
        ("--threads", args.threads.unwrap_or(1)),
        ("--max-frame-bytes", args.max_frame_bytes),
        ("--max-pixels", args.max_pixels),
        ("--max-connections", args.max_connections),
    ];
    for (flag, value) in positive {
        ensure!(value > 0, "{flag} must be at least 1");
    }
    ensure!(
        args.max_connections <= Semaphore::MAX_PERMITS,
        "--max-connections must be at most {}",
        Semaphore::MAX_PERMITS
    );
    ensure!(
        (1..=MAX_ROOMS).contains(&args.max_rooms),
        "--max-rooms must lie between 1 and {MAX_ROOMS}"
    );
    ensure!(
        (1..=525_600).contains(&args.room_idle_minutes),
        "--room-idle-minutes must lie between 1 and 525600, a year"
    );
    ensure!(
        (1..=65_536).contains(&args.room_events),
        "--room-events must lie between 1 and 65536"
    );
    if let Some(score) = args.score {
        ensure!(
            score > 0.0 && score < 1.0,
            "--score must lie between 0 and 1"
        );
    }
    args.guard.check()
}

pub fn check_pages(folder: &Path) -> Result<()> {
    ensure!(
        ["index.html", "phone.html"]
            .iter()
            .all(|page| folder.join(page).is_file()),
        "no pages in {}: build them with `npm ci --ignore-scripts && npm run build` in frontend/, \
         or use ./start.sh",
        folder.display()
    );
    Ok(())
}

pub fn onnxruntime(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(file) = named {
        ensure!(
            file.is_file(),
            "no ONNX Runtime at {}: check --onnxruntime",
            file.display()
        );
        return Ok(file.to_owned());
    }
    infer::find_library().context(
        "ONNX Runtime is missing: install it with `npm ci --ignore-scripts` in frontend/ (or use \
         ./start.sh), or name the library by --onnxruntime FILE",
    )
}

/// Where this machine's addresses are looked for.
pub fn scope(args: &Args) -> Scope {
    Scope {
        host: args.host,
        in_container: args.container,
        by_tunnel: matches!(tunnel(args), Ok(Some(_))),
    }
}

pub fn phone_host(args: &Args, addresses: &[LanAddress]) -> Result<PhoneHost> {
    let host = args.host;
    match &args.public_host {
        Some(named) => PhoneHost::parse(named),
        None if args.container || host.is_loopback() || host.is_unspecified() => {
            Ok(PhoneHost::unnamed(addresses, scope(args).lack()))
        }
        // Whoever listens on one address means that one.
        None => Ok(PhoneHost::Host(host_of(host))),
    }
}

/// Every name that the certificate must be valid for. Bridges to containers come and go with each
/// project that is started; they are no reason for another certificate, unless one is what `--host` names:
/// the viewer is sent there.
pub fn certificate_names(
    host: IpAddr,
    addresses: &[LanAddress],
    phone_host: &PhoneHost,
    computer: &str,
) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(String::from).into();
    let lasting = |address: &&LanAddress| address.network != Network::Container;
    let lasting = addresses.iter().filter(lasting);
    names.extend(lasting.map(|address| address.ip.to_string()));
    names.extend((!host.is_unspecified()).then(|| host.to_string()));
    names.extend(phone_host.bare_host());
    if tls::is_host_name(computer) {
        // As mDNS tells it: the first label under .local.
        let label = computer.split('.').next().unwrap_or(computer);
        names.extend([computer.to_owned(), format!("{label}.local")]);
    }
    names.sort();
    names.dedup();
    names
}

/// This machine's name, for people. A container's is made up anew each time.
pub fn computer(args: &Args) -> String {
    match args.container {
        true => "a container".to_owned(),
        false => gethostname::gethostname().to_string_lossy().to_lowercase(),
    }
}

pub fn certificate_files(args: &Args) -> Option<CertificateFiles> {
    let (certificate, key) = args.cert.clone().zip(args.key.clone())?;
    Some(CertificateFiles { certificate, key })
}

pub fn tunnel(args: &Args) -> Result<Option<TunnelKind>> {
    let kind = match (args.tunnel, args.ngrok) {
        (Some(kind), true) => {
            ensure!(
                kind == TunnelKind::Ngrok,
                "--ngrok and --tunnel (or TUNNEL) name two programs: take one of them"
            );
            Some(kind)
        }
        (None, true) => Some(TunnelKind::Ngrok),
        (kind, false) => kind,
    };
    if kind.is_some() {
        ensure!(
            args.public_host.is_none(),
            "a tunnel has an address of its own: leave out --public-host (PUBLIC_HOST), or the tunnel"
        );
        ensure!(
            args.host.is_unspecified() || args.host.is_loopback(),
            "a tunnel comes to localhost, where --host {} does not listen: leave out --host, or name 127.0.0.1",
            args.host
        );
    }
    Ok(kind)
}

pub fn state_dir(args: &Args) -> Result<PathBuf> {
    args.state_dir.clone().map_or_else(default_state_dir, Ok)
}

/// Where inference runs, and who chose that. Looking for a GPU takes a moment.
pub fn mode(args: &Args, find_gpu: impl FnOnce() -> Option<&'static str>) -> (Mode, String) {
    match args.mode {
        Some(mode) => (mode, "as --mode or MODE says".to_owned()),
        None => mode_for(find_gpu()),
    }
}

/// The mode for a machine with this GPU, and why.
fn mode_for(gpu: Option<&str>) -> (Mode, String) {
    match gpu {
        Some(gpu) => {
            let reason = format!("{gpu} found, though the server itself infers on the CPU");
            (Mode::Server, reason)
        }
        None => (Mode::Wasm, "no GPU found".to_owned()),
    }
}

/// Where inference runs and why.
pub fn mode_line(mode: Mode, reason: &str) -> String {
    let (mode, meaning, others) = match mode {
        Mode::Server => ("server", "this computer infers, on its CPU", "wasm or auto"),
        Mode::Wasm => ("wasm", "the viewer's browser infers", "server or auto"),
        Mode::Auto => (
            "auto",
            "the viewer measures both and picks",
            "server or wasm",
        ),
    };
    format!("{mode}, {meaning} ({reason}; --mode {others}, or the page's switch, for the rest)")
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_certificate_names_the_only_address_that_is_listened_on() {
        let ip = "172.18.0.1".parse().unwrap();
        let bridge = LanAddress {
            ip,
            interface: "docker0".to_owned(),
            network: Network::Container,
        };
        let names = |host| {
            let phone_host = PhoneHost::Host("phone.example".to_owned());
            certificate_names(host, std::slice::from_ref(&bridge), &phone_host, "vm")
        };
        assert!(names(ip).contains(&ip.to_string()));
        let everywhere = names(Ipv4Addr::UNSPECIFIED.into());
        assert_eq!(
            everywhere,
            [
                "127.0.0.1",
                "::1",
                "localhost",
                "phone.example",
                "vm",
                "vm.local"
            ]
        );
    }

    #[test]
    fn a_machine_with_a_gpu_infers_itself() {
        assert_eq!(mode_for(Some("an NVIDIA GPU")).0, Mode::Server);
        assert_eq!(mode_for(None).0, Mode::Wasm);
    }
}
