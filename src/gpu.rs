//! Whether this machine has a GPU. It decides where inference runs when nobody says so: a machine
//! with one is taken to be strong enough to infer for everybody.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A driver that hangs must not keep the server from starting.
const DRIVER_PATIENCE: Duration = Duration::from_secs(3);
const DRIVER_POLL: Duration = Duration::from_millis(10);

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
    // ROCm's compute interface; plain graphics have none.
    present("/dev/kfd").then_some("an AMD GPU")
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
    fn a_driver_is_believed_when_it_succeeds_in_time() {
        let patience = Duration::from_secs(60);
        assert!(sh("exit 0", patience));
        assert!(!sh("exit 9", patience));
        assert!(!sh("exec sleep 60", Duration::from_millis(50)));
        assert!(succeeds(&mut Command::new("/nowhere/nvidia-smi"), patience).is_err());
    }
}
