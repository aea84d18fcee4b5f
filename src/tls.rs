//! The certificate for this machine's addresses, made at first start and kept.
//!
//! It is self-signed: a phone warns once and goes on. It is made anew only when an address is
//! missing from it or it is about to expire, so that phones that accepted it are not asked again.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use serde::{Deserialize, Serialize};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

pub const IDENTITY_FILE: &str = "identity.json";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Apple's clients refuse certificates that live longer than 398 days.
const LIFETIME: Duration = Duration::from_secs(397 * 24 * 60 * 60);
/// Renewed this long before it ends, and dated back for phones whose clock is slow.
const MARGIN: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// A certificate and its key as they are kept on disk.
#[derive(Debug, Serialize, Deserialize)]
struct Identity {
    names: Vec<String>,
    expires_unix_s: u64,
    certificate_pem: String,
    key_pem: String,
}

/// An acceptor whose certificate is valid for all of `names` (host names and addresses).
pub fn acceptor(state_dir: &Path, names: &[String]) -> Result<TlsAcceptor> {
    let kept = load(state_dir).filter(|identity| identity.fault(names).is_none());
    let identity = match kept {
        Some(identity) => identity,
        None => {
            let identity = create(names)?;
            save(state_dir, &identity)?;
            tracing::info!("made a certificate for {}", names.join(", "));
            identity
        }
    };
    into_acceptor(identity, state_dir)
}

/// What [`acceptor`] would find in the folder. Nothing is made or written.
pub enum Kept {
    Nothing,
    /// A new one would take its place, because of this.
    Unfit(String),
    Good {
        days_left: u64,
    },
}

/// Fails where [`acceptor`] would: the certificate that is kept cannot be used.
pub fn look(state_dir: &Path, names: &[String]) -> Result<Kept> {
    let Some(identity) = load(state_dir) else {
        return Ok(Kept::Nothing);
    };
    if let Some(fault) = identity.fault(names) {
        return Ok(Kept::Unfit(fault));
    }
    let days_left = identity.time_left().as_secs() / DAY.as_secs();
    into_acceptor(identity, state_dir)?;
    Ok(Kept::Good { days_left })
}

impl Identity {
    /// Why it serves no longer.
    fn fault(&self, names: &[String]) -> Option<String> {
        let missing = names.iter().find(|name| !self.names.contains(name));
        if let Some(name) = missing {
            return Some(format!("it does not name {name}"));
        }
        (self.time_left() <= MARGIN).then(|| "it is about to expire".to_owned())
    }

    fn time_left(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Duration::from_secs(self.expires_unix_s).saturating_sub(now.unwrap_or_default())
    }

    fn into_acceptor(self) -> Result<TlsAcceptor> {
        let certificate = CertificateDer::from_pem_slice(self.certificate_pem.as_bytes())?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes())?;
        // HTTP/1.1 only, so that WebSockets and event streams take one and the same way.
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn into_acceptor(identity: Identity, state_dir: &Path) -> Result<TlsAcceptor> {
    identity.into_acceptor().with_context(|| {
        let file = state_dir.join(IDENTITY_FILE);
        format!("the kept certificate is damaged: delete {}", file.display())
    })
}

/// The certificate of this machine's server, if it has made one, as PEM.
pub fn kept_certificate(state_dir: &Path) -> Option<String> {
    load(state_dir).map(|identity| identity.certificate_pem)
}

/// A missing or unreadable file means the same: a new one is made.
fn load(state_dir: &Path) -> Option<Identity> {
    let text = fs::read_to_string(state_dir.join(IDENTITY_FILE)).ok()?;
    serde_json::from_str(&text).ok()
}

fn create(names: &[String]) -> Result<Identity> {
    let now = SystemTime::now();
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "Sightline on this computer");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.not_before = (now - DAY).into();
    params.not_after = (now - DAY + LIFETIME).into();
    let certificate = params.self_signed(&key)?;
    Ok(Identity {
        names: names.to_vec(),
        expires_unix_s: (now - DAY + LIFETIME).duration_since(UNIX_EPOCH)?.as_secs(),
        certificate_pem: certificate.pem(),
        key_pem: key.serialize_pem(),
    })
}

fn save(state_dir: &Path, identity: &Identity) -> Result<()> {
    let write = || -> Result<()> {
        fs::create_dir_all(state_dir)?;
        let mut file = owner_only(&state_dir.join(IDENTITY_FILE))?;
        file.write_all(serde_json::to_string_pretty(identity)?.as_bytes())?;
        Ok(())
    };
    write().with_context(|| {
        format!(
            "the certificate cannot be kept in {}: name a writable folder by --state-dir DIR",
            state_dir.display()
        )
    })
}

/// A file that holds a private key: nobody else may read it.
fn owner_only(path: &Path) -> Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn kept(dir: &Path) -> String {
        load(dir).expect("a certificate is kept").certificate_pem
    }

    #[test]
    fn kept_until_an_address_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        acceptor(dir.path(), &names(&["localhost", "192.168.1.5"])).unwrap();
        let first = kept(dir.path());
        acceptor(dir.path(), &names(&["192.168.1.5"])).unwrap();
        assert_eq!(kept(dir.path()), first);
        acceptor(dir.path(), &names(&["192.168.1.6"])).unwrap();
        assert_ne!(kept(dir.path()), first);
    }

    #[test]
    fn renewed_before_it_expires() {
        let wanted = names(&["localhost"]);
        let mut identity = create(&wanted).unwrap();
        assert_eq!(identity.fault(&wanted), None);
        let soon = SystemTime::now() + MARGIN - DAY;
        identity.expires_unix_s = soon.duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!(identity.fault(&wanted).unwrap().contains("expire"));
    }

    #[test]
    fn a_damaged_file_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(IDENTITY_FILE), "{").unwrap();
        acceptor(dir.path(), &names(&["localhost"])).unwrap();
        assert!(kept(dir.path()).contains("BEGIN CERTIFICATE"));
    }

    #[test]
    fn a_look_tells_what_is_kept_and_makes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let look = |wanted: &[&str]| super::look(dir.path(), &names(wanted)).unwrap();
        assert!(matches!(look(&["localhost"]), Kept::Nothing));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        acceptor(dir.path(), &names(&["localhost"])).unwrap();
        assert!(matches!(
            look(&["localhost"]),
            Kept::Good { days_left: 395 }
        ));
        let Kept::Unfit(fault) = look(&["localhost", "192.168.1.6"]) else {
            panic!("an address is missing")
        };
        assert!(fault.contains("192.168.1.6"), "{fault}");
    }

    #[test]
    fn a_certificate_that_is_none_is_named_with_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut identity = create(&names(&["localhost"])).unwrap();
        identity.certificate_pem = "none".to_owned();
        save(dir.path(), &identity).unwrap();
        let told = super::look(dir.path(), &names(&["localhost"]))
            .err()
            .unwrap();
        let told = format!("{told:#}");
        assert!(
            told.contains(IDENTITY_FILE) && told.contains("delete"),
            "{told}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_key() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        acceptor(dir.path(), &names(&["localhost"])).unwrap();
        let metadata = fs::metadata(dir.path().join(IDENTITY_FILE)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
}
