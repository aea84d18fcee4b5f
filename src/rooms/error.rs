//! Why a room does not do what it is asked for.

use crate::protocol::Role;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    #[error("no such room: it has expired, or the server forgot it")]
    NotFound,
    #[error("this token does not open this room")]
    BadToken,
    #[error("nobody sits on the other seat")]
    PeerAbsent,
    #[error("the other seat does not read its events: try again in a moment")]
    PeerSlow,
    #[error("this seat is another's, or was left: read its events, and name the sitting they tell")]
    NotSeated,
    #[error("all rooms are in use")]
    Full,
    #[error("this is the {other}'s token: the {0}'s is needed", other = .0.other())]
    OnlyFor(Role),
    #[error(
        "no metrics were posted to this room yet: record in the viewer, or post a metrics.json here"
    )]
    NoMetrics,
}
