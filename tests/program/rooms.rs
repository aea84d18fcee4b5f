//! Rooms outlive the program, however it ends.

use std::path::Path;

use serde_json::{Value, json};
use sightline::protocol::{Role, RoomCreated, RoomEvent};

use crate::common::rooms::{EventStream, RoomApi, failure};
use crate::common::{folders, soon, state_dir};
#[cfg(unix)]
use crate::{link_in, send_signal, welcomed};
use crate::{sightline, started};

fn api(port: u16) -> RoomApi {
    RoomApi::at(format!("http://127.0.0.1:{port}"))
}

fn rooms_file(folders: &Path) -> std::path::PathBuf {
    state_dir(folders).join("rooms.json")
}

/// Both seats as a page takes them again when its server is back.
async fn come_back(rooms: &RoomApi, room: &RoomCreated, ids: [&str; 2]) -> [EventStream; 2] {
    let [viewer, phone] = ids;
    let viewer = rooms.sit_again(&room.room, &room.viewer_token, "&client=v", viewer);
    let mut viewer = viewer.await;
    viewer.expect_welcome(Role::Viewer).await;
    let phone = rooms.sit_again(&room.room, &room.phone_token, "&client=p", phone);
    let mut phone = phone.await;
    phone.expect_welcome(Role::Phone).await;
    viewer.expect_peer(Role::Phone, true).await;
    [viewer, phone]
}

#[tokio::test]
async fn a_program_that_was_killed_finds_its_rooms_again() {
    let folders = folders();
    let (mut program, port) = started(sightline(folders.path(), &[])).await;
    let rooms = api(port);
    let room = rooms.create().await;
    // Killed the very moment that both are welcomed.
    let viewer = rooms.viewer(&room, "&client=v").await;
    let phone = rooms.phone(&room, "&client=p").await;
    soon("its end", program.kill()).await.unwrap();

    let port = port.to_string();
    let (mut program, _) = started(sightline(folders.path(), &["--port", &port])).await;
    let ids = [&*viewer.last_id, &*phone.last_id];
    let [mut viewer, phone] = come_back(&rooms, &room, ids).await;
    let named = (phone.sitting(), 1);
    let payload = json!("the same room");
    let answer = rooms.signal_as(&room.room, &room.phone_token, named, &payload);
    assert_eq!(answer.await.status(), 204);
    let from = Role::Phone;
    viewer.expect(RoomEvent::Signal { from, payload }).await;
    let next = rooms.create().await;
    assert_ne!(next.room, room.room, "a viewer sits there");

    // Without its file it knows nobody.
    soon("its end", program.kill()).await.unwrap();
    std::fs::remove_file(rooms_file(folders.path())).unwrap();
    let (_program, _) = started(sightline(folders.path(), &["--port", &port])).await;
    let forgotten = rooms.try_sit(&room.room, &room.viewer_token, "").await;
    assert_eq!(failure(forgotten).await, (404, "room_not_found".to_owned()));
}

/// Rooms that the file says somebody sits in.
#[cfg(unix)]
fn occupied(folders: &Path) -> usize {
    let text = std::fs::read(rooms_file(folders)).unwrap();
    let file: Value = serde_json::from_slice(&text).unwrap();
    let rooms = file["rooms"].as_array().unwrap().iter();
    rooms
        .filter(|room| room["empty_since_unix_s"].is_null())
        .count()
}

/// The viewer comes back by itself: a phone that scans the code of the next start must find it there.
#[cfg(unix)]
#[tokio::test]
async fn the_terminal_shows_the_room_of_last_time() {
    let folders = folders();
    let mut program = welcomed(sightline(folders.path(), &[])).await;
    let link = link_in(&program.welcome).expect("a link").to_owned();
    let port = program.port;
    let rooms = api(port);
    let room = rooms.create().await;
    assert_eq!(room.join_url, link);
    let mut viewer = rooms.viewer(&room, "&client=v").await;
    for (signal, still_seated) in [("TERM", 0), ("KILL", 1)] {
        send_signal(&program.child, signal).await;
        soon("its end", program.child.wait()).await.unwrap();
        assert_eq!(occupied(folders.path()), still_seated, "{signal}");
        let port = port.to_string();
        let again = sightline(folders.path(), &["--port", &port]);
        program = welcomed(again).await;
        assert_eq!(link_in(&program.welcome), Some(&*link), "{signal}");
        let (token, id) = (&room.viewer_token, &viewer.last_id);
        viewer = rooms.sit_again(&room.room, token, "&client=v", id).await;
        viewer.expect_welcome(Role::Viewer).await;
        assert_ne!(rooms.create().await.room, room.room, "it has its viewer");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_of_rooms_is_the_owners_and_does_not_grow() {
    use std::os::unix::fs::PermissionsExt;
    let folders = folders();
    let file = rooms_file(folders.path());
    let mut size = 0;
    for start in 0..3 {
        let (mut program, port) = started(sightline(folders.path(), &["--max-rooms", "4"])).await;
        let rooms = api(port);
        for _ in 0..3 {
            let room = rooms.create().await;
            drop(rooms.viewer(&room, "").await);
        }
        soon("its end", program.kill()).await.unwrap();
        let metadata = std::fs::metadata(&file).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        if start > 0 {
            // By the fourth room and the times, which were not there at first.
            assert!(metadata.len() < size + 400, "{size} {}", metadata.len());
        }
        size = metadata.len();
    }
}

/// A crash must not be for ever.
#[tokio::test]
async fn a_damaged_file_of_rooms_is_told_once_and_replaced() {
    let folders = folders();
    std::fs::create_dir_all(state_dir(folders.path())).unwrap();
    std::fs::write(rooms_file(folders.path()), "{\"version\":1,\"rooms\":[{").unwrap();
    let (mut program, port) = started(sightline(folders.path(), &[])).await;
    let rooms = api(port);
    let room = rooms.create().await;
    rooms.viewer(&room, "").await;
    program.start_kill().unwrap();
    let output = soon("its end", program.wait_with_output()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let warnings = said.lines().filter(|line| line.contains("rooms.json"));
    assert_eq!(warnings.count(), 1, "{said}");
    let kept = std::fs::read_to_string(rooms_file(folders.path())).unwrap();
    assert!(kept.contains(&room.room), "{kept}");
}
