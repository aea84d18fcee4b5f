//! What the program logs, and what it never does.

use std::process::Stdio;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use sightline::protocol::RoomCreated;
use tokio::io::AsyncReadExt;
use tokio::process::{ChildStderr, Command};
use tokio_tungstenite::tungstenite::Message;

use crate::common::detect::{CAPTURE_TS, DetectClient, frame};
use crate::common::rooms::RoomApi;
use crate::common::{BLANK, MODEL, PEOPLE, folders, http, soon};
use crate::{Welcomed, output, sightline, welcomed};

/// A program whose every line is kept.
pub struct Logged {
    pub program: Welcomed,
    stderr: ChildStderr,
}

impl Logged {
    pub async fn start(mut command: Command) -> Self {
        command.stderr(Stdio::piped());
        let mut program = welcomed(command).await;
        let stderr = program.child.stderr.take().unwrap();
        let logged = Self { program, stderr };
        // Who answers has come to where signals are heard, too.
        let alive = http::plain_client().get(logged.address("/healthz"));
        assert_eq!(alive.send().await.unwrap().status(), 200);
        logged
    }

    fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.program.port)
    }

    /// All that was written after the welcome: stdout, and stderr from the start.
    pub async fn stop(mut self) -> (String, String) {
        let Welcomed { child, rest, .. } = &mut self.program;
        crate::send_signal(child, "TERM").await;
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let reading = async {
            let (out, err) = tokio::join!(
                rest.read_to_string(&mut stdout),
                self.stderr.read_to_string(&mut stderr)
            );
            out.unwrap();
            err.unwrap();
        };
        soon("its end", reading).await;
        let status = soon("its end", child.wait()).await.unwrap();
        assert_eq!(status.code(), Some(0));
        (stdout, stderr)
    }
}

/// What a program says of itself. That a machine stalled while the program ended is told as well.
pub fn lines(stderr: &str) -> Vec<&str> {
    let says_something = |line: &&str| !line.is_empty() && !line.contains("did not close in time");
    stderr.lines().filter(says_something).collect()
}

/// Everything whose address or content holds a secret, over plain HTTP and TLS; also what goes wrong.
async fn use_all_secrets(logged: &Logged, certificate: &str) -> (RoomCreated, Vec<String>) {
    let plain = http::plain_client();
    let created = plain.post(logged.address("/api/rooms")).send().await;
    let room: RoomCreated = created.unwrap().json().await.unwrap();
    let tls = http::trusting(certificate).build().unwrap();
    let base = format!("https://127.0.0.1:{}", logged.program.port);
    let (name, phone, viewer) = (&*room.room, &*room.phone_token, &*room.viewer_token);
    let invitation = RoomApi::at(logged.address("")).invite(&room).await;
    let code = &*invitation.code.expect("a code").code;
    for path in [
        format!("/j/{code}"),
        format!("/j/{phone}"),
        format!("/api/join/{phone}"),
        format!("/api/rooms/{name}/metrics?token={viewer}"),
        format!("/api/rooms/{name}/invitation?token={viewer}"),
        format!("/api/rooms/{name}/ice?token={viewer}"),
        format!("/api/rooms/{name}/events?token={phone}x"),
        format!("/api/rooms/{name}?token={phone}"),
        format!("/api/detect?token={phone}"),
        format!("/no/{phone}/{name}?token={viewer}"),
    ] {
        for base in [&base, &logged.address("")] {
            plain_or_tls(&plain, &tls, base)
                .get(format!("{base}{path}"))
                .send()
                .await
                .unwrap();
        }
        let elsewhere = plain
            .get(logged.address(&path))
            .header("host", "192.168.1.5");
        assert_eq!(elsewhere.send().await.unwrap().status(), 308);
    }
    let client = "the-name-of-the-page";
    let events = format!("{base}/api/rooms/{name}/events?token={viewer}&client={client}");
    let mut events = tls.get(events).send().await.unwrap();
    let welcome = soon("the welcome", events.chunk()).await.unwrap().unwrap();
    let welcome = String::from_utf8_lossy(&welcome).into_owned();
    let (_, sitting) = welcome.split_once("\"sitting\":\"").unwrap();
    let (sitting, _) = sitting.split_once('"').unwrap();
    let signal = format!("{base}/api/rooms/{name}/signal?token={phone}");
    let payload = json!({ "sdp": "v=0", "token": phone });
    let signalled = tls.post(signal).json(&payload).send().await.unwrap();
    assert_eq!(signalled.status(), 204);
    let leave = format!("{base}/api/rooms/{name}/leave?token={viewer}&sitting={sitting}");
    assert_eq!(tls.post(leave).send().await.unwrap().status(), 204);
    detect(logged, &format!("?token={viewer}")).await;
    relay(logged, &room).await;
    let secrets = [name, phone, viewer, client, sitting, code];
    let secrets = secrets.map(str::to_owned).into();
    (room, secrets)
}

/// A good picture for a viewer who listens, a bad one, and then a broken protocol.
async fn relay(logged: &Logged, room: &RoomCreated) {
    let path = |token: &str| format!("/api/rooms/{}/relay?token={token}", room.room);
    let port = logged.program.port;
    let address = format!("ws://127.0.0.1:{port}{}", path(&room.viewer_token));
    let (mut viewer, _) = tokio_tungstenite::connect_async(address).await.unwrap();
    let address = logged.address(&path(&room.phone_token)) + "&error_ms=1";
    for (status, jpeg) in [(200, PEOPLE), (400, b"no picture")] {
        let post = http::plain_client().post(&address);
        let post = post.body(frame(1, CAPTURE_TS, jpeg)).send().await.unwrap();
        assert_eq!(post.status(), status);
    }
    viewer.send(Message::text("garbage")).await.unwrap();
    let closed = async { while !matches!(viewer.next().await, Some(Ok(Message::Close(_)))) {} };
    soon("a close frame", closed).await;
}

fn plain_or_tls<'a>(
    plain: &'a reqwest::Client,
    tls: &'a reqwest::Client,
    base: &str,
) -> &'a reqwest::Client {
    if base.starts_with("https") {
        tls
    } else {
        plain
    }
}

/// A good frame, a bad one, and then a broken protocol.
async fn detect(logged: &Logged, query: &str) {
    let address = format!("ws://127.0.0.1:{}/api/detect{query}", logged.program.port);
    let (socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
    let mut client = DetectClient::from(socket);
    client.expect_alive().await;
    client.send_frame(1, CAPTURE_TS, &BLANK[..100]).await;
    client.expect_error(1).await;
    client.send_text("garbage").await;
    client.expect_close(1007).await;
}

#[cfg(unix)]
#[tokio::test]
async fn no_token_and_no_room_is_ever_logged() {
    for format in ["text", "json"] {
        let folders = folders();
        let mut command = sightline(folders.path(), &["--log-format", format]);
        command.env("RUST_LOG", "trace");
        let logged = Logged::start(command).await;
        let certificate = http::kept_certificate(&crate::common::state_dir(folders.path()));
        let (room, secrets) = use_all_secrets(&logged, &certificate).await;
        let in_welcome = logged.program.welcome.contains(&room.phone_token);
        assert!(in_welcome, "the first viewer gets the terminal's room");
        let (stdout, stderr) = logged.stop().await;
        assert!(
            stderr.contains("/api/rooms/{room}/signal"),
            "requests are logged: {stderr}"
        );
        assert!(stderr.contains("DEBUG"), "{stderr}");
        for secret in &secrets {
            assert!(!stderr.contains(secret.as_str()), "{secret} in {stderr}");
            assert!(!stdout.contains(secret.as_str()), "{secret} in {stdout}");
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn json_logs_are_an_object_a_line() {
    let folders = folders();
    let mut command = sightline(folders.path(), &["--log-format", "json"]);
    command.env("RUST_LOG", "debug");
    let logged = Logged::start(command).await;
    let request = http::plain_client().get(logged.address("/healthz"));
    let answer = request
        .header("x-request-id", "from-a-proxy.7")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-request-id"], "from-a-proxy.7");
    let (_, stderr) = logged.stop().await;
    let lines = stderr.lines().map(serde_json::from_str::<Value>);
    let lines: Vec<Value> = lines.collect::<Result<_, _>>().expect("JSON on every line");
    for line in &lines {
        for field in ["timestamp", "level", "message"] {
            assert!(line[field].is_string(), "{field} in {line}");
        }
    }
    let told = |message: &str| lines.iter().find(|line| line["message"] == message);
    assert!(told("serving").is_some(), "{stderr}");
    let is_ours = |line: &&Value| line["span"]["id"] == "from-a-proxy.7";
    let request = lines.iter().find(is_ours).expect("the request");
    assert_eq!(request["message"], "request");
    assert_eq!(request["level"], "DEBUG");
    assert_eq!(
        (&request["method"], &request["route"]),
        (&json!("GET"), &json!("/healthz"))
    );
    assert_eq!(request["status"], 200);
    assert!(request["duration_us"].is_u64());
}

#[cfg(unix)]
#[tokio::test]
async fn it_is_quiet_unless_asked() {
    let folders = folders();
    let logged = Logged::start(sightline(folders.path(), &[])).await;
    for path in ["/healthz", "/nowhere", "/api/join/none"] {
        http::plain_client()
            .get(logged.address(path))
            .send()
            .await
            .unwrap();
    }
    detect(&logged, "").await;
    let (_, stderr) = logged.stop().await;
    let expected = ["made a certificate", "asked to terminate"];
    let lines = lines(&stderr);
    assert_eq!(lines.len(), expected.len(), "{stderr}");
    for (line, words) in lines.iter().zip(expected) {
        assert!(line.contains(words), "{line}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn requests_have_ids_that_cannot_break_a_log() {
    let folders = folders();
    let logged = Logged::start(sightline(folders.path(), &[])).await;
    let client = http::plain_client();
    let id_for = async |given: Option<&[u8]>| {
        let mut request = client.get(logged.address("/healthz"));
        if let Some(given) = given {
            request = request.header("x-request-id", given);
        }
        let answer = request.send().await.unwrap();
        answer.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    let own = id_for(None).await;
    assert!(
        own.len() == 16 && own.chars().all(|c| c.is_ascii_hexdigit()),
        "{own}"
    );
    assert_ne!(own, id_for(None).await);
    assert_eq!(id_for(Some(b"A-z_0.9")).await, "A-z_0.9");
    let long = [b'a'; 65];
    for bad in [
        &b""[..],
        b"two words",
        b"\"}",
        b"caf\xc3\xa9",
        b"/j/x",
        &long,
    ] {
        let id = id_for(Some(bad)).await;
        assert_eq!(id.len(), 16, "{bad:?} was taken over as {id}");
    }
}

/// Programs that read the log learn why there is none.
#[tokio::test]
async fn why_it_does_not_start_is_json_as_well() {
    let folders = folders();
    let flags = ["--log-format", "json", "--model", "/nowhere/model"];
    let output = output(sightline(folders.path(), &flags)).await;
    assert_eq!(output.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&output.stderr).expect("one object");
    assert_eq!(told["level"], "ERROR");
    let message = told["message"].as_str().unwrap();
    assert!(
        message.contains("/nowhere/model") && message.contains("--model"),
        "{message}"
    );
}

/// Also where the program begins anew, to have its runtime report nothing.
#[cfg(unix)]
#[tokio::test]
async fn a_filter_that_is_none_is_told_once() {
    let folders = folders();
    let mut command = sightline(folders.path(), &["--model", MODEL]);
    command
        .env("RUST_LOG", "sightline=loud")
        .env_remove("ORT_DISABLE_TELEMETRY");
    let logged = Logged::start(command).await;
    let (_, stderr) = logged.stop().await;
    let told = stderr.matches("RUST_LOG is not understood").count();
    assert_eq!(told, 1, "{stderr}");
}
