use std::time::Duration;

use serde_json::json;

use super::*;
use crate::protocol::RoomEvent;

mod resuming;

const EVENTS: usize = 64;

fn limits(max_rooms: usize) -> RoomLimits {
    RoomLimits {
        max_rooms,
        idle: Duration::from_secs(60),
        max_events: EVENTS,
    }
}

fn rooms(max_rooms: usize) -> Rooms {
    Rooms::new(limits(max_rooms))
}

fn token_of(keys: &RoomKeys, role: Role) -> &str {
    match role {
        Role::Viewer => &keys.viewer_token,
        Role::Phone => &keys.phone_token,
    }
}

/// A page's end of its stream.
struct Page {
    sitting: Sitting,
    last_id: String,
}

impl Page {
    /// The next event that comes by itself; `None` at the end of the stream.
    async fn next(&mut self) -> Option<RoomEvent> {
        let Sent { id, text } = self.sitting.next().await?;
        self.last_id = id.unwrap_or_default();
        Some(serde_json::from_str(&text).unwrap())
    }

    /// The welcome: whether nothing is missing, and whether the other seat is taken.
    async fn welcome(&mut self) -> (bool, bool) {
        match self.next().await {
            Some(RoomEvent::Welcome {
                peer_present,
                resumed,
                ..
            }) => (resumed, peer_present),
            other => panic!("no welcome but {other:?}"),
        }
    }

    async fn expect(&mut self, event: RoomEvent) {
        assert_eq!(self.next().await, Some(event));
    }

    fn name(&self) -> &str {
        self.last_id.rsplit_once('-').unwrap().0
    }
}

fn sit(rooms: &Rooms, keys: &RoomKeys, role: Role, wish: Wish) -> Page {
    let sitting = rooms.sit(&keys.room, token_of(keys, role), &wish);
    Page {
        sitting: sitting.unwrap(),
        last_id: String::new(),
    }
}

fn named(client: &str) -> Wish<'_> {
    Wish {
        client,
        ..Wish::default()
    }
}

/// From whoever holds the token.
fn signal(rooms: &Rooms, keys: &RoomKeys, from: Role, payload: Value) -> Result<bool, RoomError> {
    rooms.signal(&keys.room, token_of(keys, from), Post::default(), payload)
}

fn phone_is(present: bool) -> RoomEvent {
    let role = Role::Phone;
    RoomEvent::Peer { role, present }
}

#[tokio::test]
async fn signals_carry_the_sender_and_arrive_in_order() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    let mut viewer = sit(&rooms, &keys, Role::Viewer, named("v"));
    let _phone = sit(&rooms, &keys, Role::Phone, Wish::default());
    for n in 0..3 {
        signal(&rooms, &keys, Role::Phone, json!({ "n": n })).unwrap();
    }
    assert_eq!(viewer.welcome().await, (false, false));
    viewer.expect(phone_is(true)).await;
    for n in 0..3 {
        let (from, payload) = (Role::Phone, json!({ "n": n }));
        viewer.expect(RoomEvent::Signal { from, payload }).await;
    }
}

#[tokio::test]
async fn a_second_phone_is_told_and_may_take_over() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    let mut first = sit(&rooms, &keys, Role::Phone, named("one"));
    first.welcome().await;
    let mut second = sit(&rooms, &keys, Role::Phone, named("two"));
    second.expect(RoomEvent::Taken {}).await;
    assert_eq!(second.next().await, None);
    let takeover = Wish {
        takeover: true,
        ..named("two")
    };
    let mut second = sit(&rooms, &keys, Role::Phone, takeover);
    second.welcome().await;
    first.expect(RoomEvent::Replaced {}).await;
    assert_eq!(first.next().await, None);
}

#[test]
fn a_reload_keeps_the_seat_and_the_old_page_does_not_empty_it() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    let old = sit(&rooms, &keys, Role::Phone, named("same"));
    let _new = sit(&rooms, &keys, Role::Phone, named("same"));
    drop(old);
    assert_eq!(signal(&rooms, &keys, Role::Viewer, json!(1)), Ok(true));
}

#[test]
fn tokens_open_only_their_own_seat_and_room() {
    let rooms = rooms(2);
    let (a, b) = (rooms.create().unwrap(), rooms.create().unwrap());
    let signal = |room: &str, token: &str| rooms.signal(room, token, Post::default(), json!(0));
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
    let roles = [&a.viewer_token, &a.phone_token].map(|token| rooms.role_of(&a.room, token));
    assert_eq!(roles, [Ok(Role::Viewer), Ok(Role::Phone)]);
}

#[test]
fn nearly_a_token_is_none() {
    let rooms = rooms(3);
    let keys = rooms.create().unwrap();
    let whole = &keys.phone_token;
    let other = if whole.ends_with('a') { "b" } else { "a" };
    let changed = format!("{}{other}", &whole[..whole.len() - 1]);
    for near in ["", &whole[..1], &whole[1..], &changed, &format!("{whole}a")] {
        assert_eq!(rooms.find_by_phone_token(near), Err(RoomError::NotFound));
        assert_eq!(rooms.role_of(&keys.room, near), Err(RoomError::BadToken));
    }
}

#[test]
fn empty_rooms_make_way_and_occupied_ones_stay() {
    let rooms = rooms(2);
    let kept = rooms.create().unwrap();
    let _viewer = sit(&rooms, &kept, Role::Viewer, named("v"));
    let first = rooms.create().unwrap();
    let second = rooms.create().unwrap();
    assert_eq!(
        rooms.find_by_phone_token(&first.phone_token),
        Err(RoomError::NotFound)
    );
    assert!(rooms.find_by_phone_token(&kept.phone_token).is_ok());
    let _phone = sit(&rooms, &second, Role::Phone, named("p"));
    assert!(matches!(rooms.create(), Err(RoomError::Full)));
}

/// Rooms whose people are away.
fn left<const N: usize>(rooms: &Rooms) -> [RoomKeys; N] {
    [(); N].map(|()| {
        let keys = rooms.create().unwrap();
        drop(sit(rooms, &keys, Role::Viewer, Wish::default()));
        keys
    })
}

fn count(rooms: &Rooms, of: &[RoomKeys]) -> usize {
    let there = of.iter().filter(|keys| rooms.exists(&keys.room));
    there.count()
}

#[tokio::test(start_paused = true)]
async fn rooms_that_nobody_entered_make_way_first() {
    let rooms = rooms(3);
    let away: [RoomKeys; 2] = left(&rooms);
    for _ in 0..5 {
        rooms.create().unwrap();
        tokio::time::sleep(GRACE).await;
    }
    assert_eq!(count(&rooms, &away), 2);
    let last = rooms.create().unwrap();
    let _viewer = sit(&rooms, &last, Role::Viewer, Wish::default());
    rooms.create().unwrap();
    assert_eq!(count(&rooms, &away), 1, "then one of those who are away");
}

#[tokio::test(start_paused = true)]
async fn a_room_that_was_just_made_waits_for_its_page() {
    let rooms = rooms(3);
    let away: [RoomKeys; 2] = left(&rooms);
    let new = rooms.create().unwrap();
    tokio::time::sleep(GRACE - Duration::from_secs(1)).await;
    rooms.create().unwrap();
    assert!(rooms.exists(&new.room));
    assert_eq!(count(&rooms, &away), 1);
    tokio::time::sleep(Duration::from_secs(1)).await;
    rooms.create().unwrap();
    assert!(!rooms.exists(&new.room), "nobody came");
    assert_eq!(count(&rooms, &away), 1);
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_rooms_in_a_row_takes_few_of_those_who_are_away() {
    let rooms = rooms(2 * SPARED + 1);
    let away: [RoomKeys; 2 * SPARED] = left(&rooms);
    tokio::time::sleep(Duration::from_secs(1)).await;
    for _ in 0..50 {
        rooms.create().unwrap();
    }
    assert_eq!(count(&rooms, &away), 2 * SPARED - 2);
}

#[tokio::test(start_paused = true)]
async fn an_empty_room_expires_by_itself() {
    let rooms = rooms(2);
    tokio::spawn(rooms.clone().keep_tidy());
    let (left, sat) = (rooms.create().unwrap(), rooms.create().unwrap());
    let viewer = sit(&rooms, &sat, Role::Viewer, Wish::default());
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert_eq!(rooms.occupancy().rooms, 2);
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(!rooms.exists(&left.room) && rooms.exists(&sat.room));
    drop(viewer);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(rooms.occupancy(), Occupancy::default());
}

#[tokio::test]
async fn a_seat_that_does_not_read_holds_a_bounded_queue() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    let mut viewer = sit(&rooms, &keys, Role::Viewer, named("v"));
    let post = |n: usize| signal(&rooms, &keys, Role::Phone, json!(n));
    viewer.welcome().await;
    assert!((0..EVENTS).all(|n| post(n) == Ok(true)));
    assert_eq!(post(EVENTS), Err(RoomError::PeerSlow));
    // Who comes now has to be told: the stream ends where it was, and the next one knows that something is missing.
    let _phone = sit(&rooms, &keys, Role::Phone, named("p"));
    for n in 0..EVENTS {
        let (from, payload) = (Role::Phone, json!(n));
        viewer.expect(RoomEvent::Signal { from, payload }).await;
    }
    assert_eq!(viewer.next().await, None);
}

#[tokio::test]
async fn what_a_seat_keeps_is_bounded_in_bytes() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    let mut viewer = sit(&rooms, &keys, Role::Viewer, named("v"));
    viewer.welcome().await;
    let large = || signal(&rooms, &keys, Role::Phone, json!("x".repeat(60_000)));
    let taken = (0..EVENTS).take_while(|_| large().is_ok()).count();
    assert!((4..10).contains(&taken), "{taken}");
    assert_eq!(large(), Err(RoomError::PeerSlow));
    // What was read makes way.
    viewer.next().await;
    assert_eq!(large(), Ok(true));
}

fn report(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

#[test]
fn a_room_keeps_the_last_report_of_its_viewer() {
    let rooms = rooms(2);
    let (room, other) = (rooms.create().unwrap(), rooms.create().unwrap());
    let keep = |token: &str, text| rooms.keep_metrics(&room.room, token, report(text));
    assert_eq!(
        rooms.metrics(&room.room, &room.phone_token),
        Err(RoomError::NoMetrics)
    );
    assert_eq!(
        keep(&room.phone_token, "1"),
        Err(RoomError::OnlyFor(Role::Viewer))
    );
    assert_eq!(keep(&other.viewer_token, "1"), Err(RoomError::BadToken));
    assert_eq!(keep(&room.viewer_token, "2"), Ok(()));
    assert_eq!(keep(&room.viewer_token, "3"), Ok(()));
    assert_eq!(
        rooms.metrics(&room.room, &room.phone_token),
        Ok(report("3"))
    );
    assert_eq!(
        rooms.metrics(&other.room, &other.viewer_token),
        Err(RoomError::NoMetrics)
    );
    assert_eq!(
        rooms.metrics("nowhere", &room.viewer_token),
        Err(RoomError::NotFound)
    );
}

#[test]
fn a_report_goes_with_its_room() {
    let rooms = Rooms::new(RoomLimits {
        idle: Duration::ZERO,
        ..limits(2)
    });
    let room = rooms.create().unwrap();
    rooms
        .keep_metrics(&room.room, &room.viewer_token, report("1"))
        .unwrap();
    rooms.create().unwrap();
    assert_eq!(
        rooms.metrics(&room.room, &room.phone_token),
        Err(RoomError::NotFound)
    );
}
