//! What people should know of the certificate before a phone shows them a warning.

use super::{Certificates, Source, may_name};

/// For a phone that comes by this server's address.
#[derive(Debug, PartialEq, Eq)]
pub enum Advice {
    /// Phones know the certificate, or somebody before this server has one of their own.
    Nothing,
    /// It warns until it trusts this computer: at this address, by this fingerprint.
    Trust { url: String, fingerprint: String },
    /// It warns, and trust would not help.
    Warns { why: String },
}

impl Certificates {
    /// `phone_origin`: how a phone's address of this server begins. One without a port is not this server's own:
    /// a tunnel or a proxy answers there, by a certificate that is not from here.
    pub fn advice(&self, phone_origin: &str) -> Advice {
        let Some((host, authority)) = host_and_authority(phone_origin) else {
            return Advice::Nothing;
        };
        match &self.source {
            Source::Supplied(supplied) => match supplied.caution(Some(host)) {
                Some(why) => Advice::Warns { why },
                None => Advice::Nothing,
            },
            Source::Own {
                authority: signer, ..
            } if may_name(signer, host) => Advice::Trust {
                url: format!("http://{authority}/trust"),
                fingerprint: signer.fingerprint(),
            },
            Source::Own { .. } => Advice::Warns {
                why: format!(
                    "phones will warn at {host}: it is a public address, and this computer's own authority may \
                     vouch for local ones only; bring a certificate by --cert and --key"
                ),
            },
        }
    }
}

/// Bare host, and host:port, of an origin that names its port.
fn host_and_authority(origin: &str) -> Option<(&str, &str)> {
    let authority = origin.strip_prefix("https://")?;
    let (host, port) = authority.rsplit_once(':')?;
    let names_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let host = host.trim_start_matches('[').trim_end_matches(']');
    names_port.then_some((host, authority))
}
