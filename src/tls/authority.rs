//! This computer's own certificate authority: made at first start, kept, and able to vouch for
//! nothing but local names and private addresses.
//!
//! The limits are X.509 name constraints, marked critical as RFC 5280 (4.2.1.10) demands. OpenSSL,
//! Firefox (mozilla::pkix) and rustls have long enforced them. Apple does since macOS 10.13 and iOS 11
//! (`nameconstraints.c` of its open Security framework; before, a critical one was refused). Chrome does
//! on all systems, Android included, for roots that a user installed since version 112, with no way
//! around it since 128 (policy EnforceLocalAnchorConstraintsEnabled, crbug.com/1072083).

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints,
};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::crypto::ring as provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::BACKDATED;
use super::store::{self, Pair};

pub const AUTHORITY_FILE: &str = "authority.pem";
/// Ten years: phones are to be asked once in the life of a computer.
const LIFETIME: Duration = Duration::from_secs(3650 * 24 * 60 * 60);
/// A new one is made when this much is left, so that a leaf never outlives it.
const MARGIN: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Names that nobody can own on the Internet, each with all names under it: this machine's, mDNS, ICANN's
/// for private use, home networks (RFC 8375), what home routers give, and those reserved for tests and
/// documents (RFC 6761).
const LOCAL_NAMES: [&str; 7] = [
    "localhost",
    "local",
    "internal",
    "home.arpa",
    "lan",
    "test",
    "example",
];
/// Addresses that no Internet route leads to: loopback, private, carrier-grade and link-local networks, and those
/// reserved for documents (RFC 5737).
const LOCAL_NETWORKS: [&str; 12] = [
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "192.0.2.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
];

pub struct Authority {
    pub certificate: CertificateDer<'static>,
    /// As people are shown it where they decide whether to trust it.
    pub name: String,
    pem: String,
    expires: SystemTime,
    issuer: Issuer<'static, KeyPair>,
    /// Judges as clients do that trust this authority and no other.
    pub verifier: Arc<WebPkiServerVerifier>,
}

impl Authority {
    /// The one that is kept in the folder, or else a new one. `computer`: its name, for people.
    pub fn open(folder: &Path, computer: &str) -> Result<Self> {
        let file = folder.join(AUTHORITY_FILE);
        store::close_to_others(&file)?;
        match Self::read(folder)? {
            Some(kept) if !kept.is_ending() => return Ok(kept),
            Some(_) => {
                tracing::warn!(
                    "this computer's authority is about to expire: phones must trust the new one"
                );
                store::replace(&file, &make(computer)?)?;
            }
            // False: another server of this computer was first, and its authority is read then.
            None => drop(store::create(&file, &make(computer)?)?),
        }
        Self::read(folder)?.context("an authority that was kept a moment ago is gone")
    }

    /// The one that is kept in the folder, if any.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let file = folder.join(AUTHORITY_FILE);
        let Some(pem) = store::read(&file)? else {
            return Ok(None);
        };
        let kept = Pair::parse(pem).and_then(Self::parse);
        kept.map(Some).with_context(|| damaged(&file))
    }

    fn parse(pair: Pair) -> Result<Self> {
        let (_, parsed) = X509Certificate::from_der(&pair.certificate)?;
        ensure!(parsed.is_ca(), "it is no authority's certificate");
        let name = parsed.subject().iter_common_name().next();
        let name = name.context("it has no name")?.as_str()?.to_owned();
        let expires = expiry(&parsed);
        let issuer = Issuer::from_ca_cert_der(&pair.certificate, KeyPair::try_from(&pair.key)?)?;
        let mut roots = RootCertStore::empty();
        roots.add(pair.certificate.clone())?;
        let provider = Arc::new(provider::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
        Ok(Self {
            certificate: pair.certificate,
            pem: pair.pem,
            name,
            expires,
            issuer,
            verifier,
        })
    }

    pub fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }

    pub fn expires(&self) -> SystemTime {
        self.expires
    }

    pub fn is_ending(&self) -> bool {
        self.expires < SystemTime::now() + MARGIN
    }

    /// The certificate as PEM writes it, without the lines around it.
    pub fn base64(&self) -> String {
        let lines = self
            .pem
            .lines()
            .skip_while(|line| line.starts_with("-----"));
        let lines = lines.take_while(|line| !line.starts_with("-----"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// SHA-256, as phones show it: `AB:CD:…`.
    pub fn fingerprint(&self) -> String {
        let digest = ring::digest::digest(&ring::digest::SHA256, &self.certificate);
        let pairs = digest.as_ref().iter().map(|byte| format!("{byte:02X}"));
        pairs.collect::<Vec<_>>().join(":")
    }
}

fn damaged(file: &Path) -> String {
    format!(
        "the authority that is kept cannot be used: delete {}, and let phones trust the new one",
        file.display()
    )
}

pub fn expiry(certificate: &X509Certificate<'_>) -> SystemTime {
    let seconds = certificate.validity().not_after.timestamp();
    UNIX_EPOCH + Duration::from_secs(seconds.try_into().unwrap_or(0))
}

/// Certificate and key, as PEM.
fn make(computer: &str) -> Result<String> {
    let now = SystemTime::now();
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    let name = format!("Sightline on {computer}");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: permitted(computer),
        excluded_subtrees: Vec::new(),
    });
    params.not_before = (now - BACKDATED).into();
    params.not_after = (now + LIFETIME).into();
    let certificate = params.self_signed(&key)?;
    Ok(certificate.pem() + &key.serialize_pem())
}

fn permitted(computer: &str) -> Vec<GeneralSubtree> {
    // A bare one, `dev` say, may be a whole domain of the Internet, and would open all of it.
    let is_one_host = super::is_host_name(computer) && computer.contains('.');
    let names = LOCAL_NAMES
        .into_iter()
        .chain(is_one_host.then_some(computer));
    let names = names.map(|name| GeneralSubtree::DnsName(name.to_owned()));
    let networks = LOCAL_NETWORKS.into_iter().map(|network| {
        let network = network.parse().expect("a network and its prefix");
        GeneralSubtree::IpAddress(network)
    });
    names.chain(networks).collect()
}
