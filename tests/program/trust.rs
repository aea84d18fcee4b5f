//! A certificate of the operator's own: what is refused, what is only told, and what the welcome says of ours.

use std::fs;
use std::path::Path;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use crate::common::{TestServer, command_line, folders};
use crate::refusals::assert_refuses;
use crate::{output, program, sightline, welcomed};

/// Certificate and key, good until the first day of a year.
fn make_pair(folder: &Path, name: &str, end: i32) -> [String; 2] {
    let names = ["*.own.test", "localhost"].map(str::to_owned);
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(end, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    [("crt", certificate), ("key", key.serialize_pem())].map(|(end, pem)| {
        let path = folder.join(format!("{name}.{end}"));
        fs::write(&path, pem).unwrap();
        path.to_str().unwrap().to_owned()
    })
}

#[tokio::test]
async fn refuses_a_certificate_or_a_key_that_will_not_do() {
    let folders = folders();
    let [certificate, key] = make_pair(folders.path(), "own", 4000);
    let [other, other_key] = make_pair(folders.path(), "other", 4000);
    let [expired, expired_key] = make_pair(folders.path(), "expired", 2021);
    let empty = folders.path().join("pages/index.html");
    let empty = empty.to_str().unwrap();
    for (flags, words) in [
        (
            ["--cert", &certificate, "--key", &other_key],
            &["other.key", "own.crt", "--key"][..],
        ),
        (
            ["--cert", &other, "--key", "/nowhere.key"],
            &["/nowhere.key", "--key", "cannot read"],
        ),
        (
            ["--cert", "/nowhere.crt", "--key", &key],
            &["/nowhere.crt", "--cert", "cannot read"],
        ),
        (
            ["--cert", empty, "--key", &key],
            &["index.html", "--cert", "BEGIN CERTIFICATE"],
        ),
        (
            ["--cert", &certificate, "--key", empty],
            &["index.html", "--key", "private key"],
        ),
        (
            ["--cert", &expired, "--key", &expired_key],
            &["expired.crt", "expired on", "renew"],
        ),
    ] {
        assert_refuses(sightline(folders.path(), &flags), words).await;
    }
}

#[tokio::test]
async fn a_certificate_and_its_key_come_together() {
    let folders = folders();
    for (flag, other) in [("--cert", "--key"), ("--key", "--cert")] {
        let output = output(sightline(folders.path(), &[flag, "/some.pem"])).await;
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(other), "{told}");
    }
}

/// What the program says when it starts.
async fn welcome(folders: &Path, flags: &[&str]) -> String {
    welcomed(sightline(folders, flags)).await.welcome
}

#[tokio::test]
async fn the_welcome_tells_what_a_phone_will_show() {
    let folders = folders();
    let ours = welcome(folders.path(), &["--public-host", "192.168.77.5"]).await;
    assert!(
        ours.contains("http://192.168.77.5:") && ours.contains("/trust on it"),
        "{ours}"
    );
    let fingerprint = |line: &&str| line.trim().split(':').count() == 32;
    assert_eq!(ours.lines().filter(fingerprint).count(), 1, "{ours}");
    let public = welcome(folders.path(), &["--public-host", "laptop.example.com"]).await;
    assert!(
        public.contains("laptop.example.com") && public.contains("--cert"),
        "{public}"
    );
    assert!(!public.contains("/trust"), "{public}");

    let [certificate, key] = make_pair(folders.path(), "own", 4000);
    let own = |host| ["--cert", &certificate, "--key", &key, "--public-host", host];
    let covered = welcome(folders.path(), &own("laptop.own.test")).await;
    assert!(
        !covered.contains("ertificate"),
        "there is nothing to say: {covered}"
    );
    let other = welcome(folders.path(), &own("laptop.other.test")).await;
    assert!(other.contains("does not name laptop.other.test"), "{other}");
}

#[tokio::test]
async fn check_tells_of_a_certificate_of_ones_own() {
    let maker = TestServer::start().await;
    let pair = maker.state_dir().join("server.pem");
    let pair = pair.to_str().unwrap();
    let folders = folders();
    for (host, words) in [
        ("phone.example", ["395 more days", "no authority"]),
        (
            "elsewhere.test",
            ["does not name elsewhere.test", "--public-host"],
        ),
    ] {
        let mut line = vec!["check".to_owned()];
        let flags = ["--cert", pair, "--key", pair, "--public-host", host];
        line.extend(command_line(folders.path(), &flags));
        let output = output(program(line)).await;
        let told = String::from_utf8(output.stdout).unwrap();
        let found = told.lines().find(|line| line.contains(" certificate "));
        let found = found.unwrap_or_else(|| panic!("{told}"));
        for word in words {
            assert!(found.contains(word), "no {word:?} in {found}");
        }
    }
    assert!(!crate::state_dir(folders.path()).exists());
}
