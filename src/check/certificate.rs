//! The certificate that is kept, or whether one can be.

use std::fs::OpenOptions;
use std::path::Path;

use anyhow::{Context, Result};

use super::Finding;
use crate::config::{Args, parts};
use crate::tls::{self, Kept};

const ITEM: &str = "certificate";

pub fn finding(args: &Args) -> Finding {
    look(args).unwrap_or_else(|error| Finding::failed(ITEM, &error))
}

fn look(args: &Args) -> Result<Finding> {
    let folder = parts::state_dir(args)?;
    let addresses = parts::scope(args).look();
    let names = parts::certificate_names(&addresses, &parts::phone_host(args, &addresses)?);
    let shown = folder.display();
    let finding = match tls::look(&folder, &names)? {
        Kept::Good { days_left } => {
            let told = format!("kept in {shown}, good for {days_left} more days and all addresses");
            return Ok(Finding::good(ITEM, told));
        }
        Kept::Nothing => Finding::good(
            ITEM,
            format!("none yet: the first start makes one in {shown}"),
        ),
        Kept::Unfit(fault) => Finding::warning(
            ITEM,
            format!("the next start makes a new one, because {fault}: phones will warn once more"),
        ),
    };
    check_writable(&folder)?;
    Ok(finding)
}

/// Leaves no trace: a file that is there is opened and no more, a new one has no name.
fn check_writable(folder: &Path) -> Result<()> {
    let kept = folder.join(tls::IDENTITY_FILE);
    let try_to_write = || match kept.exists() {
        true => OpenOptions::new().append(true).open(&kept).map(drop),
        false => tempfile::tempfile_in(nearest_existing(folder)).map(drop),
    };
    try_to_write().with_context(|| {
        format!(
            "a certificate cannot be kept in {}: name a writable folder by --state-dir DIR",
            folder.display()
        )
    })
}

/// The folder, or the one that it would be made in.
fn nearest_existing(folder: &Path) -> &Path {
    let existing = folder.ancestors().find(|ancestor| ancestor.exists());
    // A relative path's last ancestor is empty, and means the working directory.
    existing.unwrap_or(Path::new("."))
}
