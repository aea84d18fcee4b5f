//! The virtual phone and the real server: joining, offering, being refused, leaving.

use std::path::Path;

use crate::common::rooms::{EventStream, RoomApi};
use crate::common::{TestServer, soon};
use serde_json::{Value, json};
use sightline::phone::{self, JoinArgs, PhoneArgs};
use sightline::protocol::{Role, RoomCreated, RoomEvent};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const CLIP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/clips/people.ivf");

fn args(join_url: String) -> PhoneArgs {
    PhoneArgs {
        clip: CLIP.into(),
        join: JoinArgs {
            takeover: false,
            insecure: false,
            // Not the tester's own.
            state_dir: Some("/nowhere".into()),
            join_url,
        },
    }
}

/// Of a room of this server, for programs on this machine.
fn local_url(server: &TestServer, room: &RoomCreated) -> String {
    server.http(&format!("/j/{}", room.phone_token))
}

struct Phone {
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Phone {
    fn start(args: PhoneArgs) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let running = tokio::spawn(phone::run(args, stopped));
        Self { stop, running }
    }

    /// What it says when it ends by itself.
    async fn failure(self) -> String {
        let ended = soon("the phone's end", self.running)
            .await
            .expect("no panic");
        format!("{:#}", ended.expect_err("the phone fails"))
    }

    async fn stop(self) {
        self.stop.cancel();
        let ended = soon("the phone's end", self.running).await;
        ended.expect("no panic").expect("a clean end");
    }
}

/// A room with a viewer, and a phone that has just come to it.
async fn joined(server: &TestServer) -> (RoomCreated, EventStream, Phone) {
    let api = RoomApi::of(server);
    let room = api.create().await;
    let mut viewer = api.viewer(&room, "").await;
    let phone = Phone::start(args(local_url(server, &room)));
    viewer.expect_peer(Role::Phone, true).await;
    (room, viewer, phone)
}

/// The phone's next signal of this kind; candidates come at any time.
async fn next_signal(viewer: &mut EventStream, kind: &str) -> Value {
    loop {
        match viewer.next().await.expect("the stream goes on") {
            RoomEvent::Signal {
                from: Role::Phone,
                payload,
            } => match payload.get(kind) {
                Some(signal) => return signal.clone(),
                None => assert!(payload.get("candidate").is_some(), "{payload}"),
            },
            other => panic!("no {kind} but {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_viewer_that_is_there_gets_an_offer_of_vp8() {
    let server = TestServer::start().await;
    let (_, mut viewer, phone) = joined(&server).await;

    let offer = next_signal(&mut viewer, "offer").await;
    let sdp = offer["sdp"].as_str().unwrap();
    for line in [
        "m=video",
        "VP8/90000",
        "a=sendonly",
        "a=rtcp-fb:96 nack pli",
    ] {
        assert!(sdp.contains(line), "{line} is not in {sdp}");
    }
    let candidate = next_signal(&mut viewer, "candidate").await;
    assert_eq!(candidate["session"], offer["session"]);
    assert_eq!(candidate["candidate"]["sdpMLineIndex"], 0);

    phone.stop().await;
    let bye = next_signal(&mut viewer, "bye").await;
    assert_eq!(bye["session"], offer["session"]);
    viewer.expect_peer(Role::Phone, false).await;
}

#[tokio::test]
async fn a_viewer_that_asks_gets_another_offer() {
    let server = TestServer::start().await;
    let (room, mut viewer, phone) = joined(&server).await;
    let api = RoomApi::of(&server);
    let first = next_signal(&mut viewer, "offer").await;
    // What is no signal, and what belongs to no session, changes nothing.
    for payload in [
        json!("ready"),
        json!({"answer": {"session": "another", "sdp": "v=0"}}),
        json!({"answer": {"session": first["session"], "sdp": "nonsense"}}),
        json!({"candidate": {"session": first["session"], "candidate": {"candidate": "nonsense"}}}),
        json!({"ready": {}}),
    ] {
        let answer = api.signal(&room.room, &room.viewer_token, &payload).await;
        assert!(answer.status().is_success());
    }
    let second = next_signal(&mut viewer, "offer").await;
    assert_ne!(first["session"], second["session"]);
    phone.stop().await;
}

#[tokio::test]
async fn a_link_that_opens_no_room_has_expired() {
    let server = TestServer::start().await;
    let said = Phone::start(args(server.http("/j/0123456789abcdef")))
        .failure()
        .await;
    assert!(said.contains("this link has expired"), "{said}");
}

#[tokio::test]
async fn a_room_with_a_phone_is_taken_over_only_when_asked() {
    let server = TestServer::start().await;
    let api = RoomApi::of(&server);
    let room = api.create().await;
    let mut other = api.phone(&room, "&client=other").await;

    let said = Phone::start(args(local_url(&server, &room)))
        .failure()
        .await;
    assert!(said.contains("another phone is the camera"), "{said}");
    assert!(said.contains("--takeover"), "{said}");

    let mut insisting = args(local_url(&server, &room));
    insisting.join.takeover = true;
    let phone = Phone::start(insisting);
    other.expect(RoomEvent::Replaced {}).await;

    let _third = api.phone(&room, "&client=third&takeover=1").await;
    let said = phone.failure().await;
    assert!(said.contains("another phone took over"), "{said}");
}

#[tokio::test]
async fn a_server_that_was_restarted_has_forgotten_the_room() {
    let mut server = TestServer::start().await;
    let port = server.addr().port().to_string();
    let (_, viewer, phone) = joined(&server).await;
    drop(viewer);
    server.stop().await;
    drop(server);
    let _another = TestServer::with(&["--port", &port]).await;
    let said = phone.failure().await;
    assert!(said.contains("this link has expired"), "{said}");
}

#[tokio::test]
async fn a_certificate_is_trusted_for_a_reason() {
    let server = TestServer::start().await;
    let api = RoomApi::of(&server);
    let room = api.create().await;
    let url = server.https(&format!("/j/{}", room.phone_token));
    let said = Phone::start(args(url.clone())).failure().await;
    assert!(said.contains("certificate is not trusted"), "{said}");
    assert!(said.contains("--insecure"), "{said}");

    let mut viewer = api.viewer(&room, "").await;
    let trusting = |state_dir: &Path, insecure| {
        let mut args = args(url.clone());
        args.join.state_dir = Some(state_dir.to_owned());
        args.join.insecure = insecure;
        args
    };
    for args in [
        trusting(&server.state_dir(), false),
        trusting(Path::new("/nowhere"), true),
    ] {
        let phone = Phone::start(args);
        viewer.expect_peer(Role::Phone, true).await;
        phone.stop().await;
        // It may have got as far as an offer.
        while viewer.next().await.expect("the stream goes on")
            != (RoomEvent::Peer {
                role: Role::Phone,
                present: false,
            })
        {}
    }
}

#[tokio::test]
async fn a_phone_that_finds_no_server_can_be_stopped() {
    let mut server = TestServer::start().await;
    let url = server.http("/j/0123456789abcdef");
    server.stop().await;
    drop(server);
    Phone::start(args(url)).stop().await;
}
