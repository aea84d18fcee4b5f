//! ONNX Runtime as its makers build it reports to them: it keeps a file in the home folder and asks for a host of
//! theirs. One variable turns that off, and it has to be there before the library is loaded.

use anyhow::Result;

const SWITCH: &str = "ORT_DISABLE_TELEMETRY";

/// On Windows reports go to the system's own tracing only, which the environment turns off by itself.
pub fn is_off() -> bool {
    cfg!(windows) || std::env::var_os(SWITCH).is_some_and(|value| value == "1")
}

/// Begins this program anew with the variable set, unless it is: no program that runs can safely set its own.
#[cfg(unix)]
pub fn turn_off() -> Result<()> {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    if is_off() {
        return Ok(());
    }
    let mut arguments = std::env::args_os();
    let mut anew = Command::new(std::env::current_exe()?);
    if let Some(name) = arguments.next() {
        anew.arg0(name);
    }
    Err(anew.args(arguments).env(SWITCH, "1").exec().into())
}

#[cfg(not(unix))]
pub fn turn_off() -> Result<()> {
    Ok(())
}
