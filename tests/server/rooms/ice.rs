//! Who learns of the ICE servers, and of what opens them.

use reqwest::Response;
use serde_json::json;
use sightline::protocol::{ClientConfig, IcePolicy, RoomIce};

use crate::common::rooms::{RoomApi, failure};
use crate::common::{TestServer, http};

const SECRET: &str = "north-wind-and-sun";
const FLAGS: [&str; 8] = [
    "--ice-server",
    "stun:stun.example,turn:turn.example:3478?transport=udp",
    "--ice-server",
    "turns:turn.example",
    "--turn-secret",
    SECRET,
    "--ice-policy",
    "relay",
];

async fn ask(server: &TestServer, path: &str) -> Response {
    let request = http::plain_client().get(server.http(path));
    request.send().await.expect("an answer")
}

#[tokio::test]
async fn both_ends_of_a_room_get_credentials_that_expire() {
    let server = TestServer::with(&FLAGS).await;
    let room = RoomApi::of(&server).create().await;
    for token in [&room.viewer_token, &room.phone_token] {
        let path = format!("/api/rooms/{}/ice?token={token}", room.room);
        let answer = ask(&server, &path).await;
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let ice: RoomIce = answer.json().await.unwrap();
        assert_eq!(ice.ice_policy, IcePolicy::Relay);
        assert_eq!(ice.lifetime_s, Some(12 * 60 * 60));
        let [stun, turn] = &ice.ice_servers[..] else {
            panic!("{ice:?}")
        };
        assert_eq!(stun.urls, ["stun:stun.example"]);
        assert_eq!(stun.credential, None);
        let urls = ["turn:turn.example:3478?transport=udp", "turns:turn.example"];
        assert_eq!(turn.urls, urls);
        let (expires, _) = turn.username.as_deref().unwrap().split_once(':').unwrap();
        let left = expires.parse::<f64>().unwrap() - sightline::clock::epoch_ms() / 1000.0;
        assert!((0.0..=43_200.0).contains(&left), "{left} s");
        assert!(turn.credential.is_some());
        assert!(!format!("{ice:?}").contains(SECRET));
    }
}

#[tokio::test]
async fn strangers_get_no_credentials() {
    let server = TestServer::with(&FLAGS).await;
    let rooms = RoomApi::of(&server);
    let (room, other) = (rooms.create().await, rooms.create().await);
    let refusals = [
        (format!("/api/rooms/{}/ice", room.room), 400, "bad_query"),
        (
            format!("/api/rooms/{}/ice?token=", room.room),
            403,
            "bad_token",
        ),
        (
            format!("/api/rooms/{}/ice?token={}", room.room, other.viewer_token),
            403,
            "bad_token",
        ),
        (
            format!("/api/rooms/none/ice?token={}", room.viewer_token),
            404,
            "room_not_found",
        ),
    ];
    for (path, status, word) in refusals {
        let told = failure(ask(&server, &path).await).await;
        assert_eq!(told, (status, word.to_owned()), "{path}");
    }
    let config: ClientConfig = ask(&server, "/api/config").await.json().await.unwrap();
    let told = serde_json::to_value(&config.ice_servers).unwrap();
    assert_eq!(told, json!([{"urls": ["stun:stun.example"]}]));
}
