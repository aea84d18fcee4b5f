//! The model's manifest: every knob that server and browser must agree on.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

pub const MANIFEST_FILE: &str = "manifest.json";
/// Larger inputs than any detector that runs on a laptop; keeps a bad manifest from exhausting memory.
const MAX_INPUT_SIDE: u32 = 2048;

#[derive(Debug, Clone, Deserialize)]
pub struct Manifest {
    pub name: String,
    /// Model file, beside the manifest.
    pub file: PathBuf,
    pub input: InputSpec,
    pub output: OutputSpec,
    /// Index = the model's class number; `null` where the data set has no such class.
    pub labels: Vec<Option<String>>,
    pub thresholds: Thresholds,
}

#[derive(Debug, Clone, Deserialize)]
pub struct InputSpec {
    pub name: String,
    pub width: u32,
    pub height: u32,
    pub color: ColorOrder,
    /// The model is fed `(pixel - mean) / std`, pixels being 0–255.
    pub mean: [f32; 3],
    pub std: [f32; 3],
    pub fit: Fit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColorOrder {
    Rgb,
    Bgr,
}

/// How a frame of another aspect ratio is brought to the input's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    Stretch,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OutputSpec {
    Ssd(SsdSpec),
}

/// Single Shot MultiBox Detector: box encodings relative to anchors, and class logits.
#[derive(Debug, Clone, Deserialize)]
pub struct SsdSpec {
    pub boxes: String,
    pub logits: String,
    /// Divisors of the encodings, in the order ty, tx, th, tw.
    pub box_coder: [f32; 4],
    pub anchors: AnchorSpec,
}

/// Parameters of the TensorFlow Object Detection API's SSD anchor generator.
#[derive(Debug, Clone, Deserialize)]
pub struct AnchorSpec {
    pub feature_maps: Vec<u32>,
    pub min_scale: f32,
    pub max_scale: f32,
    pub aspect_ratios: Vec<f32>,
    pub interpolated_scale_aspect_ratio: f32,
    pub reduce_boxes_in_lowest_layer: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Thresholds {
    pub score: f32,
    pub iou: f32,
    pub max_detections: usize,
}

impl Manifest {
    /// Reads and checks `DIR/manifest.json`.
    pub fn load(dir: &Path) -> Result<Self> {
        let path = dir.join(MANIFEST_FILE);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "no model at {}: give a folder with a manifest.json and its model by --model DIR",
                path.display()
            )
        })?;
        let manifest: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a manifest this version reads", path.display()))?;
        manifest
            .check()
            .with_context(|| format!("{} contradicts itself", path.display()))?;
        Ok(manifest)
    }

    fn check(&self) -> Result<()> {
        let side = 1..=MAX_INPUT_SIDE;
        let input = &self.input;
        ensure!(
            side.contains(&input.width) && side.contains(&input.height),
            "input must be 1 to {MAX_INPUT_SIDE} pixels a side"
        );
        ensure!(
            input.std.iter().all(|std| *std > 0.0),
            "input.std must be positive"
        );
        let Thresholds { score, iou, .. } = self.thresholds;
        ensure!(
            score > 0.0 && score < 1.0 && iou > 0.0 && iou <= 1.0,
            "thresholds must lie between 0 and 1"
        );
        if self.file.components().count() != 1 {
            bail!("file must lie beside the manifest");
        }
        Ok(())
    }

    pub fn label_names(&self) -> Vec<String> {
        self.labels.iter().flatten().cloned().collect()
    }
}
