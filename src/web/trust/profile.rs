//! The authority as iOS and macOS install it: a configuration profile with one root certificate.

use ring::digest::{SHA256, digest};

use super::escaped;
use crate::tls::Authority;

const TEMPLATE: &str = include_str!("sightline.mobileconfig");

/// It is not signed: iOS says so, and the fingerprint is what vouches for it.
pub fn of(authority: &Authority) -> String {
    let id = |part| uuid(part, &authority.certificate);
    TEMPLATE
        .replace("{name}", &escaped(&authority.name))
        .replace("{certificate}", &authority.base64())
        .replace("{profile_id}", &id("profile"))
        .replace("{payload_id}", &id("payload"))
}

/// The same for the same authority, so that installing it again replaces it: hash bits in the form of RFC 9562's
/// version 8.
fn uuid(part: &str, certificate: &[u8]) -> String {
    let hash = digest(&SHA256, &[part.as_bytes(), certificate].concat());
    let mut bytes: [u8; 16] = hash.as_ref()[..16].try_into().expect("32 bytes");
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_belong_to_the_certificate_and_the_part() {
        let id = uuid("profile", b"a");
        assert_eq!(id, uuid("profile", b"a"));
        assert_ne!(id, uuid("payload", b"a"));
        assert_ne!(id, uuid("profile", b"b"));
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'8'), "{id}");
    }
}
