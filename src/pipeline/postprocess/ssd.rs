//! Single Shot MultiBox Detector: anchors, box encodings relative to them, and class logits.

use anyhow::Result;

use super::nms::{Candidate, Rect};
use super::{Outputs, Wanted, table};
use crate::model::{AnchorSpec, SsdSpec};

/// Column 0 of the logits is "nothing here", and nearly always high.
const BACKGROUND_COLUMNS: usize = 1;
/// The anchors of the lowest feature map, when it gets fewer than the others.
const REDUCED_LAYER: [(f32, f32); 2] = [(1.0, 2.0), (1.0, 0.5)];
const REDUCED_LAYER_FIRST_SCALE: f32 = 0.1;

/// Centre and size, as fractions of the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anchor {
    pub cx: f32,
    pub cy: f32,
    pub width: f32,
    pub height: f32,
}

/// All anchors in the order of the model's outputs: feature map, row, column, shape.
///
/// The formula is that of the TensorFlow Object Detection API (`multiple_grid_anchor_generator`,
/// `create_ssd_anchors`): scales spread evenly from `min_scale` to `max_scale`, one anchor per aspect
/// ratio, and one more of the geometric mean of this layer's and the next layer's scale.
pub fn anchors(spec: &AnchorSpec) -> Vec<Anchor> {
    spec.feature_maps
        .iter()
        .enumerate()
        .flat_map(|(layer, &side)| grid(side, layer_shapes(spec, layer)))
        .collect()
}

/// (scale, aspect ratio) of a layer's anchors.
fn layer_shapes(spec: &AnchorSpec, layer: usize) -> Vec<(f32, f32)> {
    let scale = layer_scale(spec, layer);
    if layer == 0 && spec.reduce_boxes_in_lowest_layer {
        let reduced = REDUCED_LAYER.map(|(factor, ratio)| (factor * scale, ratio));
        return [&[(REDUCED_LAYER_FIRST_SCALE, 1.0)], &reduced[..]].concat();
    }
    let mut shapes: Vec<_> = spec.aspect_ratios.iter().map(|&r| (scale, r)).collect();
    if spec.interpolated_scale_aspect_ratio > 0.0 {
        let between = (scale * layer_scale(spec, layer + 1)).sqrt();
        shapes.push((between, spec.interpolated_scale_aspect_ratio));
    }
    shapes
}

fn layer_scale(spec: &AnchorSpec, layer: usize) -> f32 {
    let layers = spec.feature_maps.len();
    if layer >= layers {
        return 1.0;
    }
    let step = (spec.max_scale - spec.min_scale) / (layers.max(2) - 1) as f32;
    spec.min_scale + step * layer as f32
}

fn grid(side: u32, shapes: Vec<(f32, f32)>) -> impl Iterator<Item = Anchor> {
    let cells = (0..side).flat_map(move |row| (0..side).map(move |column| (row, column)));
    cells.flat_map(move |(row, column)| {
        let centre = |index: u32| (index as f32 + 0.5) / side as f32;
        let anchor = move |&(scale, ratio): &(f32, f32)| Anchor {
            cx: centre(column),
            cy: centre(row),
            width: scale * ratio.sqrt(),
            height: scale / ratio.sqrt(),
        };
        shapes.iter().map(anchor).collect::<Vec<_>>()
    })
}

/// One encoding (ty, tx, th, tw), divided by the box coder's factors, against its anchor.
pub fn decode_box(anchor: Anchor, encoding: [f32; 4], coder: [f32; 4]) -> Rect {
    let [ty, tx, th, tw] = std::array::from_fn(|i| encoding[i] / coder[i]);
    let (cx, cy) = (
        anchor.cx + tx * anchor.width,
        anchor.cy + ty * anchor.height,
    );
    let (half_w, half_h) = (
        anchor.width * tw.exp() / 2.0,
        anchor.height * th.exp() / 2.0,
    );
    Rect {
        xmin: cx - half_w,
        ymin: cy - half_h,
        xmax: cx + half_w,
        ymax: cy + half_h,
    }
}

/// Reads the outputs of an SSD.
pub struct SsdHead {
    boxes: String,
    logits: String,
    coder: [f32; 4],
    anchors: Vec<Anchor>,
}

impl SsdHead {
    pub fn new(spec: &SsdSpec) -> Self {
        Self {
            boxes: spec.boxes.clone(),
            logits: spec.logits.clone(),
            coder: spec.box_coder,
            anchors: anchors(&spec.anchors),
        }
    }

    pub fn candidates(&self, outputs: &impl Outputs, wanted: &Wanted) -> Result<Vec<Candidate>> {
        let (rows, columns) = (self.anchors.len(), wanted.labels.len());
        let boxes = table(outputs, &self.boxes, [rows, 4])?;
        let logits = table(outputs, &self.logits, [rows, columns])?;
        // Comparing logits spares 174 thousand sigmoids a frame.
        let threshold = logit(wanted.score);
        let mut candidates = Vec::new();
        let rows = logits.chunks_exact(columns).zip(boxes.chunks_exact(4));
        for ((row, encoding), &anchor) in rows.zip(&self.anchors) {
            let row = &row[BACKGROUND_COLUMNS..];
            // Counting instead of searching: the compiler turns it into SIMD, and most rows hold nothing.
            let hits = row.iter().map(|&l| u32::from(l > threshold)).sum::<u32>();
            if hits == 0 {
                continue;
            }
            let encoding = std::array::from_fn(|i| encoding[i]);
            let Some(rect) = decode_box(anchor, encoding, self.coder).in_frame(wanted.covered)
            else {
                continue;
            };
            let classes = (BACKGROUND_COLUMNS..).zip(row);
            let above = classes.filter(|&(class, &logit)| logit > threshold && wanted.named(class));
            candidates.extend(above.map(|(class, &logit)| Candidate {
                class,
                score: sigmoid(logit),
                rect,
            }));
        }
        Ok(candidates)
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn logit(p: f32) -> f32 {
    (p / (1.0 - p)).ln()
}

#[cfg(test)]
mod tests {
    use super::super::nms::iou;
    use super::super::nms::tests::{grid_rect, rect};
    use super::super::tests::{Tables, assert_detections, decoder};
    use super::super::{Decoder, Head};
    use super::*;
    use crate::model::{OutputSpec, Thresholds};
    use crate::pipeline::golden;
    use crate::pipeline::resize::Coverage;
    use crate::protocol::Detection;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        output: OutputSpec,
        labels: Vec<Option<String>>,
        thresholds: Thresholds,
        coverage: Coverage,
        boxes: Vec<f32>,
        logits: Vec<f32>,
        detections: Vec<Detection>,
    }

    #[test]
    fn golden_cases() {
        for case in golden::cases::<Case>("ssd.json") {
            let OutputSpec::Ssd(spec) = &case.output else {
                panic!("{} is of another kind", case.name);
            };
            let outputs = Tables::default().with(&spec.boxes, 4, &case.boxes).with(
                &spec.logits,
                case.labels.len(),
                &case.logits,
            );
            let head = Head::Ssd(SsdHead::new(spec));
            let found = decoder(head, &case.labels, case.thresholds)
                .detections(&outputs, case.coverage)
                .unwrap();
            assert_detections(&found, &case.detections, &case.name);
        }
    }

    fn coco_anchors() -> AnchorSpec {
        AnchorSpec {
            feature_maps: vec![19, 10, 5, 3, 2, 1],
            min_scale: 0.2,
            max_scale: 0.95,
            aspect_ratios: vec![1.0, 2.0, 0.5, 3.0, 0.3333],
            interpolated_scale_aspect_ratio: 1.0,
            reduce_boxes_in_lowest_layer: true,
        }
    }

    proptest! {
        /// Encoding is the published inverse of decoding; a round trip gives the box back.
        #[test]
        fn decoding_inverts_encoding(anchor in 0usize..1917, corners in grid_rect()) {
            let anchor = anchors(&coco_anchors())[anchor];
            let wanted = rect(corners);
            let coder = [10.0, 10.0, 5.0, 5.0];
            let (w, h) = (wanted.xmax - wanted.xmin, wanted.ymax - wanted.ymin);
            let encoding = [
                coder[0] * (wanted.ymin + h / 2.0 - anchor.cy) / anchor.height,
                coder[1] * (wanted.xmin + w / 2.0 - anchor.cx) / anchor.width,
                coder[2] * (h / anchor.height).ln(),
                coder[3] * (w / anchor.width).ln(),
            ];
            let decoded = decode_box(anchor, encoding, coder);
            prop_assert!(iou(decoded, wanted) > 0.999, "{:?} {:?}", decoded, wanted);
        }

        /// Whatever a model says, coordinates stay in the frame and scores are what logits mean.
        #[test]
        fn detections_are_well_formed(
            encodings in prop::collection::vec(-20.0f32..20.0, 6 * 4),
            logits in prop::collection::vec(-8.0f32..8.0, 6 * 3),
        ) {
            for detection in detections(&encodings, &logits) {
                let Detection { label, score, xmin, ymin, xmax, ymax } = detection;
                prop_assert!(0.0 <= xmin && xmin < xmax && xmax <= 1.0);
                prop_assert!(0.0 <= ymin && ymin < ymax && ymax <= 1.0);
                prop_assert_eq!(label, "person");
                let known = logits.chunks(3).any(|row| (sigmoid(row[1]) - score).abs() < 1e-6);
                prop_assert!(known && score > 0.3);
            }
        }
    }

    /// One cell with the six anchors of the last layer; classes: background, person, none.
    fn toy_decoder() -> Decoder {
        let spec = SsdSpec {
            boxes: "boxes".into(),
            logits: "logits".into(),
            box_coder: [10.0, 10.0, 5.0, 5.0],
            anchors: AnchorSpec {
                feature_maps: vec![1],
                reduce_boxes_in_lowest_layer: false,
                ..coco_anchors()
            },
        };
        let thresholds = Thresholds {
            score: 0.3,
            iou: 0.5,
            max_detections: 100,
        };
        let labels = [None, Some("person".into()), None];
        decoder(Head::Ssd(SsdHead::new(&spec)), &labels, thresholds)
    }

    fn detections(boxes: &[f32], logits: &[f32]) -> Vec<Detection> {
        let outputs = Tables::default()
            .with("boxes", 4, boxes)
            .with("logits", 3, logits);
        toy_decoder().detections(&outputs, Coverage::WHOLE).unwrap()
    }

    #[test]
    fn background_unnamed_classes_and_faint_scores_are_not_reported() {
        let mut logits = [-9.0; 18];
        logits[0] = 9.0;
        logits[5] = 9.0;
        logits[7] = logit(0.299);
        assert_eq!(detections(&[0.0; 24], &logits), []);
        logits[7] = logit(0.301);
        let found = detections(&[0.0; 24], &logits);
        assert_eq!(found.len(), 1);
        assert!((found[0].score - 0.301).abs() < 1e-4);
    }

    #[test]
    fn anchors_are_those_of_the_published_generator() {
        let anchors = anchors(&coco_anchors());
        assert_eq!(anchors.len(), 19 * 19 * 3 + (100 + 25 + 9 + 4 + 1) * 6);
        let close = |anchor: Anchor, expected: [f32; 4]| {
            let got = [anchor.cx, anchor.cy, anchor.width, anchor.height];
            let same = got.iter().zip(expected).all(|(g, e)| (g - e).abs() < 1e-6);
            assert!(same, "{got:?} is not {expected:?}");
        };
        // First cell of the lowest layer: 0.1, then scale 0.2 at 2:1 and 1:2.
        close(anchors[0], [0.5 / 19.0, 0.5 / 19.0, 0.1, 0.1]);
        close(
            anchors[1],
            [0.5 / 19.0, 0.5 / 19.0, 0.282_842_7, 0.141_421_36],
        );
        // Its second cell lies to the right.
        close(anchors[3], [1.5 / 19.0, 0.5 / 19.0, 0.1, 0.1]);
        // The single cell of the last layer: scale 0.95, and between it and 1.
        close(anchors[1911], [0.5, 0.5, 0.95, 0.95]);
        close(anchors[1916], [0.5, 0.5, 0.974_679_4, 0.974_679_4]);
    }
}
