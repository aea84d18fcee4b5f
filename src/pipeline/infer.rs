//! The model on ONNX Runtime: one session, one input tensor, filled in place.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use ort::environment::Environment;
use ort::session::{Session, SessionOutputs, builder::GraphOptimizationLevel};
use ort::value::Tensor;

use crate::model::Manifest;
use crate::protocol::Detection;
use crate::telemetry;

use super::postprocess::{Decoder, Outputs};
use super::resize::Coverage;

/// Where `npm ci` in `frontend/` puts the library, for those who do not name one.
const NPM_PACKAGE: &str = "frontend/node_modules/onnxruntime-node/bin/napi-v6";

/// The runtime library of the locked npm package, if it has been installed.
pub fn find_library() -> Option<PathBuf> {
    let (system, file) = match std::env::consts::OS {
        "macos" => ("darwin", "libonnxruntime.1.dylib"),
        "windows" => ("win32", "onnxruntime.dll"),
        system => (system, "libonnxruntime.so.1"),
    };
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    let path = Path::new(NPM_PACKAGE)
        .join(system)
        .join(architecture)
        .join(file);
    path.is_file().then_some(path)
}

/// Loads ONNX Runtime, if it will keep to itself. A process has one environment, so later calls get the first one's.
pub fn environment(library: &Path) -> Result<Environment> {
    ensure!(
        telemetry::is_off(),
        "ONNX Runtime would report to its makers: set ORT_DISABLE_TELEMETRY=1 before this program starts"
    );
    static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);
    let mut loaded = ENVIRONMENT.lock().expect("loading never panics");
    if let Some(environment) = &*loaded {
        return Ok(environment.clone());
    }
    let environment = ort::init_from(library)
        .map_err(|error| anyhow::anyhow!("{error}"))
        .and_then(|builder| Ok(builder.with_name("sightline").with_telemetry(false).build()?))
        .with_context(|| {
            format!(
                "ONNX Runtime could not be loaded from {}: install it with `npm ci --ignore-scripts` \
                 in frontend/, or name the library by --onnxruntime FILE",
                library.display()
            )
        })?;
    *loaded = Some(environment.clone());
    Ok(environment)
}

/// Opens the manifest's model. The pools do not spin: spinning threads collapse on a busy machine.
pub fn open_session(environment: &Environment, file: &Path, threads: usize) -> Result<Session> {
    let open = || -> ort::Result<Session> {
        Session::builder(environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(threads)?
            .with_intra_op_spinning(false)?
            .commit_from_file(file)
    };
    open().with_context(|| {
        format!(
            "the model {} cannot be opened: name a folder with a model and its manifest by --model DIR",
            file.display()
        )
    })
}

/// A session with its input tensor and the reader of its outputs.
pub struct Engine {
    session: Session,
    input_name: String,
    input: Tensor<f32>,
    decoder: Decoder,
}

impl Engine {
    /// Opens the model, runs it once to warm up, and checks that it is what the manifest says.
    pub fn open(
        environment: &Environment,
        dir: &Path,
        manifest: &Manifest,
        threads: usize,
    ) -> Result<Self> {
        let session = open_session(environment, &dir.join(&manifest.file), threads)?;
        let (width, height) = (
            manifest.input.width as usize,
            manifest.input.height as usize,
        );
        let zeros = vec![0.0_f32; 3 * width * height];
        let mut engine = Self {
            session,
            input_name: manifest.input.name.clone(),
            input: Tensor::from_array(([1, 3, height, width], zeros))?,
            decoder: Decoder::new(manifest),
        };
        engine
            .infer()
            .and_then(|outputs| outputs.detections(Coverage::WHOLE))
            .with_context(|| format!("{} does not fit its manifest", manifest.file.display()))?;
        Ok(engine)
    }

    /// The tensor that [`Engine::infer`] reads: 3 planes of height × width.
    pub fn input(&mut self) -> &mut [f32] {
        self.input.extract_tensor_mut().1
    }

    pub fn infer(&mut self) -> Result<RawOutputs<'_>> {
        let inputs = ort::inputs![self.input_name.as_str() => &self.input];
        Ok(RawOutputs {
            outputs: self.session.run(inputs)?,
            decoder: &self.decoder,
        })
    }
}

/// What one run left behind; borrowed from the engine until it is read.
pub struct RawOutputs<'a> {
    outputs: SessionOutputs<'a>,
    decoder: &'a Decoder,
}

impl RawOutputs<'_> {
    /// `covered`: the share of the input that the frame fills.
    pub fn detections(&self, covered: Coverage) -> Result<Vec<Detection>> {
        self.decoder.detections(&self.outputs, covered)
    }
}

impl Outputs for SessionOutputs<'_> {
    fn tensor(&self, name: &str) -> Result<(&[i64], &[f32])> {
        let value = self
            .get(name)
            .with_context(|| format!("it has no output {name}"))?;
        let (shape, numbers) = value
            .try_extract_tensor::<f32>()
            .with_context(|| format!("its output {name} is not of f32"))?;
        Ok((shape, numbers))
    }
}
