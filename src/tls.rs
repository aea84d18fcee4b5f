//! The certificate that HTTPS shows: a leaf signed by this computer's own authority, or what the
//! operator brings (`--cert`, `--key`).
//!
//! Phones that trust the authority (the page `/trust` offers it) are never warned again: a leaf for
//! other addresses needs no new trust, and is made while the server runs. Phones that do not are warned
//! and go on; the leaf is kept as long as it fits, so that they are not asked more often than need be.

mod advice;
mod authority;
mod leaf;
mod look;
mod store;
mod supplied;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

pub use advice::Advice;
pub use authority::{AUTHORITY_FILE, Authority};
pub use leaf::LEAF_FILE;
pub use look::{Kept, exposed, look};
pub use supplied::CertificateFiles;

use leaf::Leaf;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A leaf is renewed this long before it ends.
const MARGIN: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// For phones whose clock is slow.
const BACKDATED: Duration = DAY;
/// Between two looks at the leaf's age. Not a day: this clock stands still while the computer sleeps.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);

/// What HTTPS shows now, and where the next leaf comes from.
pub struct Certificates {
    source: Source,
    shown: RwLock<Arc<CertifiedKey>>,
}

enum Source {
    Own {
        // Boxed: it is large, and there is one.
        authority: Box<Authority>,
        folder: PathBuf,
        /// What the leaf must name.
        names: Mutex<Vec<String>>,
    },
    Supplied(supplied::Supplied),
}

/// What to start from.
pub struct Wanted<'a> {
    pub files: Option<&'a CertificateFiles>,
    pub folder: &'a Path,
    /// Host names and addresses of this machine.
    pub names: &'a [String],
    /// This machine's name, for people.
    pub computer: &'a str,
}

impl Certificates {
    pub fn open(wanted: &Wanted) -> Result<Self> {
        match wanted.files {
            Some(files) => {
                let supplied = files.read()?;
                let shown = RwLock::new(Arc::clone(&supplied.shown));
                let source = Source::Supplied(supplied);
                Ok(Self { source, shown })
            }
            None => Self::own(wanted),
        }
    }

    fn own(wanted: &Wanted) -> Result<Self> {
        let authority = Box::new(Authority::open(wanted.folder, wanted.computer)?);
        let names = nameable(&authority, wanted.names);
        store::close_to_others(&wanted.folder.join(LEAF_FILE))?;
        let kept = Leaf::read(wanted.folder)
            .filter(|kept| fault(&authority, kept, &names).is_none())
            .and_then(|kept| kept.into_shown(&authority).ok());
        let shown = match kept {
            Some(kept) => kept,
            None => {
                let leaf = new_leaf(&authority, &names)?;
                leaf.keep(wanted.folder)?;
                leaf.into_shown(&authority)?
            }
        };
        Ok(Self {
            source: Source::Own {
                authority,
                folder: wanted.folder.to_owned(),
                names: Mutex::new(wanted.names.to_owned()),
            },
            shown: RwLock::new(shown),
        })
    }

    /// Sees to it that the leaf names all of `names` that the authority may vouch for, and is good for
    /// some time to come. True if it is a new one: connections from now on are shown it.
    pub fn ensure(&self, names: &[String]) -> Result<bool> {
        let Source::Own {
            authority,
            folder,
            names: wanted,
        } = &self.source
        else {
            return Ok(false);
        };
        // Held to the end, so that two callers do not both make one.
        let mut wanted = wanted.lock().expect("no holder of this lock panics");
        names.clone_into(&mut wanted);
        let names = nameable(authority, names);
        let shown = self.shown();
        let fault = leaf::fault(authority, &shown.cert[0], &names, SystemTime::now());
        let Some(fault) = fault else { return Ok(false) };
        tracing::info!("the certificate is renewed: {fault}");
        let leaf = new_leaf(authority, &names)?;
        if let Err(error) = leaf.keep(folder) {
            tracing::warn!(
                "the new certificate is not kept, the next start makes another: {error:#}"
            );
        }
        let renewed = leaf.into_shown(authority)?;
        *self.shown.write().expect("no holder of this lock panics") = renewed;
        Ok(true)
    }

    /// Renews the leaf before it expires, for as long as the server runs.
    pub async fn keep_fresh(&self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let Source::Own { names, .. } = &self.source else {
                continue;
            };
            let names = names.lock().expect("no holder of this lock panics").clone();
            if let Err(error) = self.ensure(&names) {
                tracing::warn!("the certificate cannot be renewed: {error:#}");
            }
        }
    }

    /// Whom phones may trust so that they warn no more; none with a certificate of the operator's own.
    pub fn authority(&self) -> Option<&Authority> {
        match &self.source {
            Source::Own { authority, .. } => Some(authority),
            Source::Supplied(_) => None,
        }
    }

    pub fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor> {
        // HTTP/1.1 only, so that WebSockets and event streams take one and the same way.
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn shown(&self) -> Arc<CertifiedKey> {
        let shown = self.shown.read().expect("no holder of this lock panics");
        Arc::clone(&shown)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown())
    }
}

impl fmt::Debug for Certificates {
    /// Without keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").finish_non_exhaustive()
    }
}

fn new_leaf(authority: &Authority, names: &[String]) -> Result<Leaf> {
    let leaf = Leaf::issue(authority, names)?;
    tracing::info!(
        "made a certificate for {}, signed by “{}”",
        names.join(", "),
        authority.name
    );
    Ok(leaf)
}

fn fault(authority: &Authority, leaf: &Leaf, names: &[String]) -> Option<String> {
    leaf::fault(authority, leaf.certificate(), names, SystemTime::now())
}

/// Those of `names` that the authority may vouch for: a single other one would spoil the whole leaf.
fn nameable(authority: &Authority, names: &[String]) -> Vec<String> {
    let may_name = |name: &&String| may_name(authority, name);
    names.iter().filter(may_name).cloned().collect()
}

/// Asks as a client would, by a leaf that nobody else sees.
fn may_name(authority: &Authority, name: &str) -> bool {
    let names = [name.to_owned()];
    Leaf::issue(authority, &names).is_ok_and(|leaf| fault(authority, &leaf, &names).is_none())
}

/// The certificate of this machine's authority, if it has made one, as PEM: what its own programs trust.
pub fn kept_authority(folder: &Path) -> Option<Vec<u8>> {
    let kept = Authority::read(folder).ok().flatten()?;
    Some(kept.certificate.to_vec())
}

/// What could stand in an address, and so in a certificate.
pub fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(allowed)
    };
    text.len() <= 253 && text.split('.').all(is_label)
}
