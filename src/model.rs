//! The model's manifest: every knob that server and browser must agree on. `models/README.md` says
//! how to write one.

mod check;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

pub const MANIFEST_FILE: &str = "manifest.json";
/// The committed one has 3 KB.
const MAX_MANIFEST_BYTES: u64 = 1 << 20;

#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ColorOrder {
    Rgb,
    Bgr,
}

/// How a frame of another aspect ratio is brought to the input's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// Both sides are scaled to the input's, each by its own factor.
    Stretch,
    /// Scaled as a whole to lie in the input's top left corner; the rest is `pad`, a level like a pixel's.
    LetterboxTopLeft { pad: u8 },
}

#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OutputSpec {
    Ssd(SsdSpec),
    Yolox(YoloxSpec),
}

/// Single Shot MultiBox Detector: box encodings relative to anchors, and class logits.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SsdSpec {
    pub boxes: String,
    pub logits: String,
    /// Divisors of the encodings, in the order ty, tx, th, tw.
    pub box_coder: [f32; 4],
    pub anchors: AnchorSpec,
}

/// Parameters of the TensorFlow Object Detection API's SSD anchor generator.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnchorSpec {
    pub feature_maps: Vec<u32>,
    pub min_scale: f32,
    pub max_scale: f32,
    pub aspect_ratios: Vec<f32>,
    pub interpolated_scale_aspect_ratio: f32,
    pub reduce_boxes_in_lowest_layer: bool,
}

/// YOLOX: one row a cell, (dx, dy, log w, log h, objectness, a score for each label).
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct YoloxSpec {
    pub predictions: String,
    /// Sides of the cells in input pixels, one grid each, in the order of the rows.
    pub strides: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Thresholds {
    pub score: f32,
    pub iou: f32,
    pub max_detections: usize,
}

impl Manifest {
    /// Reads and checks `DIR/manifest.json`.
    pub fn load(dir: &Path) -> Result<Self> {
        let path = dir.join(MANIFEST_FILE);
        let text = read(&path).with_context(|| {
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

    pub fn label_names(&self) -> Vec<String> {
        self.labels.iter().flatten().cloned().collect()
    }
}

fn read(path: &Path) -> Result<String> {
    let mut text = String::new();
    let file = File::open(path)?;
    let read = file
        .take(MAX_MANIFEST_BYTES + 1)
        .read_to_string(&mut text)?;
    ensure!(
        read as u64 <= MAX_MANIFEST_BYTES,
        "larger than {MAX_MANIFEST_BYTES} bytes"
    );
    Ok(text)
}
