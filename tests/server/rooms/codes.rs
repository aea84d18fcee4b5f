//! Short codes, as a phone types them.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::{Client, Response};
use sightline::protocol::RoomCreated;

use crate::common::bystander::with_bystander;
use crate::common::rooms::RoomApi;
use crate::common::{PHONE_HOST, TestServer, http};

/// Somebody who types at an address of their own.
struct Person {
    http: Client,
    base: String,
}

impl Person {
    fn at(address: &str, server: &TestServer) -> Self {
        let address: IpAddr = address.parse().unwrap();
        Self {
            http: http::plain_client_from(address),
            base: server.http("/j"),
        }
    }

    async fn types(&self, code: &str) -> Response {
        let address = format!("{}/{code}", self.base);
        self.http.get(address).send().await.expect("an answer")
    }

    async fn is_let_in(&self, code: &str, room: &RoomCreated) {
        let answer = self.types(code).await;
        assert_eq!(answer.status(), 303, "{code}");
        assert_eq!(
            answer.headers()["location"],
            format!("/j/{}", room.phone_token)
        );
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }

    async fn is_told_to_look_again(&self, code: &str) {
        let answer = self.types(code).await;
        assert_eq!(answer.status(), 404, "{code}");
        assert_eq!(answer.text().await.unwrap(), "<p>the phone</p>");
    }
}

async fn code_of(rooms: &RoomApi, room: &RoomCreated) -> String {
    rooms.invite(room).await.code.expect("a code").code
}

/// So many codes that open nothing: each differs from the right one in its first symbol.
fn wrong_codes(right: &str, count: usize) -> Vec<String> {
    let symbols = "ACDEFGHJKMNPQRTVWXY34679".chars();
    let others = symbols.filter(|symbol| !right.starts_with(*symbol));
    let wrong = others.map(|symbol| format!("{symbol}{}", &right[1..]));
    wrong.take(count).collect()
}

#[tokio::test]
async fn a_typed_code_leads_to_the_phone_s_page() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let code = code_of(&rooms, &room).await;
    let phone = Person::at("127.0.0.1", &server);
    let lower = code.to_lowercase();
    let spaced = format!("{}%20{}", &code[..3], &code[3..]);
    let dashed = format!("{}-{}-", &lower[..3], &lower[3..]);
    for typed in [&code, &lower, &spaced, &dashed] {
        phone.is_let_in(typed, &room).await;
    }
    let page = phone.types(&room.phone_token).await;
    assert_eq!(page.status(), 200);
}

#[tokio::test]
async fn a_code_typed_without_https_gets_there() {
    let server = TestServer::start().await;
    for path in ["/j", "/j/K7P4QX"] {
        let answer = http::get(server.addr(), PHONE_HOST, path).await;
        assert_eq!(answer.status, 308);
        assert_eq!(
            answer.headers["location"],
            format!("https://{PHONE_HOST}{path}")
        );
    }
    let phone = http::client(&server);
    for path in ["/j", "/j/"] {
        let form = phone.get(server.https(path)).send().await.unwrap();
        assert_eq!(form.status(), 200, "{path}");
        assert_eq!(form.text().await.unwrap(), "<p>the phone</p>");
    }
}

#[cfg(target_os = "linux")] // Elsewhere 127.0.0.2 is nobody's address.
#[tokio::test]
async fn a_code_lets_one_phone_in() {
    let (server, bystander) = with_bystander(&[]).await;
    let rooms = RoomApi::of(&server);
    let (room, other) = (rooms.create().await, rooms.create().await);
    let code = code_of(&rooms, &room).await;
    let other_code = code_of(&rooms, &other).await;
    let [first, second] = ["127.0.0.2", "127.0.0.3"].map(|at| Person::at(at, &server));
    // One who scanned the QR leaves the code alone.
    assert_eq!(rooms.try_join(&room.phone_token).await.status(), 200);
    first.is_let_in(&code, &room).await;
    second.is_told_to_look_again(&code).await;
    first.is_let_in(&code, &room).await;
    assert_eq!(rooms.try_join(&room.phone_token).await.status(), 200);
    first.is_told_to_look_again(&code).await;
    second.is_told_to_look_again(&code).await;

    let next = code_of(&rooms, &room).await;
    assert_ne!(next, code);
    second.is_let_in(&next, &room).await;
    first.is_let_in(&other_code, &other).await;
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn a_code_expires() {
    let server = TestServer::tuned(&[], |config| config.code_lifetime = Duration::ZERO).await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let code = code_of(&rooms, &room).await;
    let phone = Person::at("127.0.0.1", &server);
    phone.is_told_to_look_again(&code).await;
    assert_ne!(code_of(&rooms, &room).await, code);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn looking_ahead_claims_no_code() {
    let server = TestServer::start().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let code = code_of(&rooms, &room).await;
    let robot = Person::at("127.0.0.2", &server);
    let address = format!("{}/{code}", robot.base);
    let wrong = format!("{}/{}", robot.base, wrong_codes(&code, 1)[0]);
    for address in [address, wrong] {
        let looks = [
            robot.http.head(&address),
            robot
                .http
                .get(&address)
                .header("sec-purpose", "prefetch;prerender"),
            robot.http.get(&address).header("purpose", "prefetch"),
        ];
        for look in looks {
            let answer = look.send().await.unwrap();
            assert_eq!(answer.status(), 204);
            assert_eq!(answer.headers().get("location"), None);
        }
    }
    let phone = Person::at("127.0.0.1", &server);
    phone.is_let_in(&code, &room).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn wrong_codes_are_counted_and_others_are_untouched() {
    let (server, bystander) = with_bystander(&[]).await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    let code = code_of(&rooms, &room).await;
    let guesser = Person::at("127.0.0.2", &server);
    for wrong in wrong_codes(&code, 10) {
        guesser.is_told_to_look_again(&wrong).await;
    }
    // What cannot be a code tells nobody anything, and is not counted.
    for no_code in ["K7P4Q", "K7P4Q0", "expired", "%F0%9F%8E%A5", "K7P4QXX"] {
        guesser.is_told_to_look_again(no_code).await;
    }
    for typed in [&wrong_codes(&code, 11)[10], &code] {
        let answer = guesser.types(typed).await;
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let wait = answer.headers()["retry-after"].to_str().unwrap();
        assert!((1..=60).contains(&wait.parse::<u32>().unwrap()), "{wait}");
        assert_eq!(answer.text().await.unwrap(), "<p>the phone</p>");
    }
    // Whoever has the link itself is not kept waiting.
    assert_eq!(guesser.types(&room.phone_token).await.status(), 200);
    Person::at("127.0.0.3", &server)
        .is_let_in(&code, &room)
        .await;

    for last in 10..19 {
        let guesser = Person::at(&format!("127.0.0.{last}"), &server);
        for wrong in wrong_codes(&code, 10) {
            guesser.is_told_to_look_again(&wrong).await;
        }
    }
    let late = Person::at("127.0.0.3", &server).types(&code).await;
    assert_eq!(late.status(), 429, "a hundred in all");
    assert_eq!(server.refusals("wrong_code").await, 100);
    assert_eq!(server.refusals("guesses").await, 3);
    bystander.noticed_nothing().await;
}
