//! The certificate that clients are shown: signed by this computer's authority for the names it has now.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{CertificateError, Error};

use super::authority::Authority;
use super::store::{self, Pair};
use super::{BACKDATED, MARGIN};

pub const LEAF_FILE: &str = "server.pem";
/// Apple's clients refuse certificates of servers that live longer than 398 days.
const LIFETIME: Duration = Duration::from_secs(397 * 24 * 60 * 60);

pub struct Leaf(Pair);

impl Leaf {
    /// A damaged file means the same as none: a new leaf is made, and nobody has to trust it.
    pub fn read(folder: &Path) -> Option<Self> {
        let file = folder.join(LEAF_FILE);
        let pem = store::read(&file).ok().flatten()?;
        Pair::parse(pem).ok().map(Self)
    }

    pub fn keep(&self, folder: &Path) -> Result<()> {
        store::replace(&folder.join(LEAF_FILE), &self.0.pem)
    }

    pub fn issue(authority: &Authority, names: &[String]) -> Result<Self> {
        let now = SystemTime::now();
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = DistinguishedName::new();
        let name = "Sightline on this computer";
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.not_before = (now - BACKDATED).into();
        let end = (now - BACKDATED + LIFETIME).min(authority.expires());
        params.not_after = end.into();
        let certificate = params.signed_by(&key, authority.issuer())?;
        let pem = certificate.pem() + &key.serialize_pem();
        Pair::parse(pem).map(Self)
    }

    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.0.certificate
    }

    /// With the authority's certificate behind it: clients that fail say then by whom it is signed.
    pub fn into_shown(self, authority: &Authority) -> Result<Arc<CertifiedKey>> {
        let chain = vec![self.0.certificate, authority.certificate.clone()];
        let shown = CertifiedKey::from_der(chain, self.0.key, &ring::default_provider())?;
        Ok(Arc::new(shown))
    }
}

/// Why clients that trust the authority would not take this certificate for all of `names` now and
/// for as long as it may stay.
pub fn fault(
    authority: &Authority,
    certificate: &CertificateDer<'_>,
    names: &[String],
    now: SystemTime,
) -> Option<String> {
    let until = (now + MARGIN)
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let until = UnixTime::since_unix_epoch(until);
    names.iter().find_map(|name| {
        let server = match ServerName::try_from(name.as_str()) {
            Ok(server) => server,
            Err(_) => return Some(format!("{name} is no name for a server")),
        };
        let judged = authority
            .verifier
            .verify_server_cert(certificate, &[], &server, &[], until);
        judged.err().map(|error| in_words(&error, name))
    })
}

fn in_words(error: &Error, name: &str) -> String {
    use CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext,
        UnknownIssuer,
    };
    match error {
        Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            format!("it does not name {name}")
        }
        Error::InvalidCertificate(Expired | ExpiredContext { .. }) => {
            "it is about to expire".to_owned()
        }
        Error::InvalidCertificate(UnknownIssuer | BadSignature) => {
            "another authority signed it".to_owned()
        }
        other => format!("clients refuse it ({other})"),
    }
}
