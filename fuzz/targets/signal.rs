#![no_main]
#[path = "../drive.rs"]
#[allow(dead_code)]
mod drive;
mod server;

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;

thread_local! {
    static SIGNALLER: RefCell<drive::Signaller> = RefCell::new(drive::Signaller::new(server::addr()));
}

fuzz_target!(|data: &[u8]| SIGNALLER.with_borrow_mut(|signaller| signaller.ask(data)));
