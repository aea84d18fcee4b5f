//! Raw model outputs → detections: threshold, anchor decode, non-maximum suppression.

use crate::model::{AnchorSpec, SsdSpec, Thresholds};
use crate::protocol::Detection;

/// Column 0 of the logits is "nothing here".
const BACKGROUND: usize = 0;
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
            logit > threshold && class != BACKGROUND && self.labels[class].is_some()
        };
        row.iter()
            .enumerate()
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
