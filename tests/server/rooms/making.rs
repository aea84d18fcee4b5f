//! How rooms are made, and how many there are.

use std::collections::HashSet;

use sightline::Config;
use sightline::protocol::{JoinInfo, Role, RoomCreated};

use crate::common::bystander::with_bystander;
use crate::common::rooms::{RoomApi, failure};
use crate::common::{PHONE_HOST, TestServer, http, other_address};

/// The link that the terminal shows.
fn terminals(server: &TestServer) -> String {
    server.server.join_url().expect("the terminal has a room")
}

#[tokio::test]
async fn the_first_viewer_here_gets_the_room_of_the_terminal() {
    let server = TestServer::start().await;
    let join_url = terminals(&server);
    let first_token = join_url.rsplit('/').next().unwrap();
    let rooms = RoomApi::of(&server);
    // It is there before anybody asks: a phone may be faster than the viewer.
    assert_eq!(rooms.try_join(first_token).await.status(), 200);
    let first = rooms.create().await;
    assert_eq!(first.join_url, join_url);
    assert_eq!(first.phone_token, first_token);
    assert_ne!(rooms.create().await.join_url, join_url);
}

#[tokio::test]
async fn a_viewer_elsewhere_does_not_get_the_room_of_the_terminal() {
    let server = TestServer::start().await;
    let address = format!("https://{PHONE_HOST}:{}/api/rooms", server.addr().port());
    let elsewhere = http::client(&server).post(address).send().await.unwrap();
    let elsewhere: RoomCreated = elsewhere.json().await.unwrap();
    assert_ne!(elsewhere.join_url, terminals(&server));
    let here = RoomApi::of(&server).create().await;
    assert_eq!(here.join_url, terminals(&server));
}

/// Plain HTTP is judged by its Host, which anybody may write.
#[tokio::test]
async fn who_says_to_be_here_does_not_get_the_room_of_the_terminal_either() {
    let Some(ip) = other_address() else {
        return;
    };
    let server = TestServer::with(&["--host", "0.0.0.0"]).await;
    let port = server.addr().port();
    let elsewhere = http::plain_client()
        .post(format!("http://{ip}:{port}/api/rooms"))
        .header("host", format!("localhost:{port}"));
    let room: RoomCreated = elsewhere.send().await.unwrap().json().await.unwrap();
    assert_ne!(room.join_url, terminals(&server));
}

/// Whoever asks for many rooms, or for the only one.
#[tokio::test]
async fn the_room_of_the_terminal_makes_no_way_for_strangers() {
    for (most, status) in [("1", 503), ("2", 200)] {
        let server = TestServer::with(&["--max-rooms", most]).await;
        for _ in 0..3 {
            let elsewhere = http::client(&server)
                .post(server.https("/api/rooms"))
                .header("host", PHONE_HOST);
            assert_eq!(elsewhere.send().await.unwrap().status(), status);
        }
        let rooms = RoomApi::of(&server);
        let room = rooms.create().await;
        assert_eq!(room.join_url, terminals(&server));
        rooms.viewer(&room, "").await;
    }
}

/// There every viewer looks foreign, so that nobody could be told from strangers.
#[tokio::test]
async fn in_a_container_the_terminal_has_no_room() {
    let in_container = |config: &mut Config| config.scope.in_container = true;
    let server = TestServer::tuned(&[], in_container).await;
    assert_eq!(server.server.join_url(), None);
    assert_eq!(server.server.local_join_url(), None);
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    rooms.viewer(&room, "").await;
}

#[tokio::test]
async fn a_room_tells_all_that_its_ends_need() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let answer = rooms.try_create().await;
    let body: serde_json::Value = answer.json().await.unwrap();
    let mut fields: Vec<_> = body.as_object().unwrap().keys().collect();
    fields.sort();
    let contract = ["join_url", "phone_token", "qr_svg", "room", "viewer_token"];
    assert_eq!(fields, contract);
    let room: RoomCreated = serde_json::from_value(body).unwrap();
    let port = server.addr().port();
    let join_url = format!("https://{PHONE_HOST}:{port}/j/{}", room.phone_token);
    assert_eq!(room.join_url, join_url);
    assert!(room.qr_svg.contains("<svg"), "{}", room.qr_svg);
    for token in [&room.viewer_token, &room.phone_token] {
        // Five bits a letter: 128 bits are 26 letters.
        assert!(token.len() >= 26, "{token}");
    }
    let joined: JoinInfo = rooms
        .try_join(&room.phone_token)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(joined.room, room.room);
}

#[tokio::test]
async fn a_thousand_rooms() {
    let (server, bystander) = with_bystander(&[]).await;
    let rooms = RoomApi::of(&server);
    let mut made = Vec::new();
    for _ in 0..1000 {
        made.push(rooms.create().await);
    }
    let secrets =
        |room: &RoomCreated| [&room.room, &room.viewer_token, &room.phone_token].map(String::clone);
    let distinct: HashSet<_> = made.iter().flat_map(secrets).collect();
    assert_eq!(distinct.len(), 3000);
    for room in made.iter().step_by(111) {
        let mut viewer = rooms.viewer(room, "").await;
        let _phone = rooms.phone(room, "").await;
        viewer.expect_peer(Role::Phone, true).await;
    }
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn beyond_the_limit_the_oldest_empty_room_makes_way() {
    let server = TestServer::with(&["--max-rooms", "10"]).await;
    let rooms = RoomApi::of(&server);
    let mut made = Vec::new();
    for _ in 0..10 {
        made.push(rooms.create().await);
    }
    let mut seats = vec![rooms.viewer(&made[0], "").await];
    seats.push(rooms.phone(&made[1], "").await);
    let newest = rooms.create().await;
    let exists = async |room: &RoomCreated| rooms.try_join(&room.phone_token).await.status() == 200;
    assert!(exists(&made[0]).await && exists(&made[1]).await, "occupied");
    assert!(!exists(&made[2]).await, "the oldest that was empty");
    assert!(exists(&made[3]).await && exists(&newest).await);

    for room in made[3..].iter().chain([&newest]) {
        seats.push(rooms.viewer(room, "").await);
    }
    let full = failure(rooms.try_create().await).await;
    assert_eq!(full, (503, "rooms_full".to_owned()));
    let mut phone = rooms.phone(&made[5], "").await;
    drop(seats.remove(4)); // the viewer of made[5]
    phone.expect_peer(Role::Viewer, false).await;
    let full = failure(rooms.try_create().await).await;
    assert_eq!(
        full,
        (503, "rooms_full".to_owned()),
        "the phone still sits there"
    );
}
