use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

const KEY: [u8; 10] = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 1, 0xf0, 0];
const DELTA: [u8; 4] = [0x11, 0, 0, 7];

fn header() -> Vec<u8> {
    let mut file = b"DKIF\0\0\x20\0VP80\x80\x02\xe0\x01".to_vec();
    file.extend(30_u32.to_le_bytes());
    file.extend(1_u32.to_le_bytes());
    file.extend([0; 8]);
    file
}

fn frame(tick: u64, data: &[u8]) -> Vec<u8> {
    let size = u32::try_from(data.len()).unwrap();
    [&size.to_le_bytes()[..], &tick.to_le_bytes(), data].concat()
}

fn file(frames: &[(u64, &[u8])]) -> Vec<u8> {
    let frames = frames.iter().flat_map(|(tick, data)| frame(*tick, data));
    header().into_iter().chain(frames).collect()
}

fn refusal(file: Vec<u8>) -> String {
    let error = Clip::parse(file.into()).expect_err("the file is wrong");
    format!("{error:#}")
}

#[test]
fn the_clip_of_the_demo() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("bench/clips/people.ivf");
    let clip = Clip::open(&path).unwrap();
    assert_eq!((clip.width, clip.height), (640, 480));
    assert_eq!(clip.frames.len(), 150);
    assert!((clip.length.as_secs_f64() - 5.0).abs() < 1e-6);
    assert!((clip.frames_per_second() - 30.0).abs() < 0.001);
    // A viewer who comes at any time sees a picture within a second.
    let keys: Vec<u64> = clip
        .frames
        .iter()
        .filter(|frame| frame.is_key)
        .map(|frame| frame.at.as_secs())
        .collect();
    assert_eq!(keys, [0, 1, 2, 3, 4]);
}

#[test]
fn times_begin_with_the_first_frame() {
    let clip = Clip::parse(file(&[(60, &KEY), (63, &DELTA), (66, &DELTA)]).into()).unwrap();
    let times: Vec<_> = clip
        .frames
        .iter()
        .map(|frame| frame.at.as_millis())
        .collect();
    assert_eq!(times, [0, 100, 200]);
    assert_eq!(clip.length.as_millis(), 300);
}

#[test]
fn a_single_picture_is_a_clip() {
    let clip = Clip::parse(file(&[(0, &KEY)]).into()).unwrap();
    assert_eq!(clip.length, LONE_FRAME);
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let changed = |at: usize, to: u8| {
        let mut file = file(&[(0, &KEY)]);
        file[at] = to;
        file
    };
    let huge = [&header()[..], &u32::MAX.to_le_bytes(), &[0; 8]].concat();
    let cases = [
        (Vec::new(), "no IVF"),
        (b"DKIF".to_vec(), "no IVF"),
        (changed(4, 1), "version 1"),
        (changed(6, 31), "wrong length"),
        (changed(7, 255), "wrong length"),
        (changed(11, b'9'), "VP89"),
        (changed(13, 0x80), "32896×480"),
        (changed(16, 0), "time base"),
        (header(), "no frame"),
        (huge, "larger than 2 MiB"),
        (file(&[(0, &DELTA)]), "no key frame"),
        (file(&[(0, &KEY), (1, b"")]), "frame 1: is no VP8"),
        (file(&[(0, &KEY), (0, &DELTA)]), "no video's pace"),
        (file(&[(0, &KEY), (3000, &DELTA)]), "no video's pace"),
        (file(&[(5, &KEY), (4, &DELTA)]), "out of order"),
        (file(&[(0, &KEY), (u64::MAX, &DELTA)]), "out of order"),
    ];
    for (file, expected) in cases {
        let said = refusal(file);
        assert!(
            said.contains(expected),
            "{said:?} does not say {expected:?}"
        );
    }
}

#[test]
fn a_file_cut_anywhere_is_refused_or_shorter() {
    let whole = file(&[(0, &KEY), (1, &DELTA), (2, &DELTA)]);
    for end in 0..whole.len() {
        match Clip::parse(whole[..end].to_vec().into()) {
            Ok(clip) => assert!(clip.frames.len() < 3),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Clip::parse(bytes.into());
    }

    #[test]
    fn nothing_after_a_good_header_breaks_it(
        change in any::<(usize, u8)>(),
        rest in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = [file(&[(0, &KEY), (1, &DELTA)]), rest].concat();
        let at = change.0 % bytes.len();
        bytes[at] = change.1;
        if let Ok(clip) = Clip::parse(bytes.into()) {
            prop_assert!(clip.frames[0].is_key);
            prop_assert!(clip.frames.is_sorted_by_key(|frame| frame.at));
            prop_assert!(clip.length >= clip.frames.last().unwrap().at);
        }
    }
}
