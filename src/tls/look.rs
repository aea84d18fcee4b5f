//! What is kept, looked at without a change to anything.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::authority::{AUTHORITY_FILE, Authority, expiry};
use super::leaf::{LEAF_FILE, Leaf};
use super::{DAY, fault, nameable, store};

/// What [`super::Certificates::open`] would find in the folder.
pub enum Kept {
    Nothing,
    /// Phones that trust this computer would have to do so again.
    AuthorityEnding,
    /// Another leaf would take its place, because of this.
    Unfit {
        authority: String,
        fault: String,
    },
    Good {
        authority: String,
        fingerprint: String,
        days_left: u64,
    },
}

/// Fails where the server would not start: what is kept cannot be used.
pub fn look(folder: &Path, names: &[String]) -> Result<Kept> {
    let Some(authority) = Authority::read(folder)? else {
        return Ok(Kept::Nothing);
    };
    if authority.is_ending() {
        return Ok(Kept::AuthorityEnding);
    }
    let names = nameable(&authority, names);
    let leaf = Leaf::read(folder);
    let fault = match &leaf {
        Some(leaf) => fault(&authority, leaf, &names),
        None => Some("there is none yet".to_owned()),
    };
    Ok(match (fault, leaf) {
        (None, Some(leaf)) => Kept::Good {
            authority: authority.name.clone(),
            fingerprint: authority.fingerprint(),
            days_left: days_left(&leaf)?,
        },
        (fault, _) => Kept::Unfit {
            authority: authority.name,
            fault: fault.unwrap_or_default(),
        },
    })
}

/// Files with a private key that others can read.
pub fn exposed(folder: &Path) -> Option<PathBuf> {
    let files = [AUTHORITY_FILE, LEAF_FILE].map(|name| folder.join(name));
    files.into_iter().find(|file| store::is_exposed(file))
}

fn days_left(leaf: &Leaf) -> Result<u64> {
    let (_, parsed) = X509Certificate::from_der(leaf.certificate())?;
    let left = expiry(&parsed).duration_since(SystemTime::now());
    Ok(left.unwrap_or_default().as_secs() / DAY.as_secs())
}
