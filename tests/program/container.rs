//! In a container: the program cannot know the computer's address, and must not pretend to.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::common::rooms::RoomApi;
use crate::common::{command_line, folders, http, soon};
use crate::{Welcomed, link_in, unnamed, welcomed};

/// A line of the code that the terminal shows.
const CODE: char = '█';

fn in_container(folders: &Path, public_host: Option<&str>) -> Command {
    let mut command = unnamed(command_line(folders, &[]));
    command.env("SIGHTLINE_CONTAINER", "true");
    if let Some(host) = public_host {
        command.env("PUBLIC_HOST", host);
    }
    command
}

/// The program, and what it tells the pages.
async fn serving(mut command: Command) -> (Welcomed, Value) {
    command.stderr(Stdio::null());
    let program = welcomed(command).await;
    let address = format!("http://127.0.0.1:{}/api/config", program.port);
    let config = http::plain_client().get(address).send().await.unwrap();
    (program, config.json().await.unwrap())
}

/// Nobody can be told there from the viewer's own computer: a room that was shown could be anybody's.
fn assert_invites_nobody(welcome: &str) {
    assert!(welcome.contains("http://localhost:"), "{welcome}");
    assert_eq!(link_in(welcome), None, "{welcome}");
    assert!(!welcome.contains(CODE), "{welcome}");
}

#[tokio::test]
async fn without_an_address_it_says_what_to_do() {
    let folders = folders();
    let (program, config) = serving(in_container(folders.path(), None)).await;
    let welcome = &program.welcome;
    assert!(welcome.contains("PUBLIC_HOST=192.168"), "{welcome}");
    assert_invites_nobody(welcome);
    let told = config["join_obstacle"].as_str().unwrap();
    assert!(told.contains("./start.sh --docker"), "{told}");
}

#[tokio::test]
async fn an_address_that_is_given_is_shown_by_the_viewer() {
    let folders = folders();
    let (program, config) = serving(in_container(folders.path(), Some("192.168.1.20"))).await;
    let welcome = &program.welcome;
    assert!(welcome.contains("the viewer shows it"), "{welcome}");
    assert_invites_nobody(welcome);
    assert_eq!(config.get("join_obstacle"), None);
    let rooms = RoomApi::at(format!("http://127.0.0.1:{}", program.port));
    let link = rooms.create().await.join_url;
    assert!(link.starts_with("https://192.168.1.20:"), "{link}");
}

#[tokio::test]
async fn dockers_own_address_is_refused() {
    let folders = folders();
    let mut command = in_container(folders.path(), Some("172.17.0.2"));
    let output = soon("its end", command.output()).await.unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        told.contains("172.17.0.2") && told.contains("Wi-Fi"),
        "{told}"
    );
}
