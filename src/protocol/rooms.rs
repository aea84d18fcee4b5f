//! Rooms: how they are made, how a phone is invited, and what the two ends are told.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The two seats of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Viewer,
    Phone,
}

impl Role {
    pub fn other(self) -> Self {
        match self {
            Role::Viewer => Role::Phone,
            Role::Phone => Role::Viewer,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Viewer => "viewer",
            Role::Phone => "phone",
        })
    }
}

/// Answer to `POST /api/rooms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RoomCreated {
    pub room: String,
    pub viewer_token: String,
    pub phone_token: String,
    /// What the QR says: the phone page's address.
    pub join_url: String,
    /// The same as an SVG document.
    pub qr_svg: String,
}

/// Answer to `GET /api/rooms/{room}/invitation`: how a phone joins, as of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Invitation {
    /// What leads to `join_url`, for people: `Wi-Fi`, `Ethernet`, …
    pub interface: String,
    /// What the QR says: the phone page's address.
    pub join_url: String,
    /// The same as an SVG document.
    pub qr_svg: String,
    /// `null` when there is no address to type it at.
    pub code: Option<InvitationCode>,
    /// Other addresses of this machine, the likeliest first.
    pub others: Vec<InvitationAddress>,
    /// Why no phone can join by `join_url`, and what to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub obstacle: Option<String>,
}

/// A short code that stands for the phone's link, to be typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InvitationCode {
    pub url: String,
    pub code: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub expires_ts: i64,
}

/// The same link by another network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InvitationAddress {
    pub interface: String,
    pub join_url: String,
    pub qr_svg: String,
}

/// Answer to `GET /api/join/{phone_token}`: the room that a phone token opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JoinInfo {
    pub room: String,
}

/// The event without an id that a room's stream has at least every two seconds: the server is there.
pub const ALIVE_EVENT: &str = "alive";

/// One `data:` line on a room's event stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RoomEvent {
    /// First on every stream: the seat taken, and whether the other one is occupied. `sitting` names this
    /// stay in the seat, for `POST`s. `resumed`: the stream goes on after the event that was named, and
    /// nothing is missing; else whatever was said before may be lost.
    Welcome {
        role: Role,
        peer_present: bool,
        sitting: String,
        resumed: bool,
    },
    /// The other seat was taken (or taken anew, by a reload) or left.
    Peer { role: Role, present: bool },
    /// What the other seat posted. The server stamps `from` and reads nothing of `payload`.
    Signal {
        from: Role,
        #[cfg_attr(test, ts(type = "unknown"))]
        payload: Value,
    },
    /// To the viewer: ask for the invitation anew, this machine's addresses have changed.
    Invitation {},
    /// Another phone sits here; ask again with `takeover=1` to replace it. The stream ends.
    Taken {},
    /// Somebody else took this seat. The stream ends.
    Replaced {},
}
