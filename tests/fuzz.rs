//! The short form of `fuzz/`: its corpus, then random changes to it, against the same parts.

mod common;
#[path = "../fuzz/drive.rs"]
mod drive;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{MODEL, TestServer};
use drive::{FrameWay, PATIENT, Signaller, converse};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sightline::model::Manifest;

/// Panics in threads of the server, which nobody else would notice: it answers on.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Every file of the corpus, then as many random changes of its files.
fn fuzz(target: &str, changes: u32, mut drive: impl FnMut(&[u8])) {
    let corpus = corpus(target);
    for seed in &corpus {
        drive(seed);
    }
    let inputs = (select(corpus), prop::collection::vec(edit(), 1..6));
    let drive = std::cell::RefCell::new(drive);
    let mut runner = TestRunner::new(Config {
        cases: changes,
        failure_persistence: None,
        ..Config::default()
    });
    let ran = runner.run(&inputs, |(mut bytes, edits)| {
        edits.iter().for_each(|edit| edit.apply(&mut bytes));
        drive.borrow_mut()(&bytes);
        match PANICS.load(Ordering::SeqCst) {
            0 => Ok(()),
            _ => Err(TestCaseError::fail("a thread of the server panicked")),
        }
    });
    ran.unwrap_or_else(|finding| panic!("{target}: {finding}"));
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let files = fs::read_dir(&folder).expect("a corpus");
    let corpus: Vec<_> = files
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect();
    assert!(!corpus.is_empty(), "nothing in {}", folder.display());
    corpus
}

#[derive(Debug, Clone)]
enum Edit {
    Set(Index, u8),
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
    Repeat(Index, Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    // What lengths and markers are made of is tried more often than the rest.
    let byte = prop_oneof![
        any::<u8>(),
        select(vec![0, 1, 0x7F, 0x80, 0xD8, 0xD9, 0xFF, b'\n', b'\r'])
    ];
    let at = any::<Index>;
    prop_oneof![
        (at(), byte.clone()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (at(), 0..8_u32).prop_map(|(at, bit)| Edit::Flip(at, 1 << bit)),
        at().prop_map(Edit::Cut),
        (at(), prop::collection::vec(byte, 1..9)).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        (at(), at()).prop_map(|(from, to)| Edit::Repeat(from, to)),
    ]
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let place = |index: &Index| index.index(bytes.len());
        match self {
            Self::Set(at, byte) => {
                let at = place(at);
                bytes[at] = *byte
            }
            Self::Flip(at, bit) => {
                let at = place(at);
                bytes[at] ^= bit
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::Insert(at, new) => {
                let at = place(at);
                drop(bytes.splice(at..at, new.iter().copied()))
            }
            Self::Repeat(a, b) => {
                let (a, b) = (place(a), place(b));
                bytes.extend_from_within(a.min(b)..a.max(b));
            }
        }
    }
}

#[test]
fn frame_headers_and_jpegs() {
    let mut way = FrameWay::new(Manifest::load(Path::new(MODEL)).unwrap());
    fuzz("frame", 10_000, |message| way.take(message));
}

/// The fuzzer's clients wait for answers: they get a thread of their own.
async fn with_server(drive: impl FnOnce(std::net::SocketAddr) + Send + 'static) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        usual(panic);
    }));
    let server = TestServer::with(&PATIENT).await;
    let addr = server.addr();
    tokio::task::spawn_blocking(move || drive(addr))
        .await
        .expect("no finding");
}

#[tokio::test(flavor = "multi_thread")]
async fn signalling_bodies() {
    with_server(|addr| {
        let mut signaller = Signaller::new(addr);
        fuzz("signal", 5000, |data| signaller.ask(data));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_bytes_of_a_connection_tls_or_plain() {
    with_server(|addr| fuzz("connection", 3000, |bytes| converse(addr, bytes))).await;
}
