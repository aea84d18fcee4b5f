//! A well-behaved client beside the one under test, which must notice nothing.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::detect::DetectClient;
use super::{PEOPLE, TestServer, soon, within};

/// The rate of a viewer.
const FRAME_INTERVAL: Duration = Duration::from_millis(66);
/// A frame takes a hundredth of this. However busy the machine is, who waits longer is starved.
const PROMPT: Duration = Duration::from_secs(5);

pub struct Bystander {
    leave: oneshot::Sender<()>,
    watching: JoinHandle<()>,
}

impl Bystander {
    /// Joins, and from its first answer on knows what it must always see.
    pub async fn join(server: &TestServer) -> Self {
        let mut client = DetectClient::connect(server).await;
        let expected = client.detect(PEOPLE).await;
        assert!(!expected.is_empty(), "there are people in the picture");
        let (leave, mut left) = oneshot::channel();
        let watching = tokio::spawn(async move {
            let mut frames = tokio::time::interval(FRAME_INTERVAL);
            loop {
                // Looked at before the frame, so that one more follows whatever happened.
                let last = left.try_recv().is_ok();
                let found = within(PROMPT, "the bystander's boxes", client.detect(PEOPLE)).await;
                assert_eq!(found, expected);
                if last {
                    return client.expect_nothing_more().await;
                }
                frames.tick().await;
            }
        });
        Self { leave, watching }
    }

    /// Every frame was answered promptly, and with the same boxes as before.
    pub async fn noticed_nothing(self) {
        // Gone already only if it failed, which the next line tells.
        let _ = self.leave.send(());
        let watched = soon("the bystander's last frame", self.watching).await;
        watched.expect("the bystander was disturbed");
    }
}

/// A server and somebody on it.
pub async fn with_bystander(flags: &[&str]) -> (TestServer, Bystander) {
    let server = TestServer::with(flags).await;
    let bystander = Bystander::join(&server).await;
    (server, bystander)
}
