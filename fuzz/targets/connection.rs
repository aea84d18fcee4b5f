#![no_main]
#[path = "../drive.rs"]
#[allow(dead_code)]
mod drive;
mod server;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| drive::converse(server::addr(), bytes));
