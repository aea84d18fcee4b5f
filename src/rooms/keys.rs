//! What a room is known and opened by.

use subtle::ConstantTimeEq;

use crate::protocol::Role;

/// Bits of a room's name and of a token.
const ROOM_BITS: usize = 64;
const TOKEN_BITS: usize = 128;

/// A room's name and the two keys to it.
#[derive(Debug, Clone)]
pub struct RoomKeys {
    pub room: String,
    pub viewer_token: String,
    pub phone_token: String,
}

impl RoomKeys {
    pub fn random() -> Self {
        Self {
            room: random_text(ROOM_BITS),
            viewer_token: random_text(TOKEN_BITS),
            phone_token: random_text(TOKEN_BITS),
        }
    }

    pub fn role_of(&self, token: &str) -> Option<Role> {
        let is = |key: &str| bool::from(key.as_bytes().ct_eq(token.as_bytes()));
        if is(&self.viewer_token) {
            Some(Role::Viewer)
        } else {
            is(&self.phone_token).then_some(Role::Phone)
        }
    }
}

/// Lower-case base 32 without padding: safe in an address, and a QR can hold it.
fn random_text(bits: usize) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bytes = vec![0; bits.div_ceil(5)];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    let letter = |byte: u8| char::from(ALPHABET[usize::from(byte % 32)]);
    bytes.into_iter().map(letter).collect()
}
