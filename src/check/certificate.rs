//! The authority and the certificate that are kept, or whether they can be; or the one that the operator brings.

use std::fs::OpenOptions;
use std::path::Path;

use anyhow::{Context, Result};

use super::Finding;
use crate::config::{Args, parts};
use crate::tls::{self, AUTHORITY_FILE, CertificateFiles, Kept, LEAF_FILE};

const ITEM: &str = "certificate";

pub fn finding(args: &Args) -> Finding {
    let look = || match parts::certificate_files(args) {
        Some(files) => supplied(args, &files),
        None => own(args),
    };
    look().unwrap_or_else(|error| Finding::failed(ITEM, &error))
}

fn supplied(args: &Args, files: &CertificateFiles) -> Result<Finding> {
    let supplied = files.read()?;
    let addresses = parts::scope(args).look();
    let host = parts::phone_host(args, &addresses)?.bare_host();
    Ok(match supplied.caution(host.as_deref()) {
        Some(caution) => Finding::warning(ITEM, caution),
        None => Finding::good(
            ITEM,
            format!(
                "{}, good for {} more days; no authority of this computer's own is made",
                files.certificate.display(),
                supplied.days_left
            ),
        ),
    })
}

fn own(args: &Args) -> Result<Finding> {
    let folder = parts::state_dir(args)?;
    let addresses = parts::scope(args).look();
    let phone_host = parts::phone_host(args, &addresses)?;
    let names =
        parts::certificate_names(args.host, &addresses, &phone_host, &parts::computer(args));
    let kept = tls::look(&folder, &names)?;
    if let Some(file) = tls::exposed(&folder) {
        let told = format!(
            "others can read the private key in {0}: chmod 600 {0} (the next start does it)",
            file.display()
        );
        return Ok(Finding::warning(ITEM, told));
    }
    let finding = tell(kept, &folder);
    check_writable(&folder)?;
    Ok(finding)
}

fn tell(kept: Kept, folder: &Path) -> Finding {
    let shown = folder.display();
    match kept {
        Kept::Good {
            authority,
            fingerprint,
            days_left,
        } => Finding::good(
            ITEM,
            format!(
                "kept in {shown}, good for {days_left} more days and all addresses; signed by “{authority}”, fingerprint \
                 {fingerprint}"
            ),
        ),
        Kept::Nothing => Finding::good(
            ITEM,
            format!("none yet: the first start makes one, and an authority to sign it, in {shown}"),
        ),
        Kept::AuthorityEnding => Finding::warning(
            ITEM,
            "the authority is about to expire: the next start makes a new one, which phones must trust anew",
        ),
        Kept::Unfit { authority, fault } => Finding::warning(
            ITEM,
            format!(
                "the next start makes a new one, because {fault}: phones that trust “{authority}” notice nothing, \
                 others warn once more"
            ),
        ),
    }
}

/// Leaves no trace: files that are there are opened and no more, a new one has no name.
fn check_writable(folder: &Path) -> Result<()> {
    let try_to_write = || {
        for kept in [AUTHORITY_FILE, LEAF_FILE].map(|name| folder.join(name)) {
            if kept.exists() {
                OpenOptions::new().append(true).open(&kept)?;
            }
        }
        tempfile::tempfile_in(nearest_existing(folder)).map(drop)
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
