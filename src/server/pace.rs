//! How long a connection may keep us waiting: for a request's head, for the next request, for a
//! client that takes nothing of its answer. hyper knows the first only, and counts the second as it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

use crate::config::Limits;

/// What a connection did not do in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    /// It has said nothing at all.
    Asking,
    /// It has begun to ask.
    Head,
    NextRequest,
    TakingItsAnswer,
}

#[derive(Clone, Copy)]
enum Phase {
    /// Connected since then.
    Silent(Instant),
    /// A head is on its way; its time began then.
    Head(Instant),
    Answering,
    Idle(Instant),
}

struct State {
    phase: Phase,
    /// Since then no byte of ours was taken.
    stuck: Option<Instant>,
}

/// One connection's, told by its stream and by its requests.
#[derive(Clone)]
pub struct Pace(Arc<watch::Sender<State>>);

impl Pace {
    /// A connection whose first request is expected.
    pub fn new() -> Self {
        let phase = Phase::Silent(Instant::now());
        Self(Arc::new(watch::Sender::new(State { phase, stuck: None })))
    }

    pub fn request_begins(&self) {
        self.0.send_modify(|state| state.phase = Phase::Answering);
    }

    /// To be dropped when the answer is over.
    pub fn answer(&self) -> Answer {
        Answer(self.clone())
    }

    /// Ends when the connection is late with something.
    pub async fn exceeded(&self, limits: &Limits) -> Late {
        let mut state = self.0.subscribe();
        loop {
            let due = state.borrow_and_update().due(limits);
            let late = async {
                match due {
                    Some((at, what)) => {
                        sleep_until(at).await;
                        what
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                // An error would say that the sender is gone, and we hold it.
                _ = state.changed() => {}
                late = late => return late,
            }
        }
    }

    fn read(&self, bytes: usize) {
        self.0.send_if_modified(|state| {
            let since = match state.phase {
                Phase::Silent(since) if bytes > 0 => since,
                Phase::Idle(_) if bytes > 0 => Instant::now(),
                _ => return false,
            };
            state.phase = Phase::Head(since);
            true
        });
    }

    fn written<T>(&self, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.0.send_if_modified(|state| {
            let changes = result.is_pending() != state.stuck.is_some();
            if changes {
                state.stuck = result.is_pending().then(Instant::now);
            }
            changes
        });
        result
    }
}

impl State {
    fn due(&self, limits: &Limits) -> Option<(Instant, Late)> {
        if let Some(since) = self.stuck {
            return Some((since + limits.idle_timeout, Late::TakingItsAnswer));
        }
        match self.phase {
            Phase::Silent(since) => Some((since + limits.header_timeout, Late::Asking)),
            Phase::Head(since) => Some((since + limits.header_timeout, Late::Head)),
            Phase::Idle(since) => Some((since + limits.idle_timeout, Late::NextRequest)),
            Phase::Answering => None,
        }
    }
}

/// An answer under way.
pub struct Answer(Pace);

impl Drop for Answer {
    fn drop(&mut self) {
        let Pace(state) = &self.0;
        state.send_modify(|state| state.phase = Phase::Idle(Instant::now()));
    }
}

/// A stream that tells the pace. It is given back when hyper drops it: what hyper would not say can still be said.
pub struct Paced<IO> {
    /// Taken only by `drop`.
    io: Option<IO>,
    pace: Pace,
    giving_back: Option<oneshot::Sender<IO>>,
}

impl<IO> Paced<IO> {
    pub fn new(io: IO, pace: Pace) -> (Self, oneshot::Receiver<IO>) {
        let (giving_back, given_back) = oneshot::channel();
        let paced = Self {
            io: Some(io),
            pace,
            giving_back: Some(giving_back),
        };
        (paced, given_back)
    }
}

impl<IO: Unpin> Paced<IO> {
    fn io(&mut self) -> Pin<&mut IO> {
        Pin::new(self.io.as_mut().expect("taken only by drop"))
    }
}

impl<IO> Drop for Paced<IO> {
    fn drop(&mut self) {
        if let (Some(io), Some(giving_back)) = (self.io.take(), self.giving_back.take()) {
            // Nobody may want it: then it ends here.
            let _ = giving_back.send(io);
        }
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Paced<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = self.io().poll_read(cx, buffer);
        self.pace.read(buffer.filled().len() - before);
        read
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Paced<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.io().poll_write(cx, bytes);
        self.pace.written(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.io().poll_write_vectored(cx, pieces);
        self.pace.written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.as_ref().is_some_and(IO::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.io().poll_flush(cx);
        self.pace.written(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io().poll_shutdown(cx)
    }
}
