//! What hostile clients cost in memory. A program of its own, with one test at a time: the figures
//! are those of the whole process.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use common::bystander::with_bystander;
use common::detect::{CAPTURE_TS, DetectClient, frame};
use common::raw::{BINARY, FIN, RawSocket, masked};
use common::{PEOPLE, soon};
use tokio::io::AsyncWriteExt;
use tokio::sync::Mutex;

const MB: u64 = 1 << 20;

static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// A figure of /proc/self/status, in bytes.
fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() * 1024
}

/// It offers much more than all buffers hold, until nobody takes it any more.
#[tokio::test]
async fn a_client_that_never_reads() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let (server, bystander) = with_bystander(&[]).await;
    let RawSocket {
        mut reader,
        mut writer,
    } = RawSocket::connect_narrow(server.addr()).await;
    let before = memory("VmRSS:");
    // A time that does not exist has the longest answer there is, and fills the buffers soonest.
    let good = masked(FIN | BINARY, &frame(1, CAPTURE_TS, PEOPLE));
    let refused = masked(FIN | BINARY, &frame(2, f64::NAN, &[0; 6000]));
    let sent = AtomicU64::new(0);
    let flood = async {
        loop {
            for message in [&good, &refused, &refused, &refused] {
                writer.write_all(message).await?;
                sent.fetch_add(message.len() as u64, Ordering::Relaxed);
            }
        }
    };
    let cut: std::io::Result<()> = soon("the server's patience to end", flood).await;
    cut.expect_err("the server lets go of it");
    let grown = memory("VmRSS:").saturating_sub(before);
    let sent = sent.into_inner();
    assert!(sent > 100 * MB, "too little to tell: {sent} bytes");
    assert!(grown < 50 * MB, "{grown} bytes more after {sent}");
    reader.drain().await;
    bystander.noticed_nothing().await;
}

/// 65535×65535 pixels would be 12.9 GB; even untouched they would show as address space.
#[tokio::test]
async fn a_huge_jpeg_costs_nothing() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let (server, bystander) = with_bystander(&[]).await;
    let mut client = DetectClient::connect(&server).await;
    let before = memory("VmPeak:");
    let start = PEOPLE.windows(2).position(|pair| pair == [0xFF, 0xC0]);
    let mut huge = PEOPLE.to_vec();
    huge[start.unwrap() + 5..][..4].fill(0xFF);
    assert_eq!(client.refusal(&huge).await, "too_large");
    let grown = memory("VmPeak:") - before;
    assert!(grown < 1024 * MB, "{grown} bytes");
    bystander.noticed_nothing().await;
}

/// Each keeps what its kernel buffers and one waiting frame hold, no more.
#[tokio::test]
async fn many_greedy_clients() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let (server, bystander) = with_bystander(&[]).await;
    let before = memory("VmRSS:");
    let mut floods = Vec::new();
    for _ in 0..8 {
        let DetectClient {
            mut sender,
            mut receiver,
        } = DetectClient::connect(&server).await;
        floods.push(async move {
            let sending = async {
                for id in 0..1000 {
                    sender.send_frame(id, CAPTURE_TS, PEOPLE).await;
                }
            };
            let hearing = async {
                for _ in 0..1000 {
                    receiver.next_answer().await;
                }
            };
            tokio::join!(sending, hearing);
        });
    }
    futures_util::future::join_all(floods).await;
    let grown = memory("VmRSS:").saturating_sub(before);
    assert!(grown < 50 * MB, "{grown} bytes more");
    bystander.noticed_nothing().await;
}
