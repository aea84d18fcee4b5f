//! YOLOX: one box a cell, told by its offset from the cell and the logarithms of its size in cells.

use anyhow::Result;

use super::nms::{Candidate, Rect};
use super::{Outputs, Wanted, table};
use crate::model::{InputSpec, YoloxSpec};

/// dx, dy, log w, log h, objectness; then the classes.
const BOX_COLUMNS: usize = 5;

/// Reads the output of a YOLOX.
pub struct YoloxHead {
    predictions: String,
    cells: Vec<Cell>,
    /// Of the input, in pixels.
    width: f32,
    height: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Cell {
    column: f32,
    row: f32,
    /// Its side in input pixels.
    stride: f32,
}

impl YoloxHead {
    pub fn new(spec: &YoloxSpec, input: &InputSpec) -> Self {
        Self {
            predictions: spec.predictions.clone(),
            cells: cells(&spec.strides, input.width, input.height),
            width: input.width as f32,
            height: input.height as f32,
        }
    }

    pub fn candidates(&self, outputs: &impl Outputs, wanted: &Wanted) -> Result<Vec<Candidate>> {
        let columns = BOX_COLUMNS + wanted.labels.len();
        let predictions = table(outputs, &self.predictions, [self.cells.len(), columns])?;
        let mut candidates = Vec::new();
        for (row, &cell) in predictions.chunks_exact(columns).zip(&self.cells) {
            let (&[dx, dy, log_w, log_h, objectness], classes) =
                row.split_first_chunk().expect("rows are longer than this");
            // A class score is at most 1, so it cannot lift a faint box over the threshold.
            if objectness <= wanted.score {
                continue;
            }
            let Some(rect) = self
                .decode_box(cell, [dx, dy, log_w, log_h])
                .in_frame(wanted.covered)
            else {
                continue;
            };
            let scores = classes.iter().map(|class| objectness * class).enumerate();
            let above = scores.filter(|&(k, score)| score > wanted.score && wanted.named(k));
            candidates.extend(above.map(|(class, score)| Candidate { class, score, rect }));
        }
        Ok(candidates)
    }

    /// As fractions of the input.
    fn decode_box(&self, cell: Cell, [dx, dy, log_w, log_h]: [f32; 4]) -> Rect {
        let (cx, cy) = (
            (cell.column + dx) * cell.stride,
            (cell.row + dy) * cell.stride,
        );
        let (half_w, half_h) = (
            log_w.exp() * cell.stride / 2.0,
            log_h.exp() * cell.stride / 2.0,
        );
        Rect {
            xmin: (cx - half_w) / self.width,
            ymin: (cy - half_h) / self.height,
            xmax: (cx + half_w) / self.width,
            ymax: (cy + half_h) / self.height,
        }
    }
}

/// All cells in the order of the model's rows: stride, row, column.
fn cells(strides: &[u32], width: u32, height: u32) -> Vec<Cell> {
    let grid = |&stride: &u32| {
        let (columns, rows) = (width / stride, height / stride);
        let cells = (0..rows).flat_map(move |row| (0..columns).map(move |column| (column, row)));
        cells.map(move |(column, row)| Cell {
            column: column as f32,
            row: row as f32,
            stride: stride as f32,
        })
    };
    strides.iter().flat_map(grid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{OutputSpec, Thresholds};
    use crate::pipeline::golden;
    use crate::pipeline::postprocess::Head;
    use crate::pipeline::postprocess::tests::{Tables, assert_detections, decoder};
    use crate::pipeline::resize::Coverage;
    use crate::protocol::Detection;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        input: Size,
        output: OutputSpec,
        labels: Vec<Option<String>>,
        thresholds: Thresholds,
        coverage: Coverage,
        predictions: Vec<f32>,
        detections: Vec<Detection>,
    }

    #[derive(Deserialize)]
    struct Size {
        width: u32,
        height: u32,
    }

    fn head(strides: &[u32], width: u32, height: u32) -> YoloxHead {
        YoloxHead {
            predictions: "predictions".to_owned(),
            cells: cells(strides, width, height),
            width: width as f32,
            height: height as f32,
        }
    }

    #[test]
    fn golden_cases() {
        for case in golden::cases::<Case>("yolox.json") {
            let OutputSpec::Yolox(spec) = &case.output else {
                panic!("{} is of another kind", case.name);
            };
            let columns = BOX_COLUMNS + case.labels.len();
            let outputs = Tables::default().with("predictions", columns, &case.predictions);
            let head = Head::Yolox(head(&spec.strides, case.input.width, case.input.height));
            let found = decoder(head, &case.labels, case.thresholds)
                .detections(&outputs, case.coverage)
                .unwrap();
            assert_detections(&found, &case.detections, &case.name);
        }
    }

    proptest! {
        /// Encoding is the inverse of decoding; a round trip gives the box back.
        #[test]
        fn decoding_inverts_encoding(index in 0usize..5, centre in [0.0f32..16.0, 0.0..16.0], size in [0.5f32..40.0, 0.5..40.0]) {
            let head = head(&[8, 16], 16, 16);
            let cell = head.cells[index];
            let encoded = [
                centre[0] / cell.stride - cell.column,
                centre[1] / cell.stride - cell.row,
                (size[0] / cell.stride).ln(),
                (size[1] / cell.stride).ln(),
            ];
            let found = head.decode_box(cell, encoded);
            let expected = [
                centre[0] - size[0] / 2.0,
                centre[1] - size[1] / 2.0,
                centre[0] + size[0] / 2.0,
                centre[1] + size[1] / 2.0,
            ];
            let pixels = [found.xmin, found.ymin, found.xmax, found.ymax].map(|x| x * 16.0);
            for (a, b) in pixels.into_iter().zip(expected) {
                prop_assert!((a - b).abs() < 1e-3, "{:?} {:?}", pixels, expected);
            }
        }

        /// Whatever a model says, coordinates stay in the frame and scores above the threshold.
        #[test]
        fn detections_are_well_formed(predictions in prop::collection::vec(any_number(), 5 * 7)) {
            let outputs = Tables::default().with("predictions", 7, &predictions);
            for found in toy_decoder().detections(&outputs, Coverage::WHOLE).unwrap() {
                let Detection { label, score, xmin, ymin, xmax, ymax } = found;
                prop_assert!(0.0 <= xmin && xmin < xmax && xmax <= 1.0);
                prop_assert!(0.0 <= ymin && ymin < ymax && ymax <= 1.0);
                prop_assert!(label == "person" && score > 0.3);
            }
        }
    }

    fn any_number() -> impl Strategy<Value = f32> {
        prop_oneof![4 => -3.0f32..3.0, 1 => any::<f32>()]
    }

    /// Five cells; classes: person, none.
    fn toy_decoder() -> super::super::Decoder {
        let thresholds = Thresholds {
            score: 0.3,
            iou: 0.5,
            max_detections: 100,
        };
        let labels = [Some("person".to_owned()), None];
        decoder(Head::Yolox(head(&[8, 16], 16, 16)), &labels, thresholds)
    }

    #[test]
    fn a_score_is_objectness_times_class() {
        let mut predictions = [0.0; 5 * 7];
        predictions[7..14].copy_from_slice(&[0.5, 0.5, 0.0, 0.0, 0.8, 0.5, 1.0]);
        predictions[14..21].copy_from_slice(&[0.5, 0.5, 0.0, 0.0, 0.2, 1.0, 1.0]);
        predictions[21..28].copy_from_slice(&[0.5, 0.5, 0.0, 0.0, 0.5, 0.5, 1.0]);
        let outputs = Tables::default().with("predictions", 7, &predictions);
        let found = toy_decoder().detections(&outputs, Coverage::WHOLE).unwrap();
        let expected = Detection {
            label: "person".to_owned(),
            score: 0.4,
            xmin: 0.5,
            ymin: 0.0,
            xmax: 1.0,
            ymax: 0.5,
        };
        assert_detections(&found, &[expected], "one cell");
    }

    #[test]
    fn cells_come_stride_by_stride_and_row_by_row() {
        let cell = |column, row, stride| Cell {
            column,
            row,
            stride,
        };
        let expected = [
            cell(0.0, 0.0, 8.0),
            cell(1.0, 0.0, 8.0),
            cell(0.0, 1.0, 8.0),
            cell(1.0, 1.0, 8.0),
            cell(0.0, 0.0, 16.0),
        ];
        assert_eq!(cells(&[8, 16], 16, 16), expected);
        assert_eq!(
            cells(&[8, 16, 32], 416, 416).len(),
            52 * 52 + 26 * 26 + 13 * 13
        );
    }
}
