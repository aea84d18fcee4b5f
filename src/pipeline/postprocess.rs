//! Raw model outputs → detections: candidates above the threshold, brought to the frame's
//! coordinates, then non-maximum suppression. Each kind of output has its own reader of candidates.

mod nms;
mod ssd;
mod yolox;

pub use nms::{Rect, iou};

use anyhow::{Result, ensure};

use crate::model::{Manifest, OutputSpec, Thresholds};
use crate::pipeline::resize::Coverage;
use crate::protocol::Detection;
use nms::{Candidate, suppress};
use ssd::SsdHead;
use yolox::YoloxHead;

/// What one run of the model gave, by name.
pub trait Outputs {
    /// Shape and numbers.
    fn tensor(&self, name: &str) -> Result<(&[i64], &[f32])>;
}

/// Reads the outputs of the manifest's model.
pub struct Decoder {
    head: Head,
    labels: Vec<Option<String>>,
    thresholds: Thresholds,
}

enum Head {
    Ssd(SsdHead),
    Yolox(YoloxHead),
}

/// What becomes a candidate.
struct Wanted<'a> {
    labels: &'a [Option<String>],
    /// Scores above this.
    score: f32,
    covered: Coverage,
}

impl Wanted<'_> {
    fn named(&self, class: usize) -> bool {
        self.labels[class].is_some()
    }
}

impl Decoder {
    pub fn new(manifest: &Manifest) -> Self {
        let head = match &manifest.output {
            OutputSpec::Ssd(spec) => Head::Ssd(SsdHead::new(spec)),
            OutputSpec::Yolox(spec) => Head::Yolox(YoloxHead::new(spec, &manifest.input)),
        };
        Self {
            head,
            labels: manifest.labels.clone(),
            thresholds: manifest.thresholds,
        }
    }

    /// Best first. Fails when an output is missing or has another shape than the manifest makes.
    pub fn detections(&self, outputs: &impl Outputs, covered: Coverage) -> Result<Vec<Detection>> {
        let Thresholds {
            score,
            iou,
            max_detections,
        } = self.thresholds;
        let wanted = Wanted {
            labels: &self.labels,
            score,
            covered,
        };
        let candidates = match &self.head {
            Head::Ssd(head) => head.candidates(outputs, &wanted)?,
            Head::Yolox(head) => head.candidates(outputs, &wanted)?,
        };
        let kept = suppress(candidates, iou, max_detections);
        Ok(kept.into_iter().filter_map(|c| self.detection(c)).collect())
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

/// The numbers of the output `name`, which must be one table of rows × columns.
fn table<'a>(
    outputs: &'a impl Outputs,
    name: &str,
    [rows, columns]: [usize; 2],
) -> Result<&'a [f32]> {
    let (shape, numbers) = outputs.tensor(name)?;
    ensure!(
        shape == [1, rows as i64, columns as i64],
        "its output {name} has the shape {shape:?}, the manifest makes it [1, {rows}, {columns}]"
    );
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;
    use std::collections::HashMap;

    /// Outputs as a run of a model would leave them.
    #[derive(Default)]
    pub struct Tables(HashMap<String, (Vec<i64>, Vec<f32>)>);

    impl Tables {
        pub fn with(mut self, name: &str, columns: usize, numbers: &[f32]) -> Self {
            assert_eq!(numbers.len() % columns, 0, "{name} has whole rows");
            let shape = vec![1, (numbers.len() / columns) as i64, columns as i64];
            self.0.insert(name.to_owned(), (shape, numbers.to_vec()));
            self
        }
    }

    impl Outputs for Tables {
        fn tensor(&self, name: &str) -> Result<(&[i64], &[f32])> {
            let (shape, numbers) = self.0.get(name).context("no such output")?;
            Ok((shape, numbers))
        }
    }

    pub fn decoder(head: Head, labels: &[Option<String>], thresholds: Thresholds) -> Decoder {
        Decoder {
            head,
            labels: labels.to_vec(),
            thresholds,
        }
    }

    /// The same objects in the same order; numbers may differ in the last digits.
    pub fn assert_detections(found: &[Detection], expected: &[Detection], case: &str) {
        let labels = |all: &[Detection]| all.iter().map(|d| d.label.clone()).collect::<Vec<_>>();
        assert_eq!(labels(found), labels(expected), "{case}");
        let numbers = |d: &Detection| [d.score, d.xmin, d.ymin, d.xmax, d.ymax];
        for (found, expected) in found.iter().zip(expected) {
            let pairs = numbers(found).into_iter().zip(numbers(expected));
            let gap = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(gap <= 1e-4, "{case}: {found:?} is not {expected:?}");
        }
    }

    #[test]
    fn an_output_of_another_shape_is_named() {
        let outputs = Tables::default().with("boxes", 4, &[0.0; 12]);
        assert_eq!(table(&outputs, "boxes", [3, 4]).unwrap(), [0.0; 12]);
        for shape in [[4, 3], [2, 4], [3, 5], [12, 1]] {
            let told = table(&outputs, "boxes", shape).unwrap_err().to_string();
            assert!(
                told.contains("boxes") && told.contains("[1, 3, 4]"),
                "{told}"
            );
        }
        assert!(table(&outputs, "logits", [3, 4]).is_err());
    }
}
