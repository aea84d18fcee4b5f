use std::time::Duration;

use tempfile::TempDir;
use tokio::time::sleep;

use super::*;
use crate::protocol::Role;
use crate::rooms::{RoomLimits, Rooms, Sitting, Wish};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn limits(max_rooms: usize) -> RoomLimits {
    RoomLimits {
        max_rooms,
        idle: 12 * HOUR,
        max_events: 64,
    }
}

fn started(folder: &TempDir, max_rooms: usize) -> Rooms {
    Rooms::kept_in(folder.path(), limits(max_rooms))
}

fn enter(rooms: &Rooms) -> (RoomKeys, Sitting) {
    let keys = rooms.create().unwrap();
    let sitting = rooms.sit(&keys.room, &keys.viewer_token, &Wish::default());
    (keys, sitting.unwrap())
}

/// As it was written by a program that ended since.
fn write_kept(folder: &TempDir, file: &File) {
    Keeper::new(folder.path()).write(file, 0, &mut Written::default());
}

fn contents(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    entries.map(|entry| name(entry.unwrap())).collect()
}

fn kept(folder: &TempDir) -> File {
    let text = fs::read(folder.path().join(ROOMS_FILE)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[tokio::test]
async fn tokens_open_their_rooms_after_a_restart() {
    let folder = folder();
    let rooms = started(&folder, 9);
    let untouched = rooms.create().unwrap();
    let (keys, sitting) = enter(&rooms);
    rooms.save().await;

    let again = started(&folder, 9);
    assert_eq!(
        again.role_of(&keys.room, &keys.viewer_token),
        Ok(Role::Viewer)
    );
    assert_eq!(
        again.find_by_phone_token(&keys.phone_token),
        Ok(keys.room.clone())
    );
    assert!(!again.exists(&untouched.room), "nobody has seen it");
    drop(sitting);
}

#[tokio::test]
async fn what_is_over_is_forgotten_on_disk_too() {
    let folder = folder();
    let rooms = started(&folder, 2);
    let (first, sitting) = enter(&rooms);
    drop(sitting);
    let (second, _sitting) = enter(&rooms);
    rooms.save().await;
    assert_eq!(kept(&folder).rooms.len(), 2);
    let (third, _sitting) = enter(&rooms);
    rooms.save().await;
    let known = |keys: &RoomKeys| {
        kept(&folder)
            .rooms
            .iter()
            .any(|room| room.keys.room == keys.room)
    };
    assert!(!known(&first) && known(&second) && known(&third));
    assert_eq!(contents(&folder), [ROOMS_FILE]);
}

#[tokio::test]
async fn the_time_that_a_room_was_empty_counts_over_restarts() {
    let folder = folder();
    let rooms = started(&folder, 9);
    let ages = [1, 11, 13].map(|hours| {
        let (keys, _) = enter(&rooms);
        (keys, hours)
    });
    let aged = ages.each_ref().map(|(keys, hours)| KeptRoom {
        keys: keys.clone(),
        empty_since_unix_s: Some((unix_now() - *hours * HOUR).as_secs()),
    });
    write_kept(&folder, &file(Some(unix_now().as_secs()), aged.into()));

    let again = started(&folder, 9);
    let found = ages.each_ref().map(|(keys, _)| again.exists(&keys.room));
    assert_eq!(found, [true, true, false]);
    let few = started(&folder, 1);
    assert!(few.exists(&ages[0].0.room) && !few.exists(&ages[1].0.room));
}

fn file(written_unix_s: Option<u64>, rooms: Vec<KeptRoom>) -> File {
    File {
        written_unix_s,
        rooms,
        ..File::empty()
    }
}

/// How long a room of such a file has been empty at `now`, in seconds.
fn idle_at(now: u64, written: Option<u64>, empty_since_unix_s: Option<u64>) -> u64 {
    let keys = RoomKeys::random();
    let kept = KeptRoom {
        keys,
        empty_since_unix_s,
    };
    let mut rooms = file(written, vec![kept]).into_rooms(Duration::from_secs(now));
    rooms.next().unwrap().idle_before.as_secs()
}

#[test]
fn rooms_in_which_somebody_sat_are_empty_since_the_file_was_written() {
    assert_eq!(idle_at(1600, Some(1000), None), 600);
    assert_eq!(idle_at(1600, Some(1000), Some(400)), 1200);
    // An older file does not say when.
    assert_eq!(idle_at(1600, None, None), 0);
    assert_eq!(idle_at(1600, None, Some(400)), 1200);
}

#[test]
fn a_clock_that_was_set_back_takes_nothing() {
    assert_eq!(idle_at(900, Some(1000), None), 0);
    assert_eq!(idle_at(900, Some(1000), Some(950)), 0);
}

#[test]
fn rooms_in_which_somebody_sat_expire_while_the_program_is_down() {
    let folder = folder();
    let keys = RoomKeys::random();
    let ended = unix_now() - 13 * HOUR;
    let sat = KeptRoom {
        keys: keys.clone(),
        empty_since_unix_s: None,
    };
    write_kept(&folder, &file(Some(ended.as_secs()), vec![sat]));
    assert!(!started(&folder, 9).exists(&keys.room));
}

#[tokio::test]
async fn when_the_server_ends_all_seats_are_free() {
    let folder = folder();
    let rooms = started(&folder, 9);
    let (keys, _sitting) = enter(&rooms);
    rooms.save().await;
    assert_eq!(kept(&folder).rooms[0].empty_since_unix_s, None);
    rooms.close().await;
    assert!(kept(&folder).rooms[0].empty_since_unix_s.is_some());
    assert!(started(&folder, 9).exists(&keys.room));
}

#[tokio::test(start_paused = true)]
async fn that_somebody_still_sits_there_is_written_from_time_to_time() {
    let folder = folder();
    let path = folder.path().join(ROOMS_FILE);
    let rooms = started(&folder, 9);
    tokio::spawn(rooms.clone().keep_tidy());
    let (_, sitting) = enter(&rooms);
    rooms.save().await;
    fs::remove_file(&path).unwrap();
    sleep(REFRESH_EVERY - Duration::from_secs(1)).await;
    assert!(!path.exists(), "not all the time");
    sleep(Duration::from_secs(2)).await;
    assert!(path.exists());
    drop(sitting);
    sleep(Duration::from_secs(1)).await;
    fs::remove_file(&path).unwrap();
    sleep(2 * REFRESH_EVERY).await;
    assert!(!path.exists(), "nobody sits there");
}

#[test]
fn what_could_not_be_written_is_tried_again_after_a_while() {
    let now = Instant::now();
    let failed = Written {
        change: 3,
        tried: Some(now),
        failing: true,
    };
    assert!(!failed.is_due(4, true, now + RETRY_EVERY / 2));
    assert!(failed.is_due(4, true, now + RETRY_EVERY));
    let written = Written {
        failing: false,
        ..failed
    };
    assert!(written.is_due(4, true, now), "at once while it works");
    assert!(!written.is_due(3, false, now + HOUR), "nothing is new");
}

#[test]
fn as_many_rooms_as_there_may_be_are_read_again() {
    let folder = folder();
    let room = |_| KeptRoom {
        keys: RoomKeys::random(),
        empty_since_unix_s: Some(unix_now().as_secs()),
    };
    let rooms = (0..MAX_ROOMS).map(room).collect();
    write_kept(&folder, &file(Some(u64::MAX), rooms));
    let again = started(&folder, MAX_ROOMS);
    assert_eq!(again.occupancy().rooms, MAX_ROOMS);
    let longest = KeptRoom {
        empty_since_unix_s: Some(u64::MAX),
        ..room(0)
    };
    assert!(serde_json::to_vec(&longest).unwrap().len() < MAX_ROOM_BYTES);
}

#[tokio::test]
async fn a_file_that_is_damaged_or_none_of_ours_is_put_aside() {
    let good = r#"{"room":"aaaaaaaaaaaaa","viewer_token":"aaaaaaaaaaaaaaaaaaaaaaaaaa","phone_token":"bbbbbbbbbbbbbbbbbbbbbbbbbb","empty_since_unix_s":null}"#;
    let text = |rooms: &str| format!(r#"{{"version":1,"rooms":[{rooms}]}}"#);
    let folder = folder();
    let file = folder.path().join(ROOMS_FILE);
    fs::write(&file, text(good)).unwrap();
    assert!(
        started(&folder, 9).exists("aaaaaaaaaaaaa"),
        "the check can fail"
    );
    let endless = " ".repeat(MAX_FILE_BYTES as usize) + &text(good);
    for damaged in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "\u{0}".repeat(99),
        text(good).replace("\"version\":1", "\"version\":2"),
        text(&good.replace("bbbb", "../b")),
        text(&good.replace("bbbb", "bbb")),
        text(&good.replace('b', "a")),
        text(&good.replace("null", "-1")),
        endless,
    ] {
        fs::write(&file, &damaged).unwrap();
        let rooms = started(&folder, 9);
        assert_eq!(rooms.occupancy().rooms, 0, "{damaged:.200}");
        let (_, _sitting) = enter(&rooms);
        rooms.save().await;
        assert_eq!(kept(&folder).rooms.len(), 1);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_the_rooms() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    // Left behind by a program that died, and readable by all.
    fs::write(folder.path().join("rooms.json.new"), "{").unwrap();
    let rooms = started(&folder, 9);
    let (_, _sitting) = enter(&rooms);
    rooms.save().await;
    let metadata = fs::metadata(folder.path().join(ROOMS_FILE)).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert_eq!(contents(&folder), [ROOMS_FILE]);
}

/// A path that takes no file, until what lies there is removed.
fn blocked(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("file");
    fs::write(&path, "").unwrap();
    path
}

#[tokio::test]
async fn a_folder_that_takes_no_file_disturbs_nobody() {
    let folder = folder();
    let (blocked, limits) = (blocked(&folder), limits(9));
    let rooms = Rooms::kept_in(&blocked, limits);
    let (keys, _sitting) = enter(&rooms);
    rooms.save().await;
    assert!(rooms.exists(&keys.room));
    // As soon as it can be written it is.
    fs::remove_file(&blocked).unwrap();
    rooms.save().await;
    assert!(Rooms::kept_in(&blocked, limits).exists(&keys.room));
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_takes_files_again_gets_them_by_itself() {
    let folder = folder();
    let (blocked, limits) = (blocked(&folder), limits(9));
    let rooms = Rooms::kept_in(&blocked, limits);
    tokio::spawn(rooms.clone().keep_tidy());
    let (keys, _sitting) = enter(&rooms);
    sleep(Duration::from_secs(1)).await;
    fs::remove_file(&blocked).unwrap();
    sleep(RETRY_EVERY).await;
    assert!(Rooms::kept_in(&blocked, limits).exists(&keys.room));
}
