//! Failures as every endpoint tells them: a status, a word for programs, a sentence for people.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::protocol::ApiError;
use crate::rooms::RoomError;

pub struct Failure {
    status: StatusCode,
    body: ApiError,
}

impl Failure {
    pub fn new(status: StatusCode, error: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            body: ApiError {
                error: error.to_owned(),
                message: message.into(),
            },
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
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
            RoomError::NotTheViewer => (StatusCode::FORBIDDEN, "viewer_only"),
            RoomError::NoMetrics => (StatusCode::NOT_FOUND, "metrics_not_found"),
        };
        Self::new(status, word, error.to_string())
    }
}

pub async fn not_found() -> Failure {
    Failure::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "there is nothing at this address",
    )
}
