//! The runtime, the model, and what an inference takes.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use ort::environment::Environment;

use super::Finding;
use crate::config::{Args, parts};
use crate::model::Manifest;
use crate::pipeline::PipelineConfig;
use crate::pipeline::infer::{self, Engine};

const RUNS: usize = 5;

pub fn findings(args: &Args) -> [Finding; 2] {
    let runtime = parts::onnxruntime(args.onnxruntime.as_deref())
        .and_then(|library| Ok((infer::environment(&library)?, library)));
    match runtime {
        Ok((environment, library)) => [
            Finding::good("ONNX Runtime", loaded(&library)),
            Finding::of("model", model(args, &environment)),
        ],
        Err(error) => [Finding::failed("ONNX Runtime", &error), unrun_model(args)],
    }
}

/// The library tells the commit that it was built from, not its version.
fn loaded(library: &Path) -> String {
    let commit = ort::info()
        .split([' ', ','])
        .find_map(|word| word.strip_prefix("git-commit-id="));
    let built = commit.map_or_else(String::new, |commit| {
        format!(", built from commit {commit}")
    });
    format!("{}{built}", library.display())
}

fn model(args: &Args, environment: &Environment) -> Result<String> {
    let config = PipelineConfig::try_from(args)?;
    let (manifest, threads) = (&config.manifest, config.threads);
    let mut engine = Engine::open(environment, &config.model_dir, manifest, threads)?;
    let mut runs = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let begun = Instant::now();
        engine.infer()?;
        runs.push(begun.elapsed());
    }
    runs.sort();
    let ms = runs[RUNS / 2].as_secs_f64() * 1000.0;
    let threads = if threads == 1 {
        "1 thread".to_owned()
    } else {
        format!("{threads} threads")
    };
    Ok(format!(
        "{}, {} labels: an inference takes {ms:.1} ms on {threads} (median of {RUNS})",
        manifest.name,
        manifest.label_names().len()
    ))
}

/// Without the runtime, only what its manifest says.
fn unrun_model(args: &Args) -> Finding {
    match Manifest::load(&args.model) {
        Ok(manifest) => {
            let told = format!("{}: not run, for want of ONNX Runtime", manifest.name);
            Finding::warning("model", told)
        }
        Err(error) => Finding::failed("model", &error),
    }
}
