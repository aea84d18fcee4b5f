//! Where plain HTTP is allowed, and what HTTPS on the same port serves.

use sightline::protocol::ApiError;

use crate::common::http::{client, exchange, get};
use crate::common::{PHONE_HOST, TestServer};

#[tokio::test]
async fn plain_http_is_for_this_machine() {
    let server = TestServer::start().await;
    for host in [
        "127.0.0.1",
        "localhost:3000",
        "[::1]",
        "127.1.2.3:80",
        "LocalHost",
    ] {
        let answer = get(server.addr(), host, "/healthz").await;
        assert_eq!(answer.status, 200, "{host}");
    }
}

#[tokio::test]
async fn plain_http_for_another_host_is_sent_to_https() {
    let server = TestServer::start().await;
    let hosts = [PHONE_HOST, "192.168.1.5:3000", "[fd00::2]:3000"];
    for host in hosts {
        for path in ["/", "/j/token?x=1&y=%20", "/api/rooms/..%2f?"] {
            let answer = get(server.addr(), host, path).await;
            assert_eq!(answer.status, 308, "{host}{path}");
            assert_eq!(answer.headers["location"], format!("https://{host}{path}"));
        }
    }
    let port = server.addr().port();
    let address = format!("http://{PHONE_HOST}:{port}/healthz");
    let redirect = client(&server).get(address).send().await.unwrap();
    let location = redirect.headers()["location"].to_str().unwrap();
    let followed = client(&server).get(location).send().await.unwrap();
    assert_eq!(followed.status(), 200, "the certificate names the host");
}

#[tokio::test]
async fn a_host_that_could_stand_in_no_address_is_refused() {
    let server = TestServer::start().await;
    for host in [
        "",
        "a b",
        "x/y",
        "<script>",
        "user@host",
        "host?q",
        "host#f",
        "hö",
        "[",
        ":",
        ":80",
        "[::1",
    ] {
        let answer = get(server.addr(), host, "/").await;
        assert_eq!(
            answer.status,
            400,
            "{host:?} {:?}",
            answer.headers.get("location")
        );
    }
    let hostless = exchange(server.addr(), "GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!(hostless.status, 400);
    let told: ApiError = serde_json::from_str(&hostless.body).unwrap();
    assert_eq!(told.error, "bad_host");
}

#[tokio::test]
async fn https_on_the_same_port_serves_every_name_of_this_server() {
    let server = TestServer::start().await;
    let phone = client(&server);
    for host in ["localhost", PHONE_HOST, "phone.example:8443", "192.168.1.5"] {
        let request = phone.get(server.https("/healthz")).header("host", host);
        assert_eq!(request.send().await.unwrap().status(), 200, "{host}");
    }
}

#[tokio::test]
async fn the_certificate_is_valid_for_every_name_of_this_machine() {
    let server = TestServer::start().await;
    let port = server.addr().port();
    for host in ["127.0.0.1", "localhost", PHONE_HOST] {
        let address = format!("https://{host}:{port}/healthz");
        assert_eq!(
            client(&server).get(address).send().await.unwrap().status(),
            200
        );
    }
}
