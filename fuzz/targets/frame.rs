#![no_main]
#[path = "../drive.rs"]
#[allow(dead_code)]
mod drive;

use std::cell::RefCell;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sightline::model::Manifest;

const MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../models/ssdlite_mobilenet_v2"
);

thread_local! {
    static WAY: RefCell<drive::FrameWay> =
        RefCell::new(drive::FrameWay::new(Manifest::load(Path::new(MODEL)).expect("the model")));
}

fuzz_target!(|message: &[u8]| WAY.with_borrow_mut(|way| way.take(message)));
