//! Frames in, answers out: slot → decode → resize → infer → post-process.
//!
//! The stages are plain functions; only this file knows threads. Each worker thread owns a session.
//! It first becomes free, then takes a frame: the frame it takes is the newest there is, and none
//! grows stale in a queue.

pub mod decode;
pub mod frame;
#[cfg(test)]
mod golden;
pub mod infer;
pub mod postprocess;
pub mod resize;
pub mod slot;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::metrics::{Counted, Metrics};
use crate::model::Manifest;
use crate::protocol::{Detection, DetectionResult, FrameErrorCode, Timing};
use decode::{DecodeError, RgbImage};
use frame::{Frame, Reply};
use infer::Engine;
use resize::Preprocessor;
use slot::{ClientId, Slots};

/// What a pipeline is made of.
#[derive(Debug, Clone)]
pub struct PipelineConfig {
    pub onnxruntime: PathBuf,
    pub model_dir: PathBuf,
    pub manifest: Manifest,
    /// Sessions, each on its own thread.
    pub workers: usize,
    /// Threads inside each session.
    pub threads: usize,
    pub max_pixels: usize,
}

/// The running workers. Dropping it stops them.
pub struct Pipeline {
    queue: Arc<Queue>,
    workers: Vec<JoinHandle<()>>,
}

impl Pipeline {
    /// Loads the runtime and the model once per worker, and fails if either is missing or wrong.
    pub fn start(config: &PipelineConfig, metrics: &Arc<Metrics>) -> Result<Self> {
        let environment = infer::environment(&config.onnxruntime)?;
        let queue = Arc::new(Queue::default());
        let mut pipeline = Self {
            queue,
            workers: Vec::new(),
        };
        for index in 0..config.workers {
            let mut stages = Stages::open(&environment, config)?;
            let (queue, metrics) = (Arc::clone(&pipeline.queue), Arc::clone(metrics));
            let worker = std::thread::Builder::new()
                .name(format!("infer-{index}"))
                .spawn(move || {
                    while let Some(frame) = queue.next() {
                        let _busy = Counted::by(&metrics.workers_busy);
                        stages.answer(frame);
                    }
                })
                .context("no thread for an inference worker")?;
            pipeline.workers.push(worker);
        }
        Ok(pipeline)
    }

    /// A new client's place in the pipeline.
    pub fn client(&self) -> Client {
        let mut state = self.queue.lock();
        state.clients += 1;
        Client {
            id: state.clients,
            queue: Arc::clone(&self.queue),
        }
    }

    /// Frames that no worker has taken yet.
    pub fn waiting(&self) -> usize {
        self.queue.lock().slots.len()
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        let waiting = {
            let mut state = self.queue.lock();
            state.closed = true;
            state.slots.drain()
        };
        waiting.into_iter().for_each(|frame| frame.reply.dropped());
        self.queue.offered.notify_all();
        for worker in self.workers.drain(..) {
            // A worker only unwinds out of its own answer, which has been caught and reported there.
            let _ = worker.join();
        }
    }
}

/// One connection's slot; dropping it empties the slot.
pub struct Client {
    id: ClientId,
    queue: Arc<Queue>,
}

impl Client {
    /// Offers a frame. The one that it replaces, if any, is answered as dropped.
    pub fn offer(&self, frame: Frame) {
        let replaced = {
            let mut state = self.queue.lock();
            if state.closed {
                Some(frame)
            } else {
                state.slots.put(self.id, frame)
            }
        };
        match replaced {
            Some(old) => old.reply.dropped(),
            None => self.queue.offered.notify_one(),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let waiting = self.queue.lock().slots.remove(self.id);
        if let Some(frame) = waiting {
            frame.reply.dropped();
        }
    }
}

#[derive(Default)]
struct Queue {
    state: Mutex<QueueState>,
    offered: Condvar,
}

#[derive(Default)]
struct QueueState {
    slots: Slots<Frame>,
    clients: ClientId,
    closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().expect("no holder of this lock panics")
    }

    /// Waits for the next frame; `None` once the pipeline is closed.
    fn next(&self) -> Option<Frame> {
        let nothing_to_do = |state: &mut QueueState| state.slots.is_empty() && !state.closed;
        let mut state = self
            .offered
            .wait_while(self.lock(), nothing_to_do)
            .expect("no holder of this lock panics");
        state.slots.take()
    }
}

/// One worker's stages and the buffers they reuse.
pub struct Stages {
    max_pixels: usize,
    image: RgbImage,
    preprocessor: Preprocessor,
    engine: Engine,
}

impl Stages {
    pub fn open(
        environment: &ort::environment::Environment,
        config: &PipelineConfig,
    ) -> Result<Self> {
        let PipelineConfig {
            model_dir,
            manifest,
            threads,
            ..
        } = config;
        Ok(Self {
            max_pixels: config.max_pixels,
            image: RgbImage::default(),
            preprocessor: Preprocessor::new(manifest.input.clone()),
            engine: Engine::open(environment, model_dir, manifest, *threads)?,
        })
    }

    /// Runs all stages on one JPEG.
    pub fn detect(&mut self, jpeg: &[u8]) -> Result<(Vec<Detection>, Timing)> {
        let mut lap = Lap(Instant::now());
        let mut timing = Timing::default();
        decode::decode(jpeg, self.max_pixels, &mut self.image)?;
        timing.decode_us = lap.micros();
        let covered = self.preprocessor.fill(&self.image, self.engine.input())?;
        timing.resize_us = lap.micros();
        let outputs = self.engine.infer()?;
        timing.infer_us = lap.micros();
        let detections = outputs.detections(covered)?;
        timing.post_us = lap.micros();
        Ok((detections, timing))
    }

    fn answer(&mut self, frame: Frame) {
        let queued = frame.received.instant.elapsed();
        // Decoders meet hostile bytes: a panic there costs one frame, not the worker.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.detect(&frame.jpeg)))
            .unwrap_or_else(|_| Err(anyhow::anyhow!("a stage panicked")));
        let done = Instant::now();
        match outcome {
            Ok((detections, mut timing)) => {
                timing.queue_us = u32::try_from(queued.as_micros()).unwrap_or(u32::MAX);
                let result = DetectionResult {
                    frame_id: frame.reply.frame_id(),
                    capture_ts: frame.capture_ts,
                    recv_ts: frame.received.epoch_ms.round() as i64,
                    inference_ts: frame.received.epoch_ms_at(done).round() as i64,
                    detections,
                    timing: Some(timing),
                };
                frame.reply.result(result);
            }
            Err(error) => report(error, frame.reply),
        }
    }
}

fn report(error: anyhow::Error, reply: Reply) {
    match error.downcast_ref::<DecodeError>() {
        Some(fault @ DecodeError::BadJpeg(_)) => {
            reply.error(FrameErrorCode::BadJpeg, fault.to_string());
        }
        Some(fault @ DecodeError::TooLarge { .. }) => {
            reply.error(FrameErrorCode::TooLarge, fault.to_string());
        }
        None => {
            tracing::error!("inference failed: {error:#}");
            reply.error(FrameErrorCode::Internal, "inference failed on the server");
        }
    }
}

/// Time since the last lap.
struct Lap(Instant);

impl Lap {
    fn micros(&mut self) -> u32 {
        let last = std::mem::replace(&mut self.0, Instant::now());
        u32::try_from((self.0 - last).as_micros()).unwrap_or(u32::MAX)
    }
}
