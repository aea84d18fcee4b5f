//! The local authority in front of clients that trust it and nothing else: a leaf for new addresses needs no new
//! trust, and the page `/trust` gives every phone what it needs, by plain HTTP, too.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::Client;

use crate::common::http::{RawAnswer, client, get, kept_certificate, trusting};
use crate::common::{PHONE_HOST, TestServer};

/// A phone on the network, as the server sees it.
const LAN: &str = "192.168.77.5:3000";

fn openssl(arguments: &[&str]) -> (bool, String) {
    let output = Command::new("openssl").args(arguments).output();
    let output = output.expect("openssl is missing: install it (Debian: openssl)");
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    (output.status.success(), told)
}

/// The authority's certificate and the leaf's, in files of their own.
fn files(server: &TestServer) -> (PathBuf, PathBuf) {
    let authority = server.state_dir().join("ca-only.pem");
    fs::write(&authority, kept_certificate(&server.state_dir())).unwrap();
    (authority, server.state_dir().join("server.pem"))
}

fn verify(authority: &Path, leaf: &Path, name: [&str; 2]) -> (bool, String) {
    let [authority, leaf] = [authority, leaf].map(|path| path.to_str().unwrap());
    let [kind, name] = name;
    openssl(&[
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-CAfile",
        authority,
        kind,
        name,
        leaf,
    ])
}

#[tokio::test]
async fn openssl_takes_the_leaf_for_every_name_and_no_other() {
    let server = TestServer::start().await;
    let (authority, leaf) = files(&server);
    for name in [
        ["-verify_hostname", "localhost"],
        ["-verify_hostname", PHONE_HOST],
        ["-verify_ip", "127.0.0.1"],
        ["-verify_ip", "::1"],
    ] {
        let (good, told) = verify(&authority, &leaf, name);
        assert!(good, "{name:?}: {told}");
    }
    let (good, told) = verify(&authority, &leaf, ["-verify_ip", "192.168.1.77"]);
    assert!(!good, "{told}");
    let (_, text) = openssl(&[
        "x509",
        "-noout",
        "-text",
        "-in",
        authority.to_str().unwrap(),
    ]);
    for words in [
        "X509v3 Basic Constraints: critical",
        "CA:TRUE, pathlen:0",
        "X509v3 Name Constraints: critical",
        "CN = Sightline on ",
    ] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
}

/// The name constraints, against a stolen key: what it signs for the Internet is refused.
#[tokio::test]
async fn openssl_refuses_what_the_authority_signs_for_the_internet() {
    let server = TestServer::start().await;
    let (authority, _) = files(&server);
    let folder = server.state_dir();
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (request, key) = (file("request.pem"), file("key.pem"));
    let (made, told) = openssl(&[
        "req",
        "-new",
        "-nodes",
        "-newkey",
        "rsa:2048",
        "-keyout",
        &key,
        "-out",
        &request,
        "-subj",
        "/O=stolen",
    ]);
    assert!(made, "{told}");
    for (san, name, good) in [
        (
            "DNS:example.com",
            ["-verify_hostname", "example.com"],
            false,
        ),
        ("IP:8.8.8.8", ["-verify_ip", "8.8.8.8"], false),
        // It could have been good: what is refused above is refused for its name.
        ("DNS:other.local", ["-verify_hostname", "other.local"], true),
    ] {
        let (extensions, leaf) = (file("extensions"), file("stolen.pem"));
        let text = format!(
            "subjectAltName={san}\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\n"
        );
        fs::write(&extensions, text).unwrap();
        let kept = file("authority.pem");
        let (signed, told) = openssl(&[
            "x509",
            "-req",
            "-in",
            &request,
            "-CA",
            &kept,
            "-CAkey",
            &kept,
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            &extensions,
            "-out",
            &leaf,
        ]);
        assert!(signed, "{told}");
        let (taken, told) = verify(&authority, Path::new(&leaf), name);
        assert_eq!(taken, good, "{san}: {told}");
        assert!(
            good || told.contains("permitted subtree violation"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_leaf_for_a_new_address_needs_no_new_trust_and_no_restart() {
    const MOVED: &str = "moved.local";
    let server = TestServer::with(&["--allow-host", MOVED]).await;
    let fresh = || -> Client {
        let phone = trusting(&kept_certificate(&server.state_dir())).resolve(MOVED, server.addr());
        phone.build().unwrap()
    };
    let address = format!("https://{MOVED}:{}/healthz", server.addr().port());
    let refused = fresh().get(&address).send().await;
    assert!(refused.is_err(), "it is not named yet");
    let open = client(&server);
    let before = open.get(server.https("/healthz")).send().await.unwrap();
    assert_eq!(before.status(), 200);

    let names = ["127.0.0.1", "localhost", MOVED].map(str::to_owned);
    assert!(server.server.certificates().ensure(&names).unwrap());
    let answer = fresh().get(&address).send().await.expect("trusted");
    assert_eq!(answer.status(), 200);
    let after = open.get(server.https("/healthz")).send().await;
    assert_eq!(after.expect("the open connection goes on").status(), 200);
    assert!(!server.server.certificates().ensure(&names).unwrap());
}

async fn plain(server: &TestServer, path: &str) -> RawAnswer {
    get(server.addr(), LAN, path).await
}

#[tokio::test]
async fn trust_is_the_one_page_of_plain_http() {
    let server = TestServer::start().await;
    let page = plain(&server, "/trust").await;
    assert_eq!(page.status, 200);
    assert!(page.headers["content-type"].starts_with("text/html"));
    assert!(page.headers["content-security-policy"].contains("style-src 'self'"));
    assert!(!page.body.contains("<script") && !page.body.contains("style="));
    for words in [
        "iPhone",
        "Android",
        "plain HTTP",
        "visit this website",
        "https://192.168.77.5:3000/",
    ] {
        assert!(page.body.contains(words), "no {words:?} in {}", page.body);
    }
    assert!(
        !page.body.contains('{'),
        "a blank was not filled in: {}",
        page.body
    );
    assert_eq!(plain(&server, "/trust/style.css").await.status, 200);
    assert_eq!(plain(&server, "/trust/none").await.status, 404);
    for other in ["/", "/j/token", "/api/config", "/trusted", "/healthz"] {
        assert_eq!(plain(&server, other).await.status, 308, "{other}");
    }
}

#[tokio::test]
async fn the_page_leads_back_to_the_phones_page_over_https_only() {
    let server = TestServer::start().await;
    let path = "/trust?to=/j/aB3-secret_";
    let told = plain(&server, path).await.body;
    assert!(
        !told.contains("secret"),
        "a token on a page that anybody could read: {told}"
    );
    let secure = client(&server)
        .get(server.https(path))
        .send()
        .await
        .unwrap();
    let secure = secure.text().await.unwrap();
    assert!(secure.contains("href=\"/j/aB3-secret_\""), "{secure}");
}

/// What a phone installs is the authority that the server goes by, and the fingerprint is its own.
#[tokio::test]
async fn the_downloads_hold_the_authority() {
    let server = TestServer::start().await;
    let der = |path: &str| client(&server).get(server.https(path)).send();
    let answer = der("/trust/sightline.crt").await.unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "application/x-x509-ca-cert"
    );
    let crt = answer.bytes().await.unwrap();
    let file = server.state_dir().join("downloaded.crt");
    fs::write(&file, &crt).unwrap();
    let file = file.to_str().unwrap();
    let (_, pem) = openssl(&["x509", "-inform", "DER", "-in", file]);
    assert_eq!(pem, kept_certificate(&server.state_dir()));
    let (_, told) = openssl(&[
        "x509",
        "-inform",
        "DER",
        "-in",
        file,
        "-noout",
        "-fingerprint",
        "-sha256",
    ]);
    let (_, fingerprint) = told.trim().split_once('=').unwrap();
    let page = plain(&server, "/trust").await.body.replace("<wbr>", "");
    assert!(page.contains(fingerprint), "{fingerprint} in {page}");

    let answer = plain(&server, "/trust/sightline.mobileconfig").await;
    assert_eq!(
        answer.headers["content-type"],
        "application/x-apple-aspen-config"
    );
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let compact = answer.body.replace('\n', "");
    assert!(
        compact.contains(&format!("<data>{base64}")),
        "{}",
        answer.body
    );
    assert!(compact.contains("<string>com.apple.security.root</string>"));
    let again = plain(&server, "/trust/sightline.mobileconfig").await;
    assert_eq!(
        again.body, answer.body,
        "the same profile again replaces the first"
    );
}

/// `--cert` and `--key`: no authority is made, and there is nothing to install.
#[tokio::test]
async fn a_certificate_of_ones_own_is_shown_in_place_of_ours() {
    let maker = TestServer::start().await;
    let pair = maker.state_dir().join("server.pem");
    let pair = pair.to_str().unwrap();
    let server = TestServer::with(&["--cert", pair, "--key", pair]).await;
    assert!(!server.state_dir().exists(), "nothing is kept");
    let phone = trusting(&kept_certificate(&maker.state_dir()))
        .build()
        .unwrap();
    let answer = phone
        .get(server.https("/trust"))
        .send()
        .await
        .expect("their certificate");
    let page = answer.text().await.unwrap();
    assert!(page.contains("nothing to install"), "{page}");
    let crt = plain(&server, "/trust/sightline.crt").await;
    assert_eq!(crt.status, 404);
}
