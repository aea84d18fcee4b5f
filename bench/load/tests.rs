//! Small loads on the real server and on one that misbehaves.

use std::path::Path;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::report::{Fairness, fairness};

/// Pages that exist, so that nothing needs to be built.
fn pages() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for page in ["index.html", "phone.html"] {
        std::fs::write(folder.path().join(page), "").unwrap();
    }
    folder
}

async fn figures(pages: &Path, flags: &str) -> Value {
    let pages = pages.to_str().unwrap();
    let server = ["--workers", "1", "--threads", "1", "--pages", pages];
    let words: Vec<&str> = flags.split(' ').chain(server).collect();
    let options = Options::from_words(&words).unwrap();
    let measured = measure(&options).await.unwrap();
    serde_json::to_value(measured.report(&options).unwrap()).unwrap()
}

/// The fates of a row of the figures, the offered frames first; they must add up.
fn fates(row: &Value) -> [u64; 6] {
    let frames = &row["frames"];
    let count = |name: &str| frames[name].as_u64().unwrap();
    let errors = frames["errors"].as_object().unwrap();
    let fates = [
        count("offered"),
        count("answered"),
        count("dropped_server"),
        count("dropped_client"),
        errors.values().map(|count| count.as_u64().unwrap()).sum(),
        count("unanswered"),
    ];
    assert_eq!(fates[0], fates[1..].iter().sum::<u64>(), "{frames}");
    assert_eq!(frames["adds_up"], true);
    fates
}

#[tokio::test(flavor = "multi_thread")]
async fn every_frame_of_an_overload_has_its_fate() {
    let pages = pages();
    let figures = figures(pages.path(), "--clients 2 --fps 300 --duration 1").await;
    let [offered, answered, dropped, dropped_client, ..] = fates(&figures);
    assert!(
        answered > 0 && dropped > 0 && dropped_client == 0,
        "{figures}"
    );
    let rows = figures["per_client"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    let of_rows: u64 = rows.iter().map(|row| fates(row)[0]).sum();
    assert_eq!(of_rows, offered);
    for figure in [
        "bare_runs_per_s",
        "answered_to_bare",
        "answered_per_s",
        "offered_per_s",
    ] {
        assert!(figures[figure].as_f64().unwrap() > 0.0, "{figure}");
    }
    let latency = |name: &str| figures["latency_ms"][name].as_f64().unwrap();
    let rising = ["p50", "p90", "p95", "p99", "max"].map(latency);
    assert!(rising.is_sorted(), "{rising:?}");
    assert!(figures["age_ms"]["p50"].as_f64().unwrap() <= rising[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_is_kept_and_what_it_costs_is_counted() {
    let pages = pages();
    let flags = "--clients 2 --fps 300 --duration 1 --credit 1";
    let figures = figures(pages.path(), flags).await;
    let [_, answered, dropped_server, dropped_client, ..] = fates(&figures);
    assert!(answered > 0 && dropped_client > 0, "{figures}");
    assert_eq!(dropped_server, 0, "one in flight replaces none");
}

/// Of four frames it infers the first, drops the second, refuses the third and forgets the fourth.
async fn fickle_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        while let Some(Ok(Message::Binary(frame))) = socket.next().await {
            let id = u32::from_le_bytes(*frame.first_chunk().unwrap());
            let timing = json!({
                "queue_us": 1, "decode_us": 2, "resize_us": 3, "infer_us": 4, "post_us": 5,
            });
            let answer = match id % 4 {
                0 => json!({"frame_id": id, "timing": timing}),
                1 => json!({"dropped": {"frame_id": id}}),
                2 => json!({"error": {"frame_id": id, "code": "bad_jpeg", "message": "no"}}),
                _ => continue,
            };
            let answer = Message::text(answer.to_string());
            if socket.send(answer).await.is_err() {
                return;
            }
        }
    });
    address
}

#[tokio::test]
async fn fates_are_told_apart() {
    let plan = Plan {
        clients: 1,
        fps: 200.0,
        credit: None,
        warm_up: Duration::ZERO,
        counted: Duration::from_millis(500),
        patience: Duration::from_secs(1),
    };
    let frames: Frames = vec![vec![0; 10]].into();
    let round = offer_all(&fickle_server().await, &frames, &plan)
        .await
        .unwrap();
    let outcome = &round.clients[0];
    outcome.check_sum().unwrap();
    let quarter = outcome.offered / 4;
    assert!(quarter > 10, "{}", outcome.offered);
    let refused = outcome.errors["bad_jpeg"];
    for count in [
        outcome.answered,
        outcome.dropped_server,
        refused,
        outcome.unanswered,
    ] {
        assert!(
            (quarter..=quarter + 1).contains(&count),
            "{count} of {quarter}"
        );
    }
    assert_eq!(outcome.age_us.max(), 15);
    assert!(outcome.arrived <= outcome.answered);
}

#[tokio::test]
async fn no_server_is_told_in_a_sentence() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", closed.local_addr().unwrap());
    drop(closed);
    let options = Options::from_words(&["--url", &url, "--clients", "1"]).unwrap();
    let refused = format!("{:#}", measure(&options).await.err().unwrap());
    assert!(
        refused.starts_with("no detection socket at ws://127.0.0.1:"),
        "{refused}"
    );
}

#[test]
fn equal_shares_are_fair_and_one_for_all_is_not() {
    let even = Fairness {
        least_of_mean: 1.0,
        most_of_mean: 1.0,
        jain_index: 1.0,
    };
    assert_eq!(fairness(&[7, 7, 7]), Some(even));
    let greedy = Fairness {
        least_of_mean: 0.0,
        most_of_mean: 4.0,
        jain_index: 0.25,
    };
    assert_eq!(fairness(&[0, 9, 0, 0]), Some(greedy));
    assert_eq!(fairness(&[0, 0]), None);
    assert_eq!(fairness(&[]), None);
}

#[test]
fn flags_that_make_no_sense_are_refused_in_a_line() {
    let refused = [
        ("--clients 0", "--clients must"),
        ("--fps 0", "--fps must"),
        ("--fps -3", "--fps must"),
        ("--fps NaN", "--fps must"),
        ("--fps inf", "--fps must"),
        ("--duration -1", "--duration must"),
        ("--duration NaN", "--duration must"),
        ("--duration 1e300", "--duration must"),
        ("--rounds 0", "--rounds must"),
        ("--duration 1 --rounds 100", "--rounds must"),
        ("--credit 0", "--credit must"),
        ("--out nowhere/load.json", "cannot write nowhere/load.json"),
        (
            "--url ws://localhost:3000 --workers 2",
            "--workers is for a server",
        ),
    ];
    for (flags, told) in refused {
        let words: Vec<&str> = flags.split(' ').collect();
        let error = format!("{:#}", Options::from_words(&words).unwrap_err());
        assert!(
            error.starts_with(told) && error.lines().count() == 1,
            "{flags}: {error}"
        );
    }
}

#[test]
fn the_address_of_a_server_is_checked() {
    for url in [
        "localhost:3000",
        "http://localhost",
        "ws:///x",
        "ws://h/other",
        "wss://h",
        "",
    ] {
        let error = Options::from_words(&["--url", url])
            .unwrap_err()
            .to_string();
        assert!(error.contains("ws://localhost:3000"), "{url}: {error}");
    }
}

#[test]
fn a_round_lasts_about_five_seconds() {
    let rounds = |words: &[&str]| Options::from_words(words).unwrap().rounds();
    assert_eq!(rounds(&[]), 12);
    assert_eq!(rounds(&["--duration", "20"]), 4);
    assert_eq!(rounds(&["--duration", "1"]), 1);
    assert_eq!(rounds(&["--duration", "20", "--rounds", "2"]), 2);
    assert_eq!(rounds(&["--url", "ws://localhost:3000"]), 1);
}
