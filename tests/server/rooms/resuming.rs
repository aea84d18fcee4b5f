//! Streams that break: what was said meanwhile, and what is said twice.

use std::time::Duration;

use serde_json::json;
use sightline::protocol::{Role, RoomEvent};

use crate::common::TestServer;
use crate::common::rooms::{RoomApi, failure};

fn from_phone(payload: u64) -> RoomEvent {
    let (from, payload) = (Role::Phone, json!(payload));
    RoomEvent::Signal { from, payload }
}

/// The stream's connection is closed again and again, while the phone posts as fast as it can and every third signal
/// twice, as if the answer had been lost.
#[tokio::test]
async fn a_stream_that_drops_within_a_burst_of_signals_loses_none_and_repeats_none() {
    const SIGNALS: u64 = 300;
    // More than are posted while the machine stalls between two streams.
    let server = TestServer::with(&["--room-events", "1000"]).await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let mut phone = rooms.phone(&room, "&client=p").await;
    let mut viewer = rooms.viewer(&room, "&client=v").await;
    phone.expect_peer(Role::Viewer, true).await;
    let posting = async {
        let (room, token) = (&room.room, &room.phone_token);
        for number in 1..=SIGNALS {
            for _ in 0..=u64::from(number % 3 == 0) {
                let named = (phone.sitting(), number);
                let answer = rooms.signal_as(room, token, named, &json!(number)).await;
                assert_eq!(answer.status(), 204);
            }
        }
    };
    let reading = async {
        let mut drops = 0;
        for number in 1..=SIGNALS {
            viewer.expect(from_phone(number)).await;
            if number % 7 != 0 {
                continue;
            }
            drops += 1;
            let last_id = std::mem::take(&mut viewer.last_id);
            drop(viewer);
            let (room, token) = (&room.room, &room.viewer_token);
            viewer = match drops % 2 {
                0 => rooms.sit_again(room, token, "&client=v", &last_id).await,
                _ => {
                    let extra = format!("&client=v&last_event_id={last_id}");
                    rooms.sit(room, token, &extra).await
                }
            };
            viewer.expect_resumed().await;
        }
        assert_eq!(drops, SIGNALS / 7);
    };
    tokio::join!(posting, reading);
}

#[tokio::test]
async fn a_page_that_missed_too_much_is_told_and_begins_anew() {
    let server = TestServer::with(&["--room-events", "4"]).await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let viewer = rooms.viewer(&room, "&client=v").await;
    let last_id = viewer.last_id.clone();
    drop(viewer);
    // The server may not have noticed yet that nobody reads.
    let mut posted = 0;
    while posted < 5 {
        let answer = rooms.signal(&room.room, &room.phone_token, &json!(0)).await;
        posted += u32::from(answer.status() == 204);
    }
    let (name, token) = (&room.room, &room.viewer_token);
    let mut viewer = rooms.sit_again(name, token, "&client=v", &last_id).await;
    viewer.expect_welcome(Role::Viewer).await;
}

#[tokio::test]
async fn the_server_says_again_and_again_that_it_is_there() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let mut viewer = rooms.viewer(&room, "").await;
    let last_id = viewer.last_id.clone();
    viewer.expect_alive().await;
    viewer.expect_alive().await;
    assert_eq!(viewer.last_id, last_id, "it is no event to come back to");
}

#[tokio::test]
async fn a_seat_waits_for_its_page_but_not_for_ever() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let mut viewer = rooms.viewer(&room, "").await;
    let phone = rooms.phone(&room, "&client=p").await;
    viewer.expect_peer(Role::Phone, true).await;
    let last_id = phone.last_id.clone();
    let dropped = tokio::time::Instant::now();
    drop(phone);
    viewer.expect_peer(Role::Phone, false).await;
    assert!(dropped.elapsed() >= Duration::from_secs(10));
    let (name, token) = (&room.room, &room.phone_token);
    let mut phone = rooms.sit_again(name, token, "&client=p", &last_id).await;
    phone.expect_welcome(Role::Phone).await;
    viewer.expect_peer(Role::Phone, true).await;
}

#[tokio::test]
async fn a_page_that_is_closed_leaves_at_once() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let mut viewer = rooms.viewer(&room, "").await;
    let phone = rooms.phone(&room, "&client=p").await;
    viewer.expect_peer(Role::Phone, true).await;
    let leave = async |token: &str, query: &str| rooms.leave(&room.room, token, query).await;
    let token = &room.phone_token;
    let by_another = format!("&sitting={}", viewer.sitting());
    assert_eq!(leave(token, &by_another).await.status(), 204);
    assert_eq!(failure(leave(token, "").await).await.0, 400);
    assert_eq!(failure(leave("x", &by_another).await).await.0, 403);
    let sitting = format!("&sitting={}", phone.sitting());
    for _ in 0..2 {
        assert_eq!(leave(token, &sitting).await.status(), 204);
    }
    // The first word is of the leaving: nothing before it emptied the seat.
    viewer.expect_peer(Role::Phone, false).await;
}

/// Somebody who has the link, but not the seat, can neither speak for the phone that is there nor pass for it.
#[tokio::test]
async fn a_second_phone_replaces_the_first_in_no_silent_way() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let mut viewer = rooms.viewer(&room, "").await;
    let mut first = rooms.phone(&room, "&client=first").await;
    viewer.expect_peer(Role::Phone, true).await;
    let (name, token) = (&room.room, &room.phone_token);
    let not_seated = (409, "not_seated".to_owned());
    let offer = json!({"offer": {}});
    let unnamed = rooms.signal(name, token, &offer).await;
    assert_eq!(failure(unnamed).await, not_seated);
    let forged = (viewer.sitting(), 1);
    let forged = rooms.signal_as(name, token, forged, &offer).await;
    assert_eq!(failure(forged).await, not_seated);
    for extra in [
        "",
        "&client=",
        "&client=second",
        "&client=firs",
        "&client=first1",
    ] {
        let mut second = rooms.sit(name, token, extra).await;
        second.expect(RoomEvent::Taken {}).await;
        second.expect_end().await;
        // Not even with an id that was overheard.
        let mut second = rooms.sit_again(name, token, extra, &first.last_id).await;
        second.expect(RoomEvent::Replaced {}).await;
        second.expect_end().await;
    }
    let own = (first.sitting(), 1);
    let own = rooms.signal_as(name, token, own, &json!(1)).await;
    assert_eq!(own.status(), 204);
    viewer.expect(from_phone(1)).await;
    first.expect_alive().await;
}

#[tokio::test]
async fn a_token_tells_whether_it_opens_the_room() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let (room, other) = (rooms.create().await, rooms.create().await);
    for token in [&room.viewer_token, &room.phone_token] {
        assert_eq!(rooms.knock(&room.room, token).await.status(), 204);
    }
    let wrong = rooms.knock(&room.room, &other.viewer_token).await;
    assert_eq!(failure(wrong).await, (403, "bad_token".to_owned()));
    let unknown = rooms.knock("nowhere", &room.viewer_token).await;
    assert_eq!(failure(unknown).await, (404, "room_not_found".to_owned()));
}
