//! Boxes, how much they overlap, and greedy non-maximum suppression.

use crate::pipeline::resize::Coverage;

/// Corners, as fractions of the model's input or of the frame.
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

    /// From fractions of the model's input to fractions of the frame, which covers a share of it;
    /// clipped. `None` if nothing of it lies in the frame.
    pub fn in_frame(self, covered: Coverage) -> Option<Self> {
        let Coverage { width, height } = covered;
        let rect = Self {
            xmin: (self.xmin / width).clamp(0.0, 1.0),
            ymin: (self.ymin / height).clamp(0.0, 1.0),
            xmax: (self.xmax / width).clamp(0.0, 1.0),
            ymax: (self.ymax / height).clamp(0.0, 1.0),
        };
        (rect.area() > 0.0).then_some(rect)
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

#[cfg(test)]
pub mod tests {
    use super::*;
    use proptest::prelude::*;

    const GRID: u32 = 24;

    /// A box whose corners lie on a grid, so that areas can be counted cell by cell.
    pub fn grid_rect() -> impl Strategy<Value = [u32; 4]> {
        (0..GRID, 0..GRID, 1..=GRID, 1..=GRID)
            .prop_map(|(x, y, w, h)| [x, y, (x + w).min(GRID), (y + h).min(GRID)])
    }

    pub fn rect([xmin, ymin, xmax, ymax]: [u32; 4]) -> Rect {
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
    }

    #[test]
    fn what_the_frame_does_not_cover_is_cut_off() {
        let input = |xmin, ymin, xmax, ymax| Rect {
            xmin,
            ymin,
            xmax,
            ymax,
        };
        let wide = Coverage {
            width: 1.0,
            height: 0.5,
        };
        let inside = input(0.25, 0.25, 0.5, 0.375).in_frame(wide);
        assert_eq!(inside, Some(input(0.25, 0.5, 0.5, 0.75)));
        let over_the_edge = input(-0.5, 0.25, 0.5, 0.75).in_frame(wide);
        assert_eq!(over_the_edge, Some(input(0.0, 0.5, 0.5, 1.0)));
        assert_eq!(input(0.0, 0.5, 1.0, 1.0).in_frame(wide), None, "all pad");
        assert_eq!(input(f32::NAN, 0.0, 1.0, 1.0).in_frame(wide), None);
    }
}
