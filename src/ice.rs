//! ICE servers, which help phone and viewer to reach each other, and what opens them.
//!
//! A TURN server passes on video for whoever knows its credentials, so these are for the holders of a room's token
//! only; the STUN servers, which need none, are for everybody.

mod url;

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY};

use crate::protocol::{IcePolicy, IceServer, RoomIce};

pub use url::IceUrl;

/// How long credentials made from a shared secret hold. A call that runs is not ended by it.
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);
/// Stands in the TURN server's log beside the time.
const USER: &str = "sightline";

/// Shown nowhere: neither in logs nor in errors.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Secret(…)")
    }
}

/// What opens the TURN servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnKey {
    Fixed {
        user: String,
        password: Secret,
    },
    /// Known to the TURN server, too, which accepts what is signed with it until it expires.
    Shared(Secret),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub urls: Vec<String>,
    pub key: TurnKey,
}

/// The servers, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ice {
    pub stun: Vec<String>,
    pub turn: Option<Turn>,
    pub policy: IcePolicy,
}

impl Ice {
    /// What everybody may know.
    pub fn open_servers(&self) -> Vec<IceServer> {
        let urls = self.stun.clone();
        let server = IceServer {
            urls,
            username: None,
            credential: None,
        };
        // A server without addresses is refused by browsers.
        (!self.stun.is_empty())
            .then_some(server)
            .into_iter()
            .collect()
    }

    /// What the two ends of a room may know. `now`: since the Unix epoch.
    pub fn for_a_room(&self, now: Duration) -> RoomIce {
        let mut ice_servers = self.open_servers();
        ice_servers.extend(self.turn.as_ref().map(|turn| turn.server(now)));
        RoomIce {
            ice_servers,
            ice_policy: self.policy,
            lifetime_s: self.turn.as_ref().and_then(Turn::lifetime_s),
        }
    }
}

impl Turn {
    fn server(&self, now: Duration) -> IceServer {
        let (username, credential) = match &self.key {
            TurnKey::Fixed { user, password } => (user.clone(), password.0.clone()),
            TurnKey::Shared(secret) => signed(secret, now + LIFETIME),
        };
        IceServer {
            urls: self.urls.clone(),
            username: Some(username),
            credential: Some(credential),
        }
    }

    fn lifetime_s(&self) -> Option<u32> {
        match self.key {
            TurnKey::Fixed { .. } => None,
            TurnKey::Shared(_) => u32::try_from(LIFETIME.as_secs()).ok(),
        }
    }
}

/// The scheme of "A REST API for Access to TURN Services", which coturn calls `use-auth-secret`: the
/// name tells when it expires, the password is the name signed.
fn signed(secret: &Secret, expires: Duration) -> (String, String) {
    let username = format!("{}:{USER}", expires.as_secs());
    let key = hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.0.as_bytes());
    let signature = hmac::sign(&key, username.as_bytes());
    (username, STANDARD.encode(signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ice(key: TurnKey) -> Ice {
        Ice {
            stun: vec!["stun:a.example".to_owned()],
            turn: Some(Turn {
                urls: vec!["turn:b.example".to_owned(), "turns:b.example".to_owned()],
                key,
            }),
            policy: IcePolicy::All,
        }
    }

    /// `printf 1690043200:sightline | openssl dgst -sha1 -hmac 'north wind' -binary | base64`
    #[test]
    fn credentials_are_signed_as_openssl_signs_them() {
        let ice = ice(TurnKey::Shared("north wind".into()));
        let room = ice.for_a_room(Duration::from_secs(1_690_000_000));
        let turn = &room.ice_servers[1];
        assert_eq!(turn.username.as_deref(), Some("1690043200:sightline"));
        assert_eq!(
            turn.credential.as_deref(),
            Some("D+F0gn/MG3DkiRChpkVIUTGcdDM=")
        );
        assert_eq!(room.lifetime_s, Some(43_200));
        let later = ice.for_a_room(Duration::from_secs(1_690_000_001));
        assert_ne!(turn.credential, later.ice_servers[1].credential);
    }

    #[test]
    fn fixed_credentials_are_handed_on_and_never_expire() {
        let ice = ice(TurnKey::Fixed {
            user: "ann".to_owned(),
            password: "pass".into(),
        });
        let room = ice.for_a_room(Duration::ZERO);
        assert_eq!(room.ice_servers[0], ice.open_servers()[0]);
        let turn = &room.ice_servers[1];
        assert_eq!(turn.urls.len(), 2);
        assert_eq!(turn.username.as_deref(), Some("ann"));
        assert_eq!(turn.credential.as_deref(), Some("pass"));
        assert_eq!(room.lifetime_s, None);
    }

    #[test]
    fn everybody_learns_of_stun_only() {
        let ice = ice(TurnKey::Shared("north wind".into()));
        let told = format!("{:?}", ice.open_servers());
        assert!(
            told.contains("a.example") && !told.contains("turn"),
            "{told}"
        );
        assert!(!format!("{ice:?}").contains("north"), "{ice:?}");
    }
}
