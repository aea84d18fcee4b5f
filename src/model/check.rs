//! What a manifest must keep to. A model is whatever folder the operator names, so a wrong manifest
//! ends the start with a sentence, and never with exhausted memory or a panic.

use std::path::Component;

use anyhow::{Result, ensure};

use super::{AnchorSpec, InputSpec, Manifest, OutputSpec, SsdSpec, Thresholds, YoloxSpec};

/// Larger inputs than any detector that runs on a laptop.
const MAX_INPUT_SIDE: u32 = 2048;
/// Rows of an output: ten times those of a large detector.
const MAX_ROWS: u64 = 1_000_000;
/// Feature maps, aspect ratios or strides.
const MAX_LIST: usize = 32;
/// Anchors in a cell beside those of `aspect_ratios`, at most: the reduced lowest layer has 3 in all.
const MORE_ANCHORS: u64 = 3;
/// Every one becomes JSON and a box to draw, for each frame.
const MAX_DETECTIONS: usize = 1000;

impl Manifest {
    pub(super) fn check(&self) -> Result<()> {
        check_name("name", &self.name)?;
        let mut file = self.file.components();
        ensure!(
            matches!(
                (file.next(), file.next()),
                (Some(Component::Normal(_)), None)
            ),
            "file must be the name of a file beside the manifest"
        );
        self.input.check()?;
        match &self.output {
            OutputSpec::Ssd(spec) => spec.check()?,
            OutputSpec::Yolox(spec) => spec.check(&self.input)?,
        }
        self.check_labels()?;
        self.thresholds.check()
    }

    fn check_labels(&self) -> Result<()> {
        let mut named = self.labels.iter().flatten().peekable();
        ensure!(named.peek().is_some(), "labels name no class");
        ensure!(named.all(|label| !label.is_empty()), "a label is empty");
        if let OutputSpec::Ssd(_) = self.output {
            ensure!(
                self.labels[0].is_none(),
                "labels must begin with null: column 0 of an ssd is the background"
            );
        }
        Ok(())
    }
}

impl InputSpec {
    fn check(&self) -> Result<()> {
        check_name("input.name", &self.name)?;
        let side = 1..=MAX_INPUT_SIDE;
        ensure!(
            side.contains(&self.width) && side.contains(&self.height),
            "input must be 1 to {MAX_INPUT_SIDE} pixels a side"
        );
        ensure!(
            self.mean.iter().all(|mean| mean.is_finite()),
            "input.mean must be of numbers that an f32 holds"
        );
        check_positive("input.std", &self.std)
    }
}

impl SsdSpec {
    fn check(&self) -> Result<()> {
        check_name("output.boxes", &self.boxes)?;
        check_name("output.logits", &self.logits)?;
        check_positive("output.box_coder", &self.box_coder)?;
        self.anchors.check()
    }
}

impl AnchorSpec {
    fn check(&self) -> Result<()> {
        check_length("feature_maps", self.feature_maps.len())?;
        check_length("aspect_ratios", self.aspect_ratios.len())?;
        check_positive("aspect_ratios", &self.aspect_ratios)?;
        check_positive("min_scale and max_scale", &[self.min_scale, self.max_scale])?;
        let interpolated = self.interpolated_scale_aspect_ratio;
        ensure!(
            interpolated == 0.0 || is_positive(interpolated),
            "interpolated_scale_aspect_ratio must be positive, or 0 for no such anchor"
        );
        let side = 1..=MAX_INPUT_SIDE;
        ensure!(
            self.feature_maps.iter().all(|map| side.contains(map)),
            "feature_maps must be 1 to {MAX_INPUT_SIDE} cells a side"
        );
        let cells: u64 = self.feature_maps.iter().map(|&n| u64::from(n).pow(2)).sum();
        let per_cell = self.aspect_ratios.len() as u64 + MORE_ANCHORS;
        ensure!(
            cells <= MAX_ROWS / per_cell,
            "feature_maps make more than {MAX_ROWS} anchors"
        );
        Ok(())
    }
}

impl YoloxSpec {
    fn check(&self, input: &InputSpec) -> Result<()> {
        check_name("output.predictions", &self.predictions)?;
        check_length("strides", self.strides.len())?;
        let mut rows = 0;
        for &stride in &self.strides {
            ensure!(
                input.width.is_multiple_of(stride) && input.height.is_multiple_of(stride),
                "the input's {}×{} pixels are no multiple of the stride {stride}",
                input.width,
                input.height
            );
            rows += u64::from(input.width / stride) * u64::from(input.height / stride);
        }
        ensure!(rows <= MAX_ROWS, "strides make more than {MAX_ROWS} rows");
        Ok(())
    }
}

impl Thresholds {
    fn check(self) -> Result<()> {
        let Self {
            score,
            iou,
            max_detections,
        } = self;
        ensure!(
            score > 0.0 && score < 1.0 && iou > 0.0 && iou <= 1.0,
            "thresholds.score and thresholds.iou must lie between 0 and 1"
        );
        ensure!(
            (1..=MAX_DETECTIONS).contains(&max_detections),
            "thresholds.max_detections must lie between 1 and {MAX_DETECTIONS}"
        );
        Ok(())
    }
}

fn check_name(field: &str, name: &str) -> Result<()> {
    ensure!(!name.is_empty(), "{field} is empty");
    Ok(())
}

fn check_length(field: &str, len: usize) -> Result<()> {
    ensure!(
        (1..=MAX_LIST).contains(&len),
        "{field} must have 1 to {MAX_LIST} entries"
    );
    Ok(())
}

fn check_positive(field: &str, values: &[f32]) -> Result<()> {
    ensure!(
        values.iter().copied().all(is_positive),
        "{field} must be positive"
    );
    Ok(())
}

/// Neither 0 nor so close to it, or so large, that one divided by it is lost.
fn is_positive(value: f32) -> bool {
    value > 0.0 && value.recip().is_normal() && value.is_normal()
}

#[cfg(test)]
mod tests;
