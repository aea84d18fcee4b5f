//! What a room is known and opened by.

use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};

use crate::protocol::Role;

/// Bits of a room's name and of a token.
const ROOM_BITS: usize = 64;
const TOKEN_BITS: usize = 128;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A room's name and the two keys to it. Not `Debug`: keys belong in no log.
#[derive(Clone, Serialize, Deserialize)]
pub struct RoomKeys {
    pub room: String,
    pub viewer_token: String,
    pub phone_token: String,
}

impl RoomKeys {
    pub fn random() -> Self {
        Self {
            room: random_name(),
            viewer_token: random_text(TOKEN_BITS),
            phone_token: random_text(TOKEN_BITS),
        }
    }

    /// Both keys are looked at, whichever it is.
    pub fn role_of(&self, token: &str) -> Option<Role> {
        let is_viewer = is_same(&self.viewer_token, token);
        let is_phone = is_same(&self.phone_token, token);
        if bool::from(is_viewer) {
            Some(Role::Viewer)
        } else {
            bool::from(is_phone).then_some(Role::Phone)
        }
    }

    pub fn is_phone_token(&self, token: &str) -> bool {
        is_same(&self.phone_token, token).into()
    }

    /// Whether [`RoomKeys::random`] could have made them.
    pub fn are_well_formed(&self) -> bool {
        is_random_text(&self.room, ROOM_BITS)
            && is_random_text(&self.viewer_token, TOKEN_BITS)
            && is_random_text(&self.phone_token, TOKEN_BITS)
            && self.viewer_token != self.phone_token
    }
}

/// Takes the same time wherever the first difference is.
pub fn is_same(secret: &str, given: &str) -> Choice {
    secret.as_bytes().ct_eq(given.as_bytes())
}

/// Nobody guesses it, and no two are the same.
pub fn random_name() -> String {
    random_text(ROOM_BITS)
}

/// Lower-case base 32 without padding: safe in an address, and a QR can hold it.
fn random_text(bits: usize) -> String {
    let mut bytes = vec![0; bits.div_ceil(5)];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    let letter = |byte: u8| char::from(ALPHABET[usize::from(byte % 32)]);
    bytes.into_iter().map(letter).collect()
}

fn is_random_text(text: &str, bits: usize) -> bool {
    text.len() == bits.div_ceil(5) && text.bytes().all(|byte| ALPHABET.contains(&byte))
}
