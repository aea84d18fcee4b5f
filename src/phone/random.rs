//! Names and numbers that nobody else has.

use anyhow::{Context, Result};

const NO_SOURCE: &str = "the system gives no random numbers";

pub fn name() -> Result<String> {
    let mut bytes = [0_u8; 12];
    getrandom::fill(&mut bytes).context(NO_SOURCE)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

pub fn number() -> Result<u32> {
    getrandom::u32().context(NO_SOURCE)
}
