//! A connection: counted while it is open, and closed so that the peer reads our last word.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::places::Place;
use crate::metrics::{ConnectionMetrics, Counted, Metrics};
use crate::web::Transport;

/// How long what a peer still sends is read and thrown away after our last word.
const LINGER: Duration = Duration::from_secs(1);

/// A connection that, when dropped, goes on reading for a moment before it closes.
///
/// Closing a socket that still has unread bytes resets it, and a reset destroys what the peer has
/// not yet read: the close code of a message that was too large, for one. The program's own end
/// closes sockets too, so shutting down waits for this.
pub struct Lingering {
    /// Taken only by `drop`.
    inner: Option<Inner>,
    metrics: Arc<Metrics>,
    tasks: TaskTracker,
}

/// The stream, and what is held until it is closed.
struct Inner {
    stream: TcpStream,
    place: Place,
    open: Counted,
}

impl Lingering {
    pub fn new(
        stream: TcpStream,
        place: Place,
        metrics: &Arc<Metrics>,
        tasks: TaskTracker,
    ) -> Self {
        let silent = &[ConnectionMetrics::SILENT];
        let open = Counted::by(&metrics.connections.open.with_label_values(silent));
        Self {
            inner: Some(Inner {
                stream,
                place,
                open,
            }),
            metrics: Arc::clone(metrics),
            tasks,
        }
    }

    /// Its first byte has told.
    pub fn count_as(&mut self, transport: Transport) {
        let label = &[transport.as_str()];
        let ConnectionMetrics { open, total } = &self.metrics.connections;
        total.with_label_values(label).inc();
        let open = Counted::by(&open.with_label_values(label));
        self.inner_mut().open = open;
    }

    pub fn tcp(&self) -> &TcpStream {
        &self.inner.as_ref().expect("taken only by drop").stream
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().inner_mut().stream)
    }

    fn inner_mut(&mut self) -> &mut Inner {
        self.inner.as_mut().expect("taken only by drop")
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let (
            Some(Inner {
                stream,
                place,
                open,
            }),
            Ok(runtime),
        ) = (self.inner.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let drained = async move {
            let _held = (place, open);
            // Either way the connection is over.
            let _ = timeout(LINGER, drain(stream)).await;
        };
        self.tasks.spawn_on(drained, &runtime);
    }
}

async fn drain(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut discarded = [0; 16 * 1024];
    while stream.read(&mut discarded).await? > 0 {}
    Ok(())
}

impl AsyncRead for Lingering {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}
