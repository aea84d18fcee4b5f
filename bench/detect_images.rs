//! Runs the server's own pipeline on a folder of images and writes COCO results, for
//! `models/eval/compare_ap.sh`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::{Value, json};
use sightline::Args;
use sightline::pipeline::{PipelineConfig, Stages, infer};
use sightline::protocol::Detection;

#[derive(Parser)]
struct Options {
    /// Folder with the images that the annotations name
    #[arg(long)]
    images: PathBuf,
    /// COCO annotations
    #[arg(long)]
    annotations: PathBuf,
    /// Where the results go, as a COCO results file
    #[arg(long)]
    out: PathBuf,
    /// The server's own flags, such as --model and --score
    #[command(flatten)]
    server: Args,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let config = PipelineConfig::try_from(&options.server)?;
    let environment = infer::environment(&config.onnxruntime)?;
    let mut stages = Stages::open(&environment, &config)?;
    let annotations = read_json(&options.annotations)?;
    let categories = categories(&annotations)?;
    let mut results = Vec::new();
    for image in images(&annotations)? {
        let jpeg = std::fs::read(options.images.join(&image.file))?;
        let (detections, _) = stages.detect(&jpeg).with_context(|| image.file.clone())?;
        for found in &detections {
            let category = categories
                .get(found.label.as_str())
                .with_context(|| format!("no category {} in the annotations", found.label))?;
            results.push(coco_result(&image, *category, found));
        }
    }
    std::fs::write(&options.out, serde_json::to_string(&results)?)?;
    println!("{} detections → {}", results.len(), options.out.display());
    Ok(())
}

struct Image {
    id: u64,
    file: String,
    width: f64,
    height: f64,
}

fn read_json(annotations: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(annotations)
        .with_context(|| format!("no annotations at {}", annotations.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// The ids of the data set, by name: a model's class numbers are its own.
fn categories(annotations: &Value) -> Result<HashMap<&str, u64>> {
    let entries = annotations["categories"]
        .as_array()
        .context("no categories in the annotations")?;
    entries
        .iter()
        .map(|entry| Some((entry["name"].as_str()?, entry["id"].as_u64()?)))
        .map(|category| category.context("a category lacks a field"))
        .collect()
}

fn images(annotations: &Value) -> Result<Vec<Image>> {
    let entries = annotations["images"]
        .as_array()
        .context("no images in the annotations")?;
    let image = |entry: &Value| {
        Some(Image {
            id: entry["id"].as_u64()?,
            file: entry["file_name"].as_str()?.to_owned(),
            width: entry["width"].as_f64()?,
            height: entry["height"].as_f64()?,
        })
    };
    entries
        .iter()
        .map(|entry| image(entry).context("an image lacks a field"))
        .collect()
}

fn coco_result(image: &Image, category: u64, found: &Detection) -> Value {
    let [x, y, w, h] = [
        found.xmin,
        found.ymin,
        found.xmax - found.xmin,
        found.ymax - found.ymin,
    ]
    .map(f64::from);
    json!({
        "image_id": image.id,
        "category_id": category,
        "bbox": [x * image.width, y * image.height, w * image.width, h * image.height],
        "score": found.score,
    })
}
