//! The detection socket's contract: what a client of any make may rely on.

mod answers;
mod pictures;
mod pings;
mod turns;
mod yolox;

use serde_json::Value;
use sightline::pipeline::postprocess::{Rect, iou};
use sightline::protocol::{DetectAnswer, Detection, DetectionResult};

/// The four people of `people.jpg`, measured by hand: xmin, ymin, xmax, ymax.
const PEOPLE_BY_HAND: [[f32; 4]; 4] = [
    [0.188, 0.551, 0.315, 0.953],
    [0.483, 0.194, 0.552, 0.496],
    [0.746, 0.226, 0.836, 0.531],
    [0.675, 0.560, 0.746, 0.928],
];

fn assert_people_found(detections: &[Detection]) {
    for [xmin, ymin, xmax, ymax] in PEOPLE_BY_HAND {
        let by_hand = Rect {
            xmin,
            ymin,
            xmax,
            ymax,
        };
        let overlap = |found: &&Detection| {
            let rect = Rect {
                xmin: found.xmin,
                ymin: found.ymin,
                xmax: found.xmax,
                ymax: found.ymax,
            };
            found.label == "person" && iou(rect, by_hand) > 0.5
        };
        assert!(
            detections.iter().any(|found| overlap(&found)),
            "nobody at {by_hand:?} in {detections:?}"
        );
    }
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().expect("an object").keys().collect();
    keys.sort();
    keys.into_iter().map(String::as_str).collect()
}

fn result(answer: DetectAnswer) -> DetectionResult {
    match answer {
        DetectAnswer::Result(result) => result,
        other => panic!("not inferred: {other:?}"),
    }
}
