//! How long a request's body may take.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::metrics::Refusal;
use crate::web::AppState;
use crate::web::error::Failure;

/// A body that holds something until it is over, or nobody wants the rest of it.
pub struct Holding<T> {
    body: Body,
    _held: T,
}

impl<T: Send + Unpin + 'static> Holding<T> {
    pub fn body(body: Body, held: T) -> Body {
        Body::new(Self { body, _held: held })
    }
}

impl<T: Unpin> HttpBody for Holding<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The whole body in time: one that trickles in keeps a connection, and a handler, as long as it likes.
pub async fn limit_body(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let limit = state.guard.limits.body_timeout;
    let (held, over) = oneshot::channel::<()>();
    let request = request.map(|body| Holding::body(body, held));
    tokio::select! {
        biased;
        response = next.run(request) => response,
        () = late(over, limit) => {
            let message = format!("the body did not arrive within {} s (--body-timeout)", limit.as_secs());
            Failure::refusal(Refusal::BodyTimeout, StatusCode::REQUEST_TIMEOUT, message).into_response()
        }
    }
}

/// Ends when the body is not over in time.
async fn late(over: oneshot::Receiver<()>, limit: Duration) {
    if timeout(limit, over).await.is_ok() {
        std::future::pending().await
    }
}
