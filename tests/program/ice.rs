//! What opens the TURN servers is told to nobody, whatever becomes of the program.

use crate::common::folders;
use crate::{output, sightline, started};

const SECRET: &str = "north-wind-and-sun";

#[tokio::test]
async fn help_and_failures_keep_the_secret() {
    let folders = folders();
    for flag in ["--help", "--ice-server=turn:x:y"] {
        let mut command = sightline(folders.path(), &[flag]);
        command
            .env("TURN_SECRET", SECRET)
            .env("TURN_PASSWORD", SECRET);
        let output = output(command).await;
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8(told).unwrap();
        assert!(told.contains("--ice-server"), "{told}");
        assert!(!told.contains(SECRET), "{told}");
    }
}

#[tokio::test]
async fn a_wrong_server_is_refused_in_one_line() {
    let folders = folders();
    let flags = ["--ice-server", "turn://turn.example"];
    let output = output(sightline(folders.path(), &flags)).await;
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(
        told.contains("turn:host:3478") && told.contains("//"),
        "{told}"
    );
}

#[tokio::test]
async fn a_running_server_logs_no_secret() {
    let folders = folders();
    let flags = ["--ice-server", "turn:turn.example", "--turn-secret", SECRET];
    let mut command = sightline(folders.path(), &flags);
    command.env("RUST_LOG", "trace");
    let (child, port) = started(command).await;
    let client = crate::common::http::plain_client();
    let base = format!("http://127.0.0.1:{port}/api");
    let room = client.post(format!("{base}/rooms")).send().await.unwrap();
    let room: sightline::protocol::RoomCreated = room.json().await.unwrap();
    let address = format!("{base}/rooms/{}/ice?token={}", room.room, room.viewer_token);
    let ice = client.get(address).send().await.unwrap();
    let ice: sightline::protocol::RoomIce = ice.json().await.unwrap();
    let credential = ice.ice_servers[0].credential.as_deref().unwrap();
    crate::send_signal(&child, "TERM").await;
    let ended = crate::common::soon("its end", child.wait_with_output()).await;
    let told = String::from_utf8(ended.unwrap().stderr).unwrap();
    assert!(told.contains("/ice"), "the request is in the log: {told}");
    assert!(
        !told.contains(SECRET) && !told.contains(credential),
        "{told}"
    );
}
