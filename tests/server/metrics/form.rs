//! What every scraper relies on.

use std::collections::BTreeSet;

use super::exposition::{Exposition, Family, Sample};
use super::{promtool, scrape, text};
use crate::common::TestServer;
use crate::common::detect::DetectClient;
use crate::common::http::{client, get};
use crate::common::rooms::RoomApi;

/// A server that has done something of each kind.
async fn used_server() -> TestServer {
    let server = TestServer::start().await;
    DetectClient::connect(&server).await.expect_alive().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    rooms.try_join(&room.phone_token).await;
    let phone = client(&server);
    phone.get(&room.join_url).send().await.unwrap();
    server
}

#[tokio::test]
async fn it_is_told_as_prometheus_reads_it() {
    let server = TestServer::start().await;
    let answer = get(server.addr(), "localhost", "/metrics").await;
    assert_eq!(answer.headers["content-type"], "text/plain; version=0.0.4");
    assert_eq!(answer.headers["cache-control"], "no-store");
    Exposition::parse(&answer.body);
}

/// Like everything else that is not for this machine itself.
#[tokio::test]
async fn another_host_is_sent_to_https() {
    let server = TestServer::start().await;
    let answer = get(server.addr(), "192.168.1.5", "/metrics").await;
    assert_eq!(answer.status, 308);
    assert!(!answer.body.contains("sightline_"));
}

#[tokio::test]
async fn names_types_and_help_keep_to_the_conventions() {
    let server = used_server().await;
    for (name, family) in &scrape(&server).await.0 {
        let Family {
            help,
            kind,
            samples,
        } = family;
        assert!(
            name.starts_with("sightline_") || name.starts_with("process_"),
            "{name}"
        );
        assert!(help.ends_with('.') && help.len() > 15, "{name}: {help}");
        assert!(
            ["counter", "gauge", "histogram"].contains(&kind.as_str()),
            "{name}: {kind}"
        );
        assert_eq!(
            name.ends_with("_total"),
            kind == "counter",
            "{name}: {kind}"
        );
        if kind == "histogram" {
            assert!(name.ends_with("_seconds"), "{name}");
        }
        assert!(samples.iter().all(|sample| sample.value >= 0.0), "{name}");
        if name.ends_with("_info") {
            assert!(samples.len() == 1 && samples[0].value == 1.0, "{name}");
        }
        let mut series = BTreeSet::new();
        for Sample { name, labels, .. } in samples {
            assert!(series.insert((name, labels)), "{name} {labels:?} twice");
        }
    }
}

#[tokio::test]
async fn histograms_are_cumulative_and_whole() {
    let server = used_server().await;
    let metrics = scrape(&server).await;
    let mut checked = 0;
    for (name, family) in metrics
        .0
        .iter()
        .filter(|(_, family)| family.kind == "histogram")
    {
        let (bucket, count) = (format!("{name}_bucket"), format!("{name}_count"));
        for total in family.samples.iter().filter(|sample| sample.name == count) {
            let buckets: Vec<(f64, f64)> = family
                .samples
                .iter()
                .filter(|sample| sample.name == bucket)
                .filter_map(|sample| {
                    let mut labels = sample.labels.clone();
                    let bound = labels.remove("le").expect("a bucket has a bound");
                    (labels == total.labels).then(|| (bound.parse().unwrap(), sample.value))
                })
                .collect();
            assert!(
                buckets.is_sorted(),
                "bounds and counts grow: {name} {buckets:?}"
            );
            assert!(
                buckets.is_sorted_by_key(|(_, count)| *count),
                "{name} {buckets:?}"
            );
            assert_eq!(
                buckets.last(),
                Some(&(f64::INFINITY, total.value)),
                "{name}"
            );
            assert_eq!(total.value, 1.0, "one frame was answered: {name}");
            checked += 1;
        }
    }
    assert_eq!(checked, 6, "five stages and the whole");
}

#[tokio::test]
async fn promtool_finds_nothing_to_say() {
    let server = used_server().await;
    if let Some((passed, told)) = promtool(&["check", "metrics"], &text(&server).await) {
        assert!(passed && told.is_empty(), "{told}");
    }
}

/// Whatever clients ask for, there are no more series than routes and classes of status.
#[tokio::test]
async fn labels_are_our_own_words() {
    let server = used_server().await;
    let rooms = RoomApi::of(&server);
    let room = rooms.create().await;
    for path in [
        "/secret-path",
        "/j/secret-token",
        "/api/rooms/secret-room/metrics",
        "/assets/secret.js",
    ] {
        get(server.addr(), "localhost", path).await;
    }
    rooms
        .signal(&room.room, &room.viewer_token, &1.into())
        .await;
    let text = text(&server).await;
    for secret in ["secret", &room.room, &room.viewer_token, &room.phone_token] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let metrics = Exposition::parse(&text);
    let requests = &metrics.0["sightline_http_requests_total"].samples;
    let routes: BTreeSet<&str> = requests
        .iter()
        .map(|sample| sample.labels["route"].as_str())
        .collect();
    let expected = [
        "/api/detect",
        "/api/join/{token}",
        "/api/rooms",
        "/api/rooms/{room}/metrics",
        "/api/rooms/{room}/signal",
        "/assets/{*file}",
        "/j/{token}",
        "none",
    ];
    assert_eq!(routes, BTreeSet::from(expected));
}
