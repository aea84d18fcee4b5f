//! Raw model outputs → detections: threshold, anchor decode, non-maximum suppression.

use crate::model::{AnchorSpec, SsdSpec, Thresholds};
use crate::protocol::Detection;

/// Column 0 of the logits is "nothing here", and nearly always high.
const BACKGROUND_COLUMNS: usize = 1;
/// The anchors of the lowest feature map, when it gets fewer than the others.
const REDUCED_LAYER: [(f32, f32); 2] = [(1.0, 2.0), (1.0, 0.5)];
const REDUCED_LAYER_FIRST_SCALE: f32 = 0.1;

/// Corners, as fractions of the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    pub xmin: f32,
    pub ymin: f32,
    pub xmax: f32,
    pub ymax: f32,
}

impl Rect {
    pub fn area(self) -> f32 {
        (self.xmax - self.xmin).max(0.0) * (self.ymax - self.ymin).max(0.0)
    }

    fn clipped_to_frame(self) -> Self {
        Self {
            xmin: self.xmin.clamp(0.0, 1.0),
            ymin: self.ymin.clamp(0.0, 1.0),
            xmax: self.xmax.clamp(0.0, 1.0),
            ymax: self.ymax.clamp(0.0, 1.0),
        }
    }
}

/// Intersection over union; 0 for empty boxes.
pub fn iou(a: Rect, b: Rect) -> f32 {
    let overlap = Rect {
        xmin: a.xmin.max(b.xmin),
        ymin: a.ymin.max(b.ymin),
        xmax: a.xmax.min(b.xmax),
        ymax: a.ymax.min(b.ymax),
    }
    .area();
    let union = a.area() + b.area() - overlap;
    if union > 0.0 { overlap / union } else { 0.0 }
}

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

/// A box of one class, before suppression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub class: usize,
    pub score: f32,
    pub rect: Rect,
}

/// Greedy suppression within each class: the best box stays, those that overlap it by more than
/// `iou_threshold` go. Best first; at most `max` in all.
pub fn suppress(mut candidates: Vec<Candidate>, iou_threshold: f32, max: usize) -> Vec<Candidate> {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        if kept.len() == max {
            break;
        }
        let overlaps = |other: &Candidate| {
            other.class == candidate.class && iou(other.rect, candidate.rect) > iou_threshold
        };
        if !kept.iter().any(overlaps) {
            kept.push(candidate);
        }
    }
    kept
}

/// Reads the outputs of an SSD.
pub struct SsdDecoder {
    anchors: Vec<Anchor>,
    coder: [f32; 4],
    labels: Vec<Option<String>>,
    thresholds: Thresholds,
}

impl SsdDecoder {
    pub fn new(spec: &SsdSpec, labels: Vec<Option<String>>, thresholds: Thresholds) -> Self {
        Self {
            anchors: anchors(&spec.anchors),
            coder: spec.box_coder,
            labels,
            thresholds,
        }
    }

    pub fn anchor_count(&self) -> usize {
        self.anchors.len()
    }

    pub fn class_count(&self) -> usize {
        self.labels.len()
    }

    /// `boxes`: 4 numbers an anchor; `logits`: one number a class and anchor.
    pub fn detections(&self, boxes: &[f32], logits: &[f32]) -> Vec<Detection> {
        let Thresholds {
            iou,
            max_detections,
            ..
        } = self.thresholds;
        suppress(self.candidates(boxes, logits), iou, max_detections)
            .into_iter()
            .filter_map(|candidate| self.detection(candidate))
            .collect()
    }

    fn candidates(&self, boxes: &[f32], logits: &[f32]) -> Vec<Candidate> {
        // Comparing logits spares 174 thousand sigmoids a frame.
        let threshold = logit(self.thresholds.score);
        let mut candidates = Vec::new();
        let rows = logits.chunks_exact(self.labels.len());
        for ((row, encoding), &anchor) in rows.zip(boxes.chunks_exact(4)).zip(&self.anchors) {
            let row = &row[BACKGROUND_COLUMNS..];
            // Counting instead of searching: the compiler turns it into SIMD, and most rows hold nothing.
            let hits = row.iter().map(|&l| u32::from(l > threshold)).sum::<u32>();
            if hits == 0 {
                continue;
            }
            let encoding = std::array::from_fn(|i| encoding[i]);
            let rect = decode_box(anchor, encoding, self.coder).clipped_to_frame();
            if rect.area() > 0.0 {
                candidates.extend(self.classes_above(row, threshold, rect));
            }
        }
        candidates
    }

    fn classes_above<'a>(
        &'a self,
        row: &'a [f32],
        threshold: f32,
        rect: Rect,
    ) -> impl Iterator<Item = Candidate> + 'a {
        let named = move |&(class, &logit): &(usize, &f32)| {
            logit > threshold && self.labels[class].is_some()
        };
        (BACKGROUND_COLUMNS..)
            .zip(row)
            .filter(named)
            .map(move |(class, &logit)| Candidate {
                class,
                score: sigmoid(logit),
                rect,
            })
    }

    fn detection(&self, candidate: Candidate) -> Option<Detection> {
        let Candidate { class, score, rect } = candidate;
        Some(Detection {
            label: self.labels[class].clone()?,
            score,
            xmin: rect.xmin,
            ymin: rect.ymin,
            xmax: rect.xmax,
            ymax: rect.ymax,
        })
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
    use super::*;
    use proptest::prelude::*;

    const GRID: u32 = 24;

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

    /// A box whose corners lie on a grid, so that areas can be counted cell by cell.
    fn grid_rect() -> impl Strategy<Value = [u32; 4]> {
        (0..GRID, 0..GRID, 1..=GRID, 1..=GRID)
            .prop_map(|(x, y, w, h)| [x, y, (x + w).min(GRID), (y + h).min(GRID)])
    }

    fn rect([xmin, ymin, xmax, ymax]: [u32; 4]) -> Rect {
        let fraction = |n: u32| n as f32 / GRID as f32;
        Rect {
            xmin: fraction(xmin),
            ymin: fraction(ymin),
            xmax: fraction(xmax),
            ymax: fraction(ymax),
        }
    }

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        let candidate =
            (grid_rect(), 1usize..4, 1u32..10_000).prop_map(|(corners, class, score)| Candidate {
                class,
                score: score as f32 / 10_000.0,
                rect: rect(corners),
            });
        prop::collection::vec(candidate, 0..40)
    }

    fn cells([xmin, ymin, xmax, ymax]: [u32; 4]) -> std::collections::HashSet<(u32, u32)> {
        (xmin..xmax)
            .flat_map(|x| (ymin..ymax).map(move |y| (x, y)))
            .collect()
    }

    /// Suppression as it is defined, one round at a time: the best that is left stays, and takes
    /// with it all of its class that overlap it.
    fn slow_suppress(mut left: Vec<Candidate>, threshold: f32) -> Vec<Candidate> {
        let mut kept = Vec::new();
        while !left.is_empty() {
            let best = (0..left.len())
                .rev()
                .max_by(|&a, &b| left[a].score.total_cmp(&left[b].score))
                .unwrap();
            let best = left.remove(best);
            left.retain(|c| c.class != best.class || iou(c.rect, best.rect) <= threshold);
            kept.push(best);
        }
        kept
    }

    proptest! {
        #[test]
        fn iou_counts_cells(a in grid_rect(), b in grid_rect()) {
            let (in_a, in_b) = (cells(a), cells(b));
            let expected = in_a.intersection(&in_b).count() as f32 / in_a.union(&in_b).count() as f32;
            prop_assert!((iou(rect(a), rect(b)) - expected).abs() < 1e-4);
        }

        #[test]
        fn suppression_equals_the_slow_reference(all in candidates(), threshold in 0.1f32..0.9) {
            let kept = suppress(all.clone(), threshold, usize::MAX);
            prop_assert_eq!(kept, slow_suppress(all, threshold));
        }

        #[test]
        fn suppression_keeps_the_best_when_there_are_too_many(all in candidates(), max in 0usize..10) {
            let mut expected = suppress(all.clone(), 0.5, usize::MAX);
            expected.truncate(max);
            prop_assert_eq!(suppress(all, 0.5, max), expected);
        }

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
            for detection in toy_decoder().detections(&encodings, &logits) {
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
    fn toy_decoder() -> SsdDecoder {
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
        SsdDecoder::new(&spec, vec![None, Some("person".into()), None], thresholds)
    }

    #[test]
    fn background_unnamed_classes_and_faint_scores_are_not_reported() {
        let decoder = toy_decoder();
        assert_eq!(decoder.anchor_count(), 6);
        let mut logits = [-9.0; 18];
        logits[0] = 9.0;
        logits[5] = 9.0;
        logits[7] = logit(0.299);
        assert_eq!(decoder.detections(&[0.0; 24], &logits), []);
        logits[7] = logit(0.301);
        let found = decoder.detections(&[0.0; 24], &logits);
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
