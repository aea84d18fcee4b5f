use std::time::Duration;

use serde_json::json;

use super::*;

fn rooms(max_rooms: usize) -> Rooms {
    Rooms::new(RoomLimits {
        max_rooms,
        idle: Duration::from_secs(60),
    })
}

fn sit(rooms: &Rooms, keys: &RoomKeys, role: Role, client: &str, takeover: bool) -> Sitting {
    let token = match role {
        Role::Viewer => &keys.viewer_token,
        Role::Phone => &keys.phone_token,
    };
    rooms.sit(&keys.room, token, client, takeover).unwrap()
}

#[tokio::test]
async fn signals_carry_the_sender_and_arrive_in_order() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    let mut viewer = sit(&rooms, &keys, Role::Viewer, "v", false);
    let _phone = sit(&rooms, &keys, Role::Phone, "p", false);
    for n in 0..3 {
        rooms
            .signal(&keys.room, &keys.phone_token, json!({ "n": n }))
            .unwrap();
    }
    assert_eq!(
        viewer.next().await,
        Some(RoomEvent::Welcome {
            role: Role::Viewer,
            peer_present: false
        })
    );
    assert_eq!(
        viewer.next().await,
        Some(RoomEvent::Peer {
            role: Role::Phone,
            present: true
        })
    );
    for n in 0..3 {
        let payload = json!({ "n": n });
        let expected = RoomEvent::Signal {
            from: Role::Phone,
            payload,
        };
        assert_eq!(viewer.next().await, Some(expected));
    }
}

#[tokio::test]
async fn a_second_phone_is_told_and_may_take_over() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    let mut first = sit(&rooms, &keys, Role::Phone, "one", false);
    first.next().await;
    let mut second = sit(&rooms, &keys, Role::Phone, "two", false);
    assert_eq!(second.next().await, Some(RoomEvent::Taken {}));
    assert_eq!(second.next().await, None);
    let _second = sit(&rooms, &keys, Role::Phone, "two", true);
    assert_eq!(first.next().await, Some(RoomEvent::Replaced {}));
    assert_eq!(first.next().await, None);
}

#[tokio::test]
async fn a_reload_keeps_the_seat_and_the_old_page_does_not_empty_it() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    let old = sit(&rooms, &keys, Role::Phone, "same", false);
    let _new = sit(&rooms, &keys, Role::Phone, "same", false);
    drop(old);
    assert_eq!(
        rooms.signal(&keys.room, &keys.viewer_token, json!(1)),
        Ok(())
    );
}

#[test]
fn tokens_open_only_their_own_seat_and_room() {
    let rooms = rooms(2);
    let (a, b) = (rooms.create().unwrap(), rooms.create().unwrap());
    let signal = |room: &str, token: &str| rooms.signal(room, token, json!(0));
    assert_eq!(signal(&a.room, &b.phone_token), Err(RoomError::BadToken));
    assert_eq!(signal("nowhere", &a.phone_token), Err(RoomError::NotFound));
    assert_eq!(signal(&a.room, &a.phone_token), Err(RoomError::PeerAbsent));
    assert_eq!(
        rooms.find_by_phone_token(&b.phone_token),
        Ok(b.room.clone())
    );
    assert_eq!(
        rooms.find_by_phone_token(&b.viewer_token),
        Err(RoomError::NotFound)
    );
}

#[test]
fn empty_rooms_make_way_and_occupied_ones_stay() {
    let rooms = rooms(2);
    let kept = rooms.create().unwrap();
    let _viewer = sit(&rooms, &kept, Role::Viewer, "v", false);
    let first = rooms.create().unwrap();
    let second = rooms.create().unwrap();
    assert_eq!(
        rooms.find_by_phone_token(&first.phone_token),
        Err(RoomError::NotFound)
    );
    assert!(rooms.find_by_phone_token(&kept.phone_token).is_ok());
    let _phone = sit(&rooms, &second, Role::Phone, "p", false);
    assert!(matches!(rooms.create(), Err(RoomError::Full)));
}

#[test]
fn a_seat_that_does_not_read_holds_a_bounded_queue() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    let _viewer = sit(&rooms, &keys, Role::Viewer, "v", false);
    let signal = || rooms.signal(&keys.room, &keys.phone_token, json!(0));
    // The welcome takes one place.
    assert!((1..QUEUED_EVENTS).all(|_| signal() == Ok(())));
    assert_eq!(signal(), Err(RoomError::PeerSlow));
}

fn report(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

#[test]
fn a_room_keeps_the_last_report_of_its_viewer() {
    let rooms = rooms(2);
    let (room, other) = (rooms.create().unwrap(), rooms.create().unwrap());
    let keep = |token: &str, text| rooms.keep_metrics(&room.room, token, report(text));
    assert_eq!(rooms.metrics(&room.room), Err(RoomError::NoMetrics));
    assert_eq!(keep(&room.phone_token, "1"), Err(RoomError::NotTheViewer));
    assert_eq!(keep(&other.viewer_token, "1"), Err(RoomError::BadToken));
    assert_eq!(keep(&room.viewer_token, "2"), Ok(()));
    assert_eq!(keep(&room.viewer_token, "3"), Ok(()));
    assert_eq!(rooms.metrics(&room.room), Ok(report("3")));
    assert_eq!(rooms.metrics(&other.room), Err(RoomError::NoMetrics));
    assert_eq!(rooms.metrics("nowhere"), Err(RoomError::NotFound));
}

#[test]
fn a_report_goes_with_its_room() {
    let rooms = Rooms::new(RoomLimits {
        max_rooms: 2,
        idle: Duration::ZERO,
    });
    let room = rooms.create().unwrap();
    rooms
        .keep_metrics(&room.room, &room.viewer_token, report("1"))
        .unwrap();
    rooms.create().unwrap();
    assert_eq!(rooms.metrics(&room.room), Err(RoomError::NotFound));
}
