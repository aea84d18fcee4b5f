//! Frames whose picture or time is wrong.

use crate::common::bystander::with_bystander;
use crate::common::detect::{CAPTURE_TS, DetectClient};
use crate::common::{PEOPLE, PEOPLE_CMYK, PEOPLE_GREY, PEOPLE_PROGRESSIVE};

const END_OF_IMAGE: [u8; 2] = [0xFF, 0xD9];

/// Frames that are no whole JPEG: an error each, and the socket stays open.
async fn assert_bad_jpegs<'a>(jpegs: impl IntoIterator<Item = &'a [u8]>) {
    let (server, bystander) = with_bystander(&[]).await;
    let mut client = DetectClient::connect(&server).await;
    for jpeg in jpegs {
        assert_eq!(
            client.refusal(jpeg).await,
            "bad_jpeg",
            "{} bytes",
            jpeg.len()
        );
    }
    client.expect_alive().await;
    client.expect_nothing_more().await;
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn bytes_that_are_no_jpeg() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice();
    let noise: Vec<u8> = (0..20_000_u32).map(|n| ((n * n) >> 7) as u8).collect();
    let nested = [&PEOPLE[..2], PEOPLE].concat();
    let mut ended_noise = noise.clone();
    ended_noise.extend(END_OF_IMAGE);
    assert_bad_jpegs([
        png,
        b"x",
        &noise,
        &ended_noise,
        &[0; 4096],
        &[0xFF; 4096],
        &[0xFF, 0xD8],
        &[0xFF, 0xD8, 0xFF, 0xD9],
        &nested[..6],
    ])
    .await;
}

#[tokio::test]
async fn a_frame_of_nothing_but_its_header() {
    assert_bad_jpegs([&[][..]]).await;
}

#[tokio::test]
async fn a_jpeg_cut_anywhere() {
    let cuts = (1..40)
        .map(|fortieth| PEOPLE.len() * fortieth / 40)
        .chain(PEOPLE.len() - 4..PEOPLE.len());
    assert_bad_jpegs(cuts.map(|cut| &PEOPLE[..cut])).await;
}

#[tokio::test]
async fn a_jpeg_of_another_kind_cut_anywhere() {
    for jpeg in [PEOPLE_GREY, PEOPLE_CMYK, PEOPLE_PROGRESSIVE] {
        let cuts = [1, 2, 3, 4].map(|fifth| jpeg.len() * fifth / 5);
        let cuts = cuts.into_iter().chain([jpeg.len() - 2, jpeg.len() - 1]);
        assert_bad_jpegs(cuts.map(|cut| &jpeg[..cut])).await;
    }
}

/// Frames that are broken inside: decoders mend such files each in their own way, so an error and a
/// result are both right. But there must be one answer, and only one.
async fn assert_answered(jpegs: impl IntoIterator<Item = Vec<u8>>) {
    let (server, bystander) = with_bystander(&[]).await;
    let mut client = DetectClient::connect(&server).await;
    for (frame_id, jpeg) in (0_u32..).zip(jpegs) {
        client.send_frame(frame_id, CAPTURE_TS, &jpeg).await;
        let answer = client.next_answer().await;
        let id = match answer.get("error") {
            Some(error) => {
                let known = ["bad_jpeg", "too_large"];
                assert!(known.contains(&error["code"].as_str().unwrap()), "{answer}");
                &error["frame_id"]
            }
            None => &answer["frame_id"],
        };
        assert_eq!(id, frame_id, "{answer}");
    }
    client.expect_nothing_more().await;
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn a_cut_jpeg_that_pretends_to_be_whole() {
    let pretending = |jpeg: &[u8], part: usize| {
        let cut = jpeg.len() * part / 5;
        [&jpeg[..cut], &END_OF_IMAGE].concat()
    };
    let jpegs = [PEOPLE, PEOPLE_GREY, PEOPLE_CMYK].into_iter();
    assert_answered(jpegs.flat_map(|jpeg| [2, 3, 4].map(|part| pretending(jpeg, part)))).await;
}

#[tokio::test]
async fn a_jpeg_with_damaged_bytes() {
    let damaged = |step: usize| {
        let mut jpeg = [PEOPLE, PEOPLE_PROGRESSIVE][step % 2].to_vec();
        for at in (step * 83..jpeg.len()).step_by(step * 91) {
            jpeg[at] ^= 0x5A;
        }
        jpeg
    };
    assert_answered((1..200).map(damaged)).await;
}

/// Writes other dimensions into the frame header (SOF0 or SOF2).
fn claiming(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let is_start = |pair: &[u8]| pair == [0xFF, 0xC0] || pair == [0xFF, 0xC2];
    let start = jpeg.windows(2).position(is_start).expect("a frame header");
    let mut jpeg = jpeg.to_vec();
    // Behind the marker: length (2), precision (1), height (2), width (2).
    jpeg[start + 5..start + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[start + 7..start + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

#[tokio::test]
async fn a_jpeg_of_65535_by_65535() {
    let (server, bystander) = with_bystander(&[]).await;
    let mut client = DetectClient::connect(&server).await;
    for jpeg in [PEOPLE, PEOPLE_GREY, PEOPLE_CMYK, PEOPLE_PROGRESSIVE] {
        let huge = claiming(jpeg, u16::MAX, u16::MAX);
        assert_eq!(client.refusal(&huge).await, "too_large");
        // Cut as well: what is wrong first is said first.
        assert_eq!(client.refusal(&huge[..huge.len() / 2]).await, "too_large");
    }
    client.expect_alive().await;
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn a_jpeg_without_extent() {
    let jpegs = [(0, 0), (0, 240), (320, 0)];
    let jpegs = jpegs.map(|(width, height)| claiming(PEOPLE, width, height));
    assert_bad_jpegs(jpegs.iter().map(Vec::as_slice)).await;
}

#[tokio::test]
async fn a_jpeg_that_claims_more_rows_than_it_has() {
    let sizes = [(320, 480), (320, 2000), (3840, 2160)];
    assert_answered(sizes.map(|(width, height)| claiming(PEOPLE, width, height))).await;
}

#[tokio::test]
async fn the_pixel_limit_is_exact() {
    let (server, bystander) = with_bystander(&["--max-pixels", "76800"]).await;
    let mut client = DetectClient::connect(&server).await;
    client.expect_alive().await;
    let one_row_more = claiming(PEOPLE, 320, 241);
    assert_eq!(client.refusal(&one_row_more).await, "too_large");
    bystander.noticed_nothing().await;
}

#[tokio::test]
async fn impossible_capture_times() {
    let (server, bystander) = with_bystander(&[]).await;
    let mut client = DetectClient::connect(&server).await;
    let impossible = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        -1.0,
        -1_690_000_000_000.0,
        1e300,
        8.64e15 + 1.0,
        f64::MAX,
    ];
    for (id, capture_ts) in (0..).zip(impossible) {
        client.send_frame(id, capture_ts, PEOPLE).await;
        assert_eq!(
            client.expect_error(id).await,
            "bad_capture_ts",
            "{capture_ts}"
        );
    }
    client.send_frame(99, 8.64e15, PEOPLE).await;
    assert_eq!(client.next_answer().await["frame_id"], 99);
    bystander.noticed_nothing().await;
}
