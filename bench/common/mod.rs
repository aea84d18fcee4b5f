//! What the benchmarks share: real frames, the bare session they are compared with, a client, and
//! the statistics.

use std::fmt::Display;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use sightline::pipeline::PipelineConfig;
use sightline::pipeline::decode::{RgbImage, decode};
use sightline::pipeline::infer::{self, Engine};
use sightline::pipeline::resize::Preprocessor;
use sightline::protocol::{DroppedFrame, FrameError, Timing};
use sightline::{Args, Config, Server};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

const CLIP: &str = "bench/clips/people.mjpeg";
const WIDTH: u32 = 320;
const HEIGHT: u32 = 240;
/// What the viewer's sampler uses.
const JPEG_QUALITY: u8 = 70;
const MAX_CLIP_PIXELS: usize = 1920 * 1080;
const START_OF_IMAGE: [u8; 2] = [0xFF, 0xD8];

/// The server's configuration on a free port, from its own flags.
pub fn config(mut args: Args, state_dir: &Path) -> Result<Config> {
    args.host = std::net::Ipv4Addr::LOCALHOST.into();
    args.port = 0;
    args.state_dir = Some(state_dir.to_owned());
    Config::try_from(args)
}

/// Serves until `work` ends, whether it succeeds or fails.
pub async fn while_serving<T>(server: &Server, work: impl Future<Output = Result<T>>) -> Result<T> {
    let work = async {
        let outcome = work.await;
        server.shutdown();
        outcome
    };
    let (served, outcome) = tokio::join!(server.serve(), work);
    served?;
    outcome
}

/// Frames of the clip as the viewer sends them: 320×240 JPEGs.
pub fn frames() -> Result<Vec<Vec<u8>>> {
    let clip = std::fs::read(CLIP).with_context(|| format!("no clip at {CLIP}"))?;
    let mut starts: Vec<usize> = (0..clip.len() - 1)
        .filter(|&i| clip[i..i + 2] == START_OF_IMAGE)
        .collect();
    starts.push(clip.len());
    let frames: Result<Vec<_>> = starts
        .windows(2)
        .step_by(10)
        .map(|pair| resized(&clip[pair[0]..pair[1]]))
        .collect();
    let frames = frames?;
    ensure!(!frames.is_empty(), "{CLIP} holds no JPEG");
    Ok(frames)
}

fn resized(jpeg: &[u8]) -> Result<Vec<u8>> {
    use fast_image_resize::{
        PixelType, Resizer,
        images::{Image, ImageRef},
    };
    let mut image = RgbImage::default();
    decode(jpeg, MAX_CLIP_PIXELS, &mut image)?;
    let source = ImageRef::new(image.width, image.height, &image.pixels, PixelType::U8x3)?;
    let mut small = Image::new(WIDTH, HEIGHT, PixelType::U8x3);
    Resizer::new().resize(&source, &mut small, None)?;
    let mut out = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut out, JPEG_QUALITY);
    let (width, height) = (WIDTH as u16, HEIGHT as u16);
    encoder.encode(small.buffer(), width, height, jpeg_encoder::ColorType::Rgb)?;
    Ok(out)
}

/// `session.run` and nothing else, on a real picture.
pub struct Bare(Engine);

impl Bare {
    pub fn open(config: &PipelineConfig, jpeg: &[u8]) -> Result<Self> {
        let environment = infer::environment(&config.onnxruntime)?;
        let (dir, manifest) = (&config.model_dir, &config.manifest);
        let mut engine = Engine::open(&environment, dir, manifest, config.threads)?;
        let mut image = RgbImage::default();
        decode(jpeg, MAX_CLIP_PIXELS, &mut image)?;
        Preprocessor::new(manifest.input.clone()).fill(&image, engine.input())?;
        Ok(Self(engine))
    }

    /// Microseconds of one run.
    pub fn run(&mut self) -> Result<f64> {
        let start = Instant::now();
        let outputs = self.0.infer()?;
        let elapsed = start.elapsed();
        drop(outputs);
        Ok(elapsed.as_secs_f64() * 1e6)
    }
}

/// A plain client of the detection socket. It runs on the cores it measures, so it reads no more of
/// an answer than the figures need.
pub struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

pub enum Answer {
    Inferred(Timing),
    Dropped,
    Failed(FrameError),
}

impl Answer {
    /// The frame that is answered, and what became of it.
    fn parse(text: &str) -> Result<(u32, Self)> {
        #[derive(Deserialize)]
        struct Fields {
            frame_id: Option<u32>,
            timing: Option<Timing>,
            dropped: Option<DroppedFrame>,
            error: Option<FrameError>,
        }
        match serde_json::from_str(text)? {
            Fields {
                frame_id: Some(frame_id),
                timing: Some(timing),
                ..
            } => Ok((frame_id, Self::Inferred(timing))),
            Fields {
                dropped: Some(dropped),
                ..
            } => Ok((dropped.frame_id, Self::Dropped)),
            Fields {
                error: Some(error), ..
            } => Ok((error.frame_id, Self::Failed(error))),
            _ => bail!("an unknown answer: {text}"),
        }
    }
}

impl Client {
    /// `server` is a host and a port.
    pub async fn connect(server: impl Display) -> Result<Self> {
        let url = format!("ws://{server}/api/detect?timing=1");
        let (socket, _) = tokio_tungstenite::connect_async_with_config(url, None, true).await?;
        Ok(Self(socket))
    }

    pub async fn send(&mut self, frame_id: u32, jpeg: &[u8]) -> Result<()> {
        let id = frame_id.to_le_bytes();
        let capture_ts = sightline::clock::epoch_ms().to_le_bytes();
        let message = [&id[..], &capture_ts, jpeg].concat();
        Ok(self.0.send(Message::binary(message)).await?)
    }

    pub async fn answer(&mut self) -> Result<(u32, Answer)> {
        loop {
            match self
                .0
                .next()
                .await
                .context("the server closed the socket")??
            {
                Message::Text(text) => return Answer::parse(&text),
                Message::Close(close) => bail!("the server closed the socket: {close:?}"),
                _ => {}
            }
        }
    }
}

/// The value below which the fraction `q` of the samples lies; `None` without samples.
pub fn quantile(samples: &[f64], q: f64) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some(sorted[(last as f64 * q).round() as usize])
}
