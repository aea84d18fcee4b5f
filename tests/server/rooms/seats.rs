//! Who sits where.

use serde_json::json;
use sightline::protocol::{Role, RoomEvent};

use crate::common::TestServer;
use crate::common::rooms::{RoomApi, failure};

#[tokio::test]
async fn a_token_says_which_seat() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let mut phone = rooms.sit(&room.room, &room.phone_token, "").await;
    assert!(!phone.expect_welcome(Role::Phone).await);
    let mut viewer = rooms.sit(&room.room, &room.viewer_token, "").await;
    assert!(viewer.expect_welcome(Role::Viewer).await);
    phone.expect_peer(Role::Viewer, true).await;
}

#[tokio::test]
async fn a_second_phone_is_told_and_may_take_over() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let mut viewer = rooms.viewer(&room, "").await;
    let mut first = rooms.phone(&room, "&client=one").await;
    viewer.expect_peer(Role::Phone, true).await;

    let token = &room.phone_token;
    let mut second = rooms.sit(&room.room, token, "&client=two").await;
    second.expect(RoomEvent::Taken {}).await;
    second.expect_end().await;

    let mut second = rooms.phone(&room, "&client=two&takeover=1").await;
    first.expect(RoomEvent::Replaced {}).await;
    first.expect_end().await;
    viewer.expect_peer(Role::Phone, true).await;
    let payload = json!("for the second");
    let answer = rooms.signal(&room.room, &room.viewer_token, &payload).await;
    assert_eq!(answer.status(), 204);
    let from = Role::Viewer;
    second.expect(RoomEvent::Signal { from, payload }).await;
    drop(second);
    viewer.expect_peer(Role::Phone, false).await;
}

#[tokio::test]
async fn the_same_page_takes_its_seat_back() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let mut viewer = rooms.viewer(&room, "").await;
    let mut before = rooms.phone(&room, "&client=same").await;
    viewer.expect_peer(Role::Phone, true).await;
    let mut after = rooms.phone(&room, "&client=same").await;
    viewer.expect_peer(Role::Phone, true).await;
    // Not told that it was replaced: nobody else came.
    before.expect_end().await;
    drop(before);
    let payload = json!("still here");
    let answer = rooms.signal(&room.room, &room.viewer_token, &payload).await;
    assert_eq!(answer.status(), 204);
    let from = Role::Viewer;
    after.expect(RoomEvent::Signal { from, payload }).await;
}

#[tokio::test]
async fn a_viewer_replaces_a_viewer() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let mut phone = rooms.phone(&room, "").await;
    let mut before = rooms.viewer(&room, "&client=one").await;
    phone.expect_peer(Role::Viewer, true).await;
    let _after = rooms.viewer(&room, "&client=two").await;
    before.expect(RoomEvent::Replaced {}).await;
    before.expect_end().await;
    phone.expect_peer(Role::Viewer, true).await;
}

#[tokio::test]
async fn a_seat_is_free_once_its_connection_closes() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let mut viewer = rooms.viewer(&room, "").await;
    for _ in 0..3 {
        let phone = rooms.phone(&room, "").await;
        viewer.expect_peer(Role::Phone, true).await;
        drop(phone);
        viewer.expect_peer(Role::Phone, false).await;
    }
    let answer = rooms
        .signal(&room.room, &room.viewer_token, &json!(1))
        .await;
    assert_eq!(failure(answer).await, (409, "peer_absent".to_owned()));
}
