//! No secret is where it does not belong: in the repository, in a log, in what the program prints.

use std::path::Path;
use std::process::Command;

use crate::common::{http, say_skipped};
use crate::{folders, output, program, sightline};

/// Words that begin a private key, written so that this file has none.
const KEY_HEADS: [&str; 6] = ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED "];
/// How keys and kept identities are named.
const KEY_FILES: [&str; 8] = [
    ".pem",
    ".key",
    ".p12",
    ".pfx",
    "id_rsa",
    "id_ed25519",
    "identity.json",
    ".env",
];
/// How well-known services begin their keys, and how long these are at least.
const KEY_BEGINNINGS: [(&str, usize); 5] = [
    ("AKIA", 20),
    ("ghp_", 40),
    ("github_pat_", 40),
    ("xoxb-", 24),
    ("AIza", 39),
];

fn in_words(text: &str) -> impl Iterator<Item = &str> {
    let in_word = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    text.split(move |c| !in_word(c))
}

/// What is secret in a file, if anything.
fn secret_in(name: &str, text: &str) -> Option<String> {
    if KEY_FILES.iter().any(|ending| name.ends_with(ending)) {
        return Some(format!("{name} is named like a key"));
    }
    let heads = KEY_HEADS.map(|kind| format!("-----BEGIN {kind}PRIVATE KEY-----"));
    if heads.iter().any(|head| text.contains(head.as_str())) {
        return Some(format!("{name} has a private key in it"));
    }
    let is_key = |word: &&str| {
        let mut beginnings = KEY_BEGINNINGS.iter();
        beginnings.any(|(start, length)| word.starts_with(start) && word.len() >= *length)
    };
    in_words(text)
        .find(is_key)
        .map(|word| format!("{name} has {word} in it"))
}

#[test]
fn no_key_is_in_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root)
        .output();
    let Some(listed) = listed.ok().filter(|listed| listed.status.success()) else {
        return say_skipped("this is no git checkout");
    };
    let names = String::from_utf8(listed.stdout).unwrap();
    let names: Vec<&str> = names.split_terminator('\0').collect();
    assert!(names.len() > 100, "git lists what is here");
    let found: Vec<String> = names
        .iter()
        .filter_map(|name| {
            let bytes = std::fs::read(root.join(name)).ok()?;
            secret_in(name, &String::from_utf8_lossy(&bytes))
        })
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_key_would_be_found() {
    let made = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let of_a_service = format!("key=AKIA{};", "ABCDEFGHIJKLMNOP");
    for (name, text) in [
        ("notes.txt", made.as_str()),
        ("state/identity.json", "{}"),
        ("docs/a.md", &of_a_service),
    ] {
        assert!(secret_in(name, text).is_some(), "{name}");
    }
    assert_eq!(secret_in("src/tls.rs", "a PRIVATE KEY, and AKIA"), None);
}

const ACCESS_KEY: &str = "correct-horse-battery";

#[tokio::test]
async fn the_access_key_is_printed_nowhere() {
    for line in [
        &["--help"][..],
        &["serve", "--help"],
        &["--access-key", "2short", "--port", "0"],
    ] {
        let mut command = program(line.iter().map(ToString::to_string).collect());
        command.env("ACCESS_KEY", ACCESS_KEY);
        let output = output(command).await;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(
            !said.contains(ACCESS_KEY) && !said.contains("2short"),
            "{said}"
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_access_key_is_never_logged() {
    let folders = folders();
    let mut command = sightline(folders.path(), &[]);
    command
        .env("ACCESS_KEY", ACCESS_KEY)
        .env("RUST_LOG", "trace");
    let logged = crate::logs::Logged::start(command).await;
    let certificate = http::kept_certificate(&crate::common::state_dir(folders.path()));
    let tls = http::trusting(&certificate).build().unwrap();
    let base = format!("https://127.0.0.1:{}", logged.program.port);
    // By a LAN address in the Host: another machine's, as far as the server can tell.
    for (key, status) in [(ACCESS_KEY, 200), ("quite-another-key", 401)] {
        let request = tls
            .post(format!("{base}/api/rooms"))
            .header("host", "192.168.1.5");
        assert_eq!(
            request.bearer_auth(key).send().await.unwrap().status(),
            status
        );
        let request = tls
            .get(format!("{base}/api/detect?key={key}"))
            .header("host", "192.168.1.5");
        request.header("upgrade", "websocket").send().await.unwrap();
        let request = tls.get(format!("{base}/no/where?key={key}"));
        request.send().await.unwrap();
    }
    let (stdout, stderr) = logged.stop().await;
    assert!(
        stderr.contains("/api/rooms"),
        "requests are logged: {stderr}"
    );
    for secret in [ACCESS_KEY, "quite-another-key"] {
        assert!(
            !stderr.contains(secret) && !stdout.contains(secret),
            "{secret} in {stderr}"
        );
    }
}
