//! Whether this machine has a GPU. It decides where inference runs when nobody says so: a machine
//! with one is taken to be strong enough to infer for everybody.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A driver that hangs must not keep the server from starting.
const DRIVER_PATIENCE: Duration = Duration::from_secs(3);
const DRIVER_POLL: Duration = Duration::from_millis(10);
/// What a card sold for computing has at least, in bytes.
const CARD_MEMORY: u64 = 4 << 30;

/// The first GPU found, as a reader knows it.
pub fn find() -> Option<&'static str> {
    if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
        return Some("Apple silicon");
    }
    let present = |device: &str| Path::new(device).exists();
    // The device file is missing where the driver lives elsewhere, as in WSL.
    if present("/dev/nvidia0") || nvidia_driver_answers() {
        return Some("an NVIDIA GPU");
    }
    amd_card_in(Path::new("/sys/class/drm")).then_some("an AMD GPU")
}

/// Graphics inside a processor have a small share of the machine's memory; only a card has much of its own.
fn amd_card_in(drm: &Path) -> bool {
    let Ok(cards) = std::fs::read_dir(drm) else {
        return false;
    };
    let memory = |card: &Path| -> Option<u64> {
        let file = card.join("device/mem_info_vram_total");
        std::fs::read_to_string(file).ok()?.trim().parse().ok()
    };
    cards
        .flatten()
        .filter_map(|card| memory(&card.path()))
        .any(|bytes| bytes >= CARD_MEMORY)
}

fn nvidia_driver_answers() -> bool {
    // Not installed, in the common case.
    succeeds(Command::new("nvidia-smi").arg("-L"), DRIVER_PATIENCE).unwrap_or(false)
}

fn succeeds(command: &mut Command, patience: Duration) -> io::Result<bool> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let end = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if Instant::now() >= end {
            // A process stuck in its driver may outlive this; it is not waited for.
            child.kill()?;
            return Ok(false);
        }
        std::thread::sleep(DRIVER_POLL);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sh(script: &str, patience: Duration) -> bool {
        succeeds(Command::new("sh").args(["-c", script]), patience).unwrap()
    }

    #[test]
    fn an_amd_card_has_memory_of_its_own() {
        let drm = tempfile::tempdir().unwrap();
        assert!(!amd_card_in(&drm.path().join("absent")));
        let device = drm.path().join("card0/device");
        std::fs::create_dir_all(&device).unwrap();
        assert!(!amd_card_in(drm.path()));
        let memory = |bytes: &str| {
            std::fs::write(device.join("mem_info_vram_total"), bytes).unwrap();
            amd_card_in(drm.path())
        };
        assert!(!memory("536870912\n"), "a laptop's processor");
        assert!(memory("8573157376\n"));
        assert!(!memory("garbage"));
    }

    #[test]
    fn a_driver_is_believed_when_it_succeeds_in_time() {
        let patience = Duration::from_secs(60);
        assert!(sh("exit 0", patience));
        assert!(!sh("exit 9", patience));
        assert!(!sh("exec sleep 60", Duration::from_millis(50)));
        assert!(succeeds(&mut Command::new("/nowhere/nvidia-smi"), patience).is_err());
    }
}
