//! A certificate that the operator brings: `--cert` and `--key`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{Error, InconsistentKeys};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::authority::expiry;
use super::{DAY, MARGIN};

#[derive(Debug, Clone)]
pub struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What was read, and how long it is good.
pub struct Supplied {
    pub shown: Arc<CertifiedKey>,
    pub days_left: u64,
}

impl CertificateFiles {
    pub fn read(&self) -> Result<Supplied> {
        let chain = chain(&self.certificate)?;
        let days_left = days_left(&self.certificate, &chain[0])?;
        let key = key(&self.key)?;
        let shown = CertifiedKey::from_der(chain, key, &ring::default_provider());
        let shown = shown.map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => anyhow::anyhow!(
                "the key in {} is not that of the certificate in {}: name two that belong together by --cert \
                 and --key",
                self.key.display(),
                self.certificate.display()
            ),
            other => anyhow::anyhow!("--cert {}: {other}", self.certificate.display()),
        })?;
        Ok(Supplied {
            shown: Arc::new(shown),
            days_left,
        })
    }
}

impl Supplied {
    /// What will trouble phones that come to `host`, if anything.
    pub fn caution(&self, host: Option<&str>) -> Option<String> {
        if let Some(host) = host.filter(|host| !names(&self.shown.cert[0], host)) {
            return Some(format!(
                "the certificate of --cert does not name {host}, where phones go: they will warn; name a host of \
                 the certificate by --public-host"
            ));
        }
        let is_ending = self.days_left < MARGIN.as_secs() / DAY.as_secs();
        is_ending.then(|| {
            format!(
                "the certificate of --cert expires in {} days: renew it",
                self.days_left
            )
        })
    }
}

fn names(certificate: &CertificateDer<'_>, host: &str) -> bool {
    let parsed = ParsedCertificate::try_from(certificate);
    let (Ok(parsed), Ok(host)) = (parsed, ServerName::try_from(host)) else {
        return false;
    };
    verify_server_name(&parsed, &host).is_ok()
}

fn read(flag: &str, file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {flag} {}", file.display()))
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let text = read("--cert", file)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.with_context(|| format!("--cert {} is damaged", file.display()))?;
    ensure!(
        !chain.is_empty(),
        "--cert {} holds no certificate in PEM (a text that begins with -----BEGIN CERTIFICATE-----)",
        file.display()
    );
    Ok(chain)
}

fn key(file: &Path) -> Result<PrivateKeyDer<'static>> {
    let text = read("--key", file)?;
    match PrivateKeyDer::from_pem_slice(&text) {
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) => bail!(
            "--key {} holds no private key in PEM, or one that a password locks: unlock it by `openssl pkey`",
            file.display()
        ),
        Err(error) => bail!("--key {} is damaged: {error}", file.display()),
    }
}

/// Fails if today is not one of its days.
fn days_left(file: &Path, certificate: &CertificateDer<'_>) -> Result<u64> {
    let shown = file.display();
    let (_, parsed) = X509Certificate::from_der(certificate)
        .with_context(|| format!("--cert {shown} holds no certificate that can be read"))?;
    let validity = parsed.validity();
    let now = SystemTime::now();
    let Ok(left) = expiry(&parsed).duration_since(now) else {
        bail!(
            "the certificate of --cert {shown} expired on {}: renew it",
            validity.not_after
        );
    };
    let begins = validity.not_before.timestamp();
    let now = now.duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    ensure!(
        i64::try_from(now)? >= begins,
        "the certificate of --cert {shown} is not valid before {}: is this computer's clock right?",
        validity.not_before
    );
    Ok(left.as_secs() / DAY.as_secs())
}
