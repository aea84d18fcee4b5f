use std::fs;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::rooms::{ROOMS_FILE, RoomLimits, Sitting, Wish};

const IDLE: Duration = Duration::from_secs(60);

fn limits(max_rooms: usize) -> RoomLimits {
    RoomLimits {
        max_rooms,
        idle: IDLE,
        max_events: 64,
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn started(folder: &TempDir) -> Rooms {
    Rooms::kept_in(folder.path(), limits(9))
}

fn sit(rooms: &Rooms, keys: &RoomKeys, token: &str) -> Sitting {
    rooms.sit(&keys.room, token, &Wish::default()).unwrap()
}

/// The terminal's room of a program that died while a viewer sat there.
async fn kept(folder: &TempDir) -> RoomKeys {
    let rooms = started(folder);
    let keys = rooms.terminal_room().unwrap();
    let _viewer = sit(&rooms, &keys, &keys.viewer_token);
    rooms.save().await;
    keys
}

/// The name of the room that a viewer on this machine is given.
fn taken(rooms: &Rooms) -> Option<String> {
    rooms.take_terminal_room().map(|keys| keys.room)
}

#[tokio::test]
async fn it_is_the_same_after_a_restart() {
    let folder = folder();
    let keys = kept(&folder).await;
    for _ in 0..2 {
        let again = started(&folder);
        assert_eq!(again.terminal_room().unwrap().room, keys.room);
        assert_eq!(taken(&again), Some(keys.room.clone()));
        assert_eq!(taken(&again), None, "once for each start");
        again.save().await;
    }
}

#[tokio::test]
async fn one_that_nobody_entered_or_that_has_expired_is_made_anew() {
    let folder = folder();
    let rooms = started(&folder);
    let first = rooms.terminal_room().unwrap();
    let other = rooms.create().unwrap();
    let _viewer = sit(&rooms, &other, &other.viewer_token);
    rooms.save().await;
    let again = started(&folder);
    let second = again.terminal_room().unwrap();
    assert!(second.room != first.room && second.room != other.room);
    assert!(again.exists(&other.room));

    drop(sit(&again, &second, &second.viewer_token));
    again.save().await;
    let limits = RoomLimits {
        idle: Duration::ZERO,
        ..limits(9)
    };
    let late = Rooms::kept_in(folder.path(), limits);
    assert_ne!(late.terminal_room().unwrap().room, second.room);
}

#[tokio::test]
async fn a_file_without_the_mark_is_read() {
    let folder = folder();
    let keys = kept(&folder).await;
    let file = folder.path().join(ROOMS_FILE);
    let text = fs::read_to_string(&file).unwrap();
    let mark = format!("\"terminal\":\"{}\",", keys.room);
    assert!(text.contains(&mark), "{text}");
    fs::write(&file, text.replace(&mark, "")).unwrap();
    let again = started(&folder);
    assert!(again.exists(&keys.room));
    assert_ne!(again.terminal_room().unwrap().room, keys.room);
}

#[test]
fn who_has_come_back_to_it_keeps_it() {
    let rooms = Rooms::new(limits(9));
    let keys = rooms.terminal_room().unwrap();
    let viewer = sit(&rooms, &keys, &keys.viewer_token);
    assert_eq!(taken(&rooms), None);
    drop(viewer);
    assert_eq!(taken(&rooms), None, "it is that viewer's");
}

#[test]
fn a_phone_may_be_there_before_the_viewer() {
    let rooms = Rooms::new(limits(9));
    let keys = rooms.terminal_room().unwrap();
    let _phone = sit(&rooms, &keys, &keys.phone_token);
    assert_eq!(taken(&rooms), Some(keys.room));
}

#[test]
fn it_makes_no_way_before_a_viewer_has_it() {
    let rooms = Rooms::new(limits(2));
    let keys = rooms.terminal_room().unwrap();
    for _ in 0..3 {
        rooms.create().unwrap();
    }
    let occupied = rooms.create().unwrap();
    let _viewer = sit(&rooms, &occupied, &occupied.viewer_token);
    assert!(matches!(rooms.create(), Err(RoomError::Full)));
    assert_eq!(taken(&rooms), Some(keys.room.clone()));
    // From now on it is a room like any other.
    rooms.create().unwrap();
    assert!(!rooms.exists(&keys.room));
}

/// Also however long it was kept free.
#[tokio::test(start_paused = true)]
async fn it_makes_no_way_before_its_viewer_is_there_either() {
    let rooms = Rooms::new(limits(2));
    let keys = rooms.terminal_room().unwrap();
    let away = rooms.create().unwrap();
    drop(sit(&rooms, &away, &away.viewer_token));
    tokio::time::sleep(IDLE / 2).await;
    assert_eq!(taken(&rooms), Some(keys.room.clone()));
    rooms.create().unwrap();
    assert!(rooms.exists(&keys.room) && !rooms.exists(&away.room));
}

#[tokio::test(start_paused = true)]
async fn one_that_has_expired_meanwhile_is_given_to_nobody() {
    let rooms = Rooms::new(limits(9));
    rooms.terminal_room().unwrap();
    tokio::time::sleep(IDLE).await;
    rooms.sweep();
    assert_eq!(taken(&rooms), None);
}

/// Its code has just been shown.
#[tokio::test(start_paused = true)]
async fn it_does_not_expire_soon_after_a_start() {
    let rooms = Rooms::new(limits(9));
    let keys = rooms.terminal_room().unwrap();
    tokio::time::sleep(IDLE - Duration::from_secs(1)).await;
    assert_eq!(rooms.terminal_room().unwrap().room, keys.room);
    tokio::time::sleep(Duration::from_secs(2)).await;
    rooms.sweep();
    assert_eq!(taken(&rooms), Some(keys.room));
}
