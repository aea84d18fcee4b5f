//! What is kept, what is made anew, and what the authority may vouch for.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use tokio_rustls::rustls::pki_types::CertificateDer;

use super::leaf::{Leaf, fault};
use super::{
    AUTHORITY_FILE, Advice, Authority, Certificates, DAY, Kept, LEAF_FILE, LOOK_EVERY, Wanted,
    may_name, store,
};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn open(folder: &Path, wanted: &[&str]) -> Certificates {
    open_on("dev", folder, wanted)
}

fn open_on(computer: &str, folder: &Path, wanted: &[&str]) -> Certificates {
    let names = names(wanted);
    let wanted = Wanted {
        files: None,
        folder,
        names: &names,
        computer,
    };
    Certificates::open(&wanted).unwrap()
}

fn shown(certificates: &Certificates) -> CertificateDer<'static> {
    certificates.shown().cert[0].clone()
}

fn authority(folder: &Path) -> Authority {
    Authority::read(folder).unwrap().expect("one is kept")
}

#[test]
fn the_leaf_is_kept_until_an_address_is_missing_and_the_authority_longer() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), &["localhost", "192.168.1.5"]);
    let again = open(dir.path(), &["192.168.1.5"]);
    assert_eq!(shown(&again), shown(&first));
    let moved = open(dir.path(), &["192.168.1.6"]);
    assert_ne!(shown(&moved), shown(&first));
    let fingerprint = |certificates: &Certificates| certificates.authority().unwrap().fingerprint();
    assert_eq!(fingerprint(&moved), fingerprint(&first));
}

#[test]
fn a_new_address_is_named_while_the_server_runs() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = open(dir.path(), &["192.168.1.5"]);
    let before = shown(&certificates);
    assert!(!certificates.ensure(&names(&["192.168.1.5"])).unwrap());
    assert_eq!(shown(&certificates), before);
    let moved = names(&["192.168.1.5", "10.1.2.3"]);
    assert!(certificates.ensure(&moved).unwrap());
    let after = shown(&certificates);
    let now = SystemTime::now();
    let authority = authority(dir.path());
    assert_eq!(fault(&authority, &after, &moved, now), None);
    let told = fault(&authority, &before, &moved, now).unwrap();
    assert!(told.contains("10.1.2.3"), "{told}");
    let kept = Leaf::read(dir.path()).unwrap();
    assert_eq!(kept.certificate(), &after, "the next start shows it, too");
}

#[test]
fn a_leaf_that_cannot_be_kept_is_shown_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = open(dir.path(), &["192.168.1.5"]);
    fs::remove_file(dir.path().join(LEAF_FILE)).unwrap();
    // No file takes the place of a folder.
    fs::create_dir(dir.path().join(LEAF_FILE)).unwrap();
    let moved = names(&["192.168.1.5", "10.1.2.3"]);
    assert!(certificates.ensure(&moved).unwrap());
    let (authority, after) = (authority(dir.path()), shown(&certificates));
    assert_eq!(fault(&authority, &after, &moved, SystemTime::now()), None);
}

#[test]
fn a_leaf_is_good_for_less_than_398_days_and_renewed_two_weeks_before() {
    let dir = tempfile::tempdir().unwrap();
    let wanted = names(&["localhost"]);
    let leaf = shown(&open(dir.path(), &["localhost"]));
    let authority = authority(dir.path());
    let at = |days: u32| fault(&authority, &leaf, &wanted, SystemTime::now() + DAY * days);
    let left = 396 - 14;
    assert_eq!(at(left - 1), None);
    assert!(at(left + 1).unwrap().contains("expire"));
}

/// What a test can have of a year's passing: the hourly look finds that the leaf no longer serves.
#[tokio::test(start_paused = true)]
async fn an_hourly_look_renews_what_serves_no_longer() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = Arc::new(open(dir.path(), &["localhost"]));
    let other = tempfile::tempdir().unwrap();
    let stranger = open(other.path(), &["localhost"]);
    *certificates.shown.write().unwrap() = stranger.shown();
    let looking = {
        let certificates = Arc::clone(&certificates);
        tokio::spawn(async move { certificates.keep_fresh().await })
    };
    tokio::time::sleep(LOOK_EVERY + LOOK_EVERY / 2).await;
    looking.abort();
    let authority = authority(dir.path());
    let wanted = names(&["localhost"]);
    let found = fault(
        &authority,
        &shown(&certificates),
        &wanted,
        SystemTime::now(),
    );
    assert_eq!(found, None);
}

#[test]
fn the_authority_vouches_for_nothing_on_the_internet() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), &["localhost"]);
    let authority = authority(dir.path());
    let local = [
        "localhost",
        "laptop.local",
        "192.168.1.5",
        "172.31.255.1",
        "10.0.0.1",
        "169.254.7.8",
        "127.0.0.1",
        "::1",
        "fd00::2",
        "fe80::1",
    ];
    for name in local {
        assert!(may_name(&authority, name), "{name}");
    }
    let others = [
        "example.com",
        "google.com",
        "laptop.com",
        "dev",
        "laptop.dev",
        "local.com",
        "notlocal",
        "8.8.8.8",
        "172.32.0.1",
        "2606:4700::1",
    ];
    for name in others {
        assert!(!may_name(&authority, name), "{name}");
    }
}

/// This test's other computers are called `dev`, as a domain of the Internet is.
#[test]
fn a_whole_host_name_of_this_machine_is_vouched_for_and_not_its_neighbours() {
    let dir = tempfile::tempdir().unwrap();
    open_on("laptop.office.dev", dir.path(), &["localhost"]);
    let authority = authority(dir.path());
    assert!(may_name(&authority, "laptop.office.dev"));
    assert!(!may_name(&authority, "office.dev") && !may_name(&authority, "other.office.dev"));
}

#[test]
fn a_public_name_does_not_spoil_the_leaf_for_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = open(dir.path(), &["localhost", "laptop.example.org", "8.8.8.8"]);
    let authority = authority(dir.path());
    let local = names(&["localhost"]);
    let leaf = shown(&certificates);
    assert_eq!(fault(&authority, &leaf, &local, SystemTime::now()), None);
    let again = open(dir.path(), &["localhost", "laptop.example.org", "8.8.8.8"]);
    assert_eq!(shown(&again), leaf, "it is not made anew at each start");
}

#[test]
fn people_are_told_what_a_phone_will_show() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = open(dir.path(), &["localhost"]);
    let fingerprint = certificates.authority().unwrap().fingerprint();
    let url = "http://192.168.1.5:3000/trust".to_owned();
    let trust = Advice::Trust { url, fingerprint };
    assert_eq!(certificates.advice("https://192.168.1.5:3000"), trust);
    let public = certificates.advice("https://laptop.example.org:3000");
    let Advice::Warns { why } = public else {
        panic!("{public:?}")
    };
    assert!(
        why.contains("laptop.example.org") && why.contains("--cert"),
        "{why}"
    );
    assert_eq!(certificates.advice("https://x.ngrok.app"), Advice::Nothing);
    let ipv6 = certificates.advice("https://[fd00::2]:3000");
    assert!(matches!(ipv6, Advice::Trust { url, .. } if url == "http://[fd00::2]:3000/trust"));
}

#[test]
fn another_authority_makes_another_leaf() {
    let dir = tempfile::tempdir().unwrap();
    let first = shown(&open(dir.path(), &["localhost"]));
    fs::remove_file(dir.path().join(AUTHORITY_FILE)).unwrap();
    let second = open(dir.path(), &["localhost"]);
    assert_ne!(shown(&second), first);
}

#[test]
fn a_damaged_leaf_is_replaced_and_a_damaged_authority_is_named() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), &["localhost"]);
    fs::write(dir.path().join(LEAF_FILE), "none").unwrap();
    open(dir.path(), &["localhost"]);
    fs::write(dir.path().join(AUTHORITY_FILE), "none").unwrap();
    for told in [
        super::look(dir.path(), &names(&["localhost"])).err(),
        Authority::open(dir.path(), "laptop").err(),
    ] {
        let told = format!("{:#}", told.expect("it cannot be used"));
        assert!(
            told.contains("delete") && told.contains(AUTHORITY_FILE),
            "{told}"
        );
    }
}

#[test]
fn the_file_of_an_earlier_version_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("identity.json"), "{}").unwrap();
    open(dir.path(), &["localhost"]);
    assert_eq!(fs::read(dir.path().join("identity.json")).unwrap(), b"{}");
}

/// Two servers that start together on one folder: the second goes by what the first has kept.
#[test]
fn the_first_authority_stays() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(AUTHORITY_FILE);
    open(dir.path(), &["localhost"]);
    let first = fs::read(&file).unwrap();
    assert!(!store::create(&file, "another").unwrap());
    assert_eq!(fs::read(&file).unwrap(), first);
}

#[test]
fn a_look_tells_what_is_kept_and_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let look = |wanted: &[&str]| super::look(dir.path(), &names(wanted)).unwrap();
    assert!(matches!(look(&["localhost"]), Kept::Nothing));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    open(dir.path(), &["localhost"]);
    assert!(matches!(
        look(&["localhost"]),
        Kept::Good { days_left: 395, .. }
    ));
    let Kept::Unfit { fault, .. } = look(&["localhost", "192.168.1.6"]) else {
        panic!("an address is missing")
    };
    assert!(fault.contains("192.168.1.6"), "{fault}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_the_keys_also_after_others_could() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let mode = |name| {
        let metadata = fs::metadata(dir.path().join(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    let kept = shown(&open(dir.path(), &["localhost"]));
    for name in [AUTHORITY_FILE, LEAF_FILE] {
        assert_eq!(mode(name), 0o600, "{name}");
        let readable = fs::Permissions::from_mode(0o644);
        fs::set_permissions(dir.path().join(name), readable).unwrap();
        assert_eq!(super::exposed(dir.path()), Some(dir.path().join(name)));
        assert_eq!(shown(&open(dir.path(), &["localhost"])), kept);
        assert_eq!(mode(name), 0o600, "{name} is mended");
    }
}
