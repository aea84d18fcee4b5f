//! Failures as every endpoint tells them: a status, a word for programs, a sentence for people.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};

use crate::metrics::Refusal;
use crate::protocol::{ApiError, Role};
use crate::rooms::RoomError;

pub struct Failure {
    status: StatusCode,
    body: ApiError,
    /// Boxed: few have one, and a failure is passed on by value.
    header: Option<Box<(HeaderName, HeaderValue)>>,
    /// A rule or limit that was run into; `guard` counts it.
    refusal: Option<Refusal>,
}

impl Failure {
    pub fn new(status: StatusCode, error: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            body: ApiError {
                error: error.to_owned(),
                message: message.into(),
            },
            header: None,
            refusal: None,
        }
    }

    /// A rule or limit was run into. Its name is the word for programs, too.
    pub fn refusal(why: Refusal, status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, why.as_str(), message).counted_as(why)
    }

    pub fn counted_as(self, why: Refusal) -> Self {
        let refusal = Some(why);
        Self { refusal, ..self }
    }

    /// What else the answer says.
    pub fn with(self, name: HeaderName, value: HeaderValue) -> Self {
        let header = Some(Box::new((name, value)));
        Self { header, ..self }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        response
            .headers_mut()
            .extend(self.header.map(|header| *header));
        if let Some(why) = self.refusal {
            response.extensions_mut().insert(why);
        }
        response
    }
}

impl From<RoomError> for Failure {
    fn from(error: RoomError) -> Self {
        let (status, word) = match error {
            RoomError::NotFound => (StatusCode::NOT_FOUND, "room_not_found"),
            RoomError::BadToken => (StatusCode::FORBIDDEN, "bad_token"),
            RoomError::PeerAbsent => (StatusCode::CONFLICT, "peer_absent"),
            RoomError::PeerSlow => (StatusCode::TOO_MANY_REQUESTS, "peer_slow"),
            RoomError::NotSeated => (StatusCode::CONFLICT, "not_seated"),
            RoomError::Full => (StatusCode::SERVICE_UNAVAILABLE, "rooms_full"),
            RoomError::OnlyFor(Role::Viewer) => (StatusCode::FORBIDDEN, "viewer_only"),
            RoomError::OnlyFor(Role::Phone) => (StatusCode::FORBIDDEN, "phone_only"),
            RoomError::NoMetrics => (StatusCode::NOT_FOUND, "metrics_not_found"),
        };
        let failure = Self::new(status, word, error.to_string());
        match error {
            RoomError::NotFound | RoomError::BadToken => failure.counted_as(Refusal::WrongToken),
            RoomError::Full => failure.counted_as(Refusal::RoomsFull),
            RoomError::PeerSlow => failure.counted_as(Refusal::PeerSlow),
            _ => failure,
        }
    }
}

pub async fn not_found() -> Failure {
    Failure::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "there is nothing at this address",
    )
}
