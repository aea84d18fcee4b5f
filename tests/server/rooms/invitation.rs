//! What the viewer shows to phones.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::common::rooms::{RoomApi, failure};
use crate::common::{PHONE_HOST, TestServer};

const TEN_MINUTES_MS: i64 = 10 * 60 * 1000;

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_millis().try_into().unwrap()
}

#[tokio::test]
async fn an_invitation_has_link_code_and_other_addresses() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let before = now_ms();
    let answer = rooms.try_invite(&room.room, &room.viewer_token).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let told: Value = answer.json().await.unwrap();
    let after = now_ms();

    assert_eq!(told["join_url"], room.join_url.as_str());
    assert_eq!(told["qr_svg"], room.qr_svg.as_str());
    assert_eq!(told["interface"], "Public address", "--public-host wins");
    assert_eq!(told.get("obstacle"), None);
    let code = &told["code"];
    let text = code["code"].as_str().unwrap();
    assert_eq!(text.len(), 6);
    assert!(
        text.chars().all(|c| "ACDEFGHJKMNPQRTVWXY34679".contains(c)),
        "{text}"
    );
    let port = server.addr().port();
    assert_eq!(code["url"], format!("https://{PHONE_HOST}:{port}/j/{text}"));
    let expires = code["expires_ts"].as_i64().unwrap() - TEN_MINUTES_MS;
    assert!(
        (before..=after).contains(&expires),
        "{before} {expires} {after}"
    );
    // How many depends on this machine; each leads to the same room.
    for other in told["others"].as_array().unwrap() {
        let url = other["join_url"].as_str().unwrap();
        assert!(
            url.ends_with(&format!(":{port}/j/{}", room.phone_token)),
            "{url}"
        );
        assert!(!url.contains(PHONE_HOST) && !url.contains("127."), "{url}");
        assert!(other["qr_svg"].as_str().unwrap().contains("<svg"));
        assert!(!other["interface"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_code_stays_while_it_is_good() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let (a, b) = (rooms.create().await, rooms.create().await);
    let first = rooms.invite(&a).await.code.unwrap();
    let again = rooms.invite(&a).await.code.unwrap();
    assert_eq!(first.code, again.code);
    assert_ne!(rooms.invite(&b).await.code.unwrap().code, first.code);
}

#[tokio::test]
async fn only_the_viewer_is_invited_to_invite() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let (room, other) = (rooms.create().await, rooms.create().await);
    let ask = async |room: &str, token: &str| failure(rooms.try_invite(room, token).await).await;
    let bad_token = (403, "bad_token".to_owned());
    for token in [&other.viewer_token, &other.phone_token, "", "wrong"] {
        assert_eq!(ask(&room.room, token).await, bad_token, "{token}");
    }
    let phone = ask(&room.room, &room.phone_token).await;
    assert_eq!(phone, (403, "viewer_only".to_owned()));
    let nowhere = ask("nowhere", &room.viewer_token).await;
    assert_eq!(nowhere, (404, "room_not_found".to_owned()));
    let twice = ask(&room.room, "a&token=b").await;
    assert_eq!(twice, (400, "bad_query".to_owned()));
}
