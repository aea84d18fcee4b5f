//! What is passed on, and what is refused.

use serde_json::json;
use sightline::protocol::{Role, RoomEvent};

use crate::common::bystander::with_bystander;
use crate::common::rooms::{RoomApi, failure};
use crate::common::{TestServer, http};

#[tokio::test]
async fn a_wrong_token_opens_nothing() {
    let (server, bystander) = with_bystander(&[]).await;
    let rooms = RoomApi::of(&server);
    let (room, other) = (rooms.create().await, rooms.create().await);
    let bad_token = (403, "bad_token".to_owned());
    let long = "a".repeat(5000);
    for token in [
        &other.viewer_token,
        &other.phone_token,
        &room.room,
        "",
        "%00",
        &long,
    ] {
        let sat = rooms.try_sit(&room.room, token, "").await;
        assert_eq!(failure(sat).await, bad_token, "{token}");
        let signalled = rooms.signal(&room.room, token, &json!(1)).await;
        assert_eq!(failure(signalled).await, bad_token, "{token}");
    }
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn a_wrong_room_is_not_found() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let not_found = (404, "room_not_found".to_owned());
    for name in ["nowhere", &room.phone_token, "..%2f", "%20"] {
        let sat = rooms.try_sit(name, &room.viewer_token, "").await;
        assert_eq!(failure(sat).await, not_found);
        let signalled = rooms.signal(name, &room.viewer_token, &json!(1)).await;
        assert_eq!(failure(signalled).await, not_found);
    }
    for token in [&room.viewer_token, &room.room, "nobody"] {
        assert_eq!(failure(rooms.try_join(token).await).await, not_found);
    }
}

#[tokio::test]
async fn a_query_that_is_wrong_is_told() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let long = format!("&client={}", "c".repeat(65));
    let token = &room.phone_token;
    for extra in [long.as_str(), "&takeover=yes", "&token=twice"] {
        let answer = rooms.try_sit(&room.room, token, extra).await;
        assert_eq!(
            failure(answer).await,
            (400, "bad_query".to_owned()),
            "{extra}"
        );
    }
    let tokenless = server.http(&format!("/api/rooms/{}/events", room.room));
    let tokenless = http::plain_client().get(tokenless).send().await.unwrap();
    assert_eq!(failure(tokenless).await, (400, "bad_query".to_owned()));
}

#[tokio::test]
async fn signals_go_to_the_other_seat_stamped_and_in_order() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let mut viewer = rooms.viewer(&room, "").await;
    let mut phone = rooms.phone(&room, "").await;
    viewer.expect_peer(Role::Phone, true).await;
    let payloads = [
        json!({"sdp": "v=0\r\n\u{2028}data: x\n\n", "from": "viewer"}),
        json!(null),
        json!([1.5, "ü", {"nested": [[]]}]),
    ];
    for (token, from, reader) in [
        (&room.phone_token, Role::Phone, &mut viewer),
        (&room.viewer_token, Role::Viewer, &mut phone),
    ] {
        for payload in &payloads {
            let answer = rooms.signal(&room.room, token, payload).await;
            assert_eq!(answer.status(), 204);
        }
        for payload in payloads.clone() {
            reader.expect(RoomEvent::Signal { from, payload }).await;
        }
    }
}

#[tokio::test]
async fn a_signal_to_nobody_is_told() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let _phone = rooms.phone(&room, "").await;
    let answer = rooms.signal(&room.room, &room.phone_token, &json!(1)).await;
    assert_eq!(failure(answer).await, (409, "peer_absent".to_owned()));
}

#[tokio::test]
async fn signals_to_a_page_that_reads_none_wait_only_so_long() {
    let server = TestServer::with(&["--room-events", "3"]).await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let _viewer = rooms.viewer(&room, "").await;
    let _phone = rooms.phone(&room, "").await;
    // Large ones: the system's buffers take some megabytes.
    let large = json!("x".repeat(60_000));
    let mut passed_on = 0;
    let refused = loop {
        let answer = rooms.signal(&room.room, &room.phone_token, &large).await;
        if answer.status() != 204 {
            break answer;
        }
        passed_on += 1;
        assert!(passed_on < 1000, "there is no limit");
    };
    assert_eq!(failure(refused).await, (429, "peer_slow".to_owned()));
    assert_eq!(server.refusals("peer_slow").await, 1);
}

#[tokio::test]
async fn a_payload_that_is_too_large_or_no_json_is_told() {
    let (server, bystander) = with_bystander(&[]).await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let mut viewer = rooms.viewer(&room, "").await;
    let _phone = rooms.phone(&room, "").await;
    viewer.expect_peer(Role::Phone, true).await;
    let signal = |body: String| rooms.signal_text(&room.room, &room.phone_token, body);
    let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));

    let refused = signal(text((64 << 10) + 1)).await;
    assert_eq!(failure(refused).await, (413, "bad_payload".to_owned()));
    let refused = signal(text(20 << 20)).await;
    assert_eq!(failure(refused).await, (413, "bad_payload".to_owned()));
    for body in ["", "{", "nonsense", "{} {}", &"[".repeat(10_000)] {
        let refused = signal(body.to_owned()).await;
        assert_eq!(
            failure(refused).await,
            (400, "bad_payload".to_owned()),
            "{body}"
        );
    }
    assert_eq!(server.refusals("body_size").await, 2);
    // The largest that fits is the first that arrives.
    assert_eq!(signal(text(64 << 10)).await.status(), 204);
    let from = Role::Phone;
    let payload = json!("x".repeat((64 << 10) - 2));
    viewer.expect(RoomEvent::Signal { from, payload }).await;
    bystander.noticed_nothing().await;
}
