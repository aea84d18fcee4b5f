use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::protocol::Role;
use crate::rooms::{RoomLimits, Rooms, Sitting, Wish};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn started(folder: &TempDir, max_rooms: usize) -> Rooms {
    let limits = RoomLimits {
        max_rooms,
        idle: 12 * HOUR,
        max_events: 64,
    };
    Rooms::kept_in(folder.path(), limits)
}

fn enter(rooms: &Rooms) -> (RoomKeys, Sitting) {
    let keys = rooms.create().unwrap();
    let sitting = rooms.sit(&keys.room, &keys.viewer_token, &Wish::default());
    (keys, sitting.unwrap())
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
    let keeper = rooms.keeper.as_ref().unwrap();
    keeper.write(aged.into(), &mut Written::default());

    let again = started(&folder, 9);
    let found = ages.each_ref().map(|(keys, _)| again.exists(&keys.room));
    assert_eq!(found, [true, true, false]);
    let few = started(&folder, 1);
    assert!(few.exists(&ages[0].0.room) && !few.exists(&ages[1].0.room));
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

#[tokio::test]
async fn a_folder_that_takes_no_file_disturbs_nobody() {
    let folder = folder();
    let blocked = folder.path().join("file");
    fs::write(&blocked, "").unwrap();
    let limits = RoomLimits {
        max_rooms: 9,
        idle: HOUR,
        max_events: 64,
    };
    let rooms = Rooms::kept_in(&blocked, limits);
    let (keys, _sitting) = enter(&rooms);
    rooms.save().await;
    assert!(rooms.exists(&keys.room));
    // As soon as it can be written it is.
    fs::remove_file(&blocked).unwrap();
    let (_, _sitting) = enter(&rooms);
    rooms.save().await;
    assert!(Rooms::kept_in(&blocked, limits).exists(&keys.room));
}
