//! RGB pixels of any size → the tensor that the model's manifest asks for.

use anyhow::{Context, Result};
use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{CroppedImageMut, Image, ImageRef},
};

use super::decode::RgbImage;
use crate::model::{ColorOrder, Fit, InputSpec};

/// The share of the model's input that the picture fills, from the top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub struct Coverage {
    pub width: f32,
    pub height: f32,
}

impl Coverage {
    pub const WHOLE: Self = Self {
        width: 1.0,
        height: 1.0,
    };
}

/// Resizes and normalises; owns the buffers that this needs.
pub struct Preprocessor {
    spec: InputSpec,
    resizer: Resizer,
    options: ResizeOptions,
    /// What the model sees, as pixels.
    canvas: Image<'static>,
    /// Size of the last picture on the canvas; what lies beside it is pad.
    placed: (u32, u32),
}

impl Preprocessor {
    pub fn new(spec: InputSpec) -> Self {
        let canvas = Image::new(spec.width, spec.height, PixelType::U8x3);
        // Bilinear with a support that grows when shrinking, as Pillow does: the accuracy reference
        // resizes in the same way.
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        Self {
            placed: (spec.width, spec.height),
            spec,
            resizer: Resizer::new(),
            options,
            canvas,
        }
    }

    /// Fills `tensor` (3 planes of height × width) from `image`.
    pub fn fill(&mut self, image: &RgbImage, tensor: &mut [f32]) -> Result<Coverage> {
        let source = ImageRef::new(image.width, image.height, &image.pixels, PixelType::U8x3)
            .context("the decoded image does not fit its own size")?;
        let (width, height) = placed_size(&self.spec, image);
        self.clear_around(width, height);
        let mut place = CroppedImageMut::new(&mut self.canvas, 0, 0, width, height)
            .context("the picture does not fit the model's input")?;
        self.resizer
            .resize(&source, &mut place, &self.options)
            .context("resizing failed")?;
        normalise(self.canvas.buffer(), &self.spec, tensor);
        Ok(Coverage {
            width: width as f32 / self.spec.width as f32,
            height: height as f32 / self.spec.height as f32,
        })
    }

    /// Frames of one source have one size, so this is rare.
    fn clear_around(&mut self, width: u32, height: u32) {
        if self.placed == (width, height) {
            return;
        }
        if let Fit::LetterboxTopLeft { pad } = self.spec.fit {
            self.canvas.buffer_mut().fill(pad);
        }
        self.placed = (width, height);
    }
}

/// The picture's width and height on the canvas.
fn placed_size(spec: &InputSpec, image: &RgbImage) -> (u32, u32) {
    match spec.fit {
        Fit::Stretch => (spec.width, spec.height),
        Fit::LetterboxTopLeft { .. } => {
            // Whole numbers: a scale rounded up or down could cost the longer side a pixel.
            let scaled = |side: u32, to: u32, of: u32, limit: u32| {
                let exact = u64::from(side) * u64::from(to) / u64::from(of).max(1);
                exact.clamp(1, u64::from(limit)) as u32
            };
            (
                scaled(image.width, spec.height, image.height, spec.width),
                scaled(image.height, spec.width, image.width, spec.height),
            )
        }
    }
}

/// Interleaved bytes → planes of `(value - mean) / std`, in the manifest's colour order.
fn normalise(rgb: &[u8], spec: &InputSpec, tensor: &mut [f32]) {
    let plane_len = rgb.len() / 3;
    for (channel, plane) in tensor.chunks_exact_mut(plane_len).enumerate() {
        let source = match spec.color {
            ColorOrder::Rgb => channel,
            ColorOrder::Bgr => 2 - channel,
        };
        let scale = 1.0 / spec.std[channel];
        let bias = -spec.mean[channel] * scale;
        for (value, pixel) in plane.iter_mut().zip(rgb.chunks_exact(3)) {
            *value = f32::from(pixel[source]) * scale + bias;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::pipeline::golden;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        image: Picture,
        input: InputSpec,
        tensor: Vec<f32>,
        coverage: Coverage,
    }

    #[derive(Deserialize)]
    struct Picture {
        width: u32,
        height: u32,
        rgb: Vec<u8>,
    }

    #[test]
    fn golden_cases() {
        for case in golden::cases::<Case>("resize.json") {
            let Picture { width, height, rgb } = case.image;
            let image = RgbImage {
                width,
                height,
                pixels: rgb,
            };
            let std = case.input.std;
            let mut tensor = vec![f32::NAN; case.tensor.len()];
            let coverage = Preprocessor::new(case.input).fill(&image, &mut tensor);
            assert_eq!(coverage.unwrap(), case.coverage, "{}", case.name);
            let plane_len = tensor.len() / 3;
            for (index, (found, expected)) in tensor.iter().zip(&case.tensor).enumerate() {
                let levels = (found - expected).abs() * std[index / plane_len];
                assert!(
                    levels <= 1.01,
                    "{} [{index}]: {found} {expected}",
                    case.name
                );
            }
        }
    }

    fn spec(color: ColorOrder) -> InputSpec {
        InputSpec {
            name: "input".into(),
            width: 2,
            height: 1,
            color,
            mean: [127.5; 3],
            std: [127.5; 3],
            fit: Fit::Stretch,
        }
    }

    fn red_and_blue() -> RgbImage {
        RgbImage {
            width: 2,
            height: 1,
            pixels: vec![255, 0, 0, 0, 0, 255],
        }
    }

    #[test]
    fn planes_follow_the_colour_order() {
        let mut tensor = [0.0; 6];
        Preprocessor::new(spec(ColorOrder::Rgb))
            .fill(&red_and_blue(), &mut tensor)
            .unwrap();
        assert_eq!(tensor, [1.0, -1.0, -1.0, -1.0, -1.0, 1.0]);
        Preprocessor::new(spec(ColorOrder::Bgr))
            .fill(&red_and_blue(), &mut tensor)
            .unwrap();
        assert_eq!(tensor, [-1.0, 1.0, -1.0, -1.0, 1.0, -1.0]);
    }

    #[test]
    fn a_flat_picture_stays_flat_at_any_size() {
        for (width, height) in [(1, 1), (7, 3), (641, 479)] {
            let mut tensor = [0.0; 6];
            Preprocessor::new(spec(ColorOrder::Rgb))
                .fill(&flat(width, height), &mut tensor)
                .unwrap();
            for value in tensor {
                assert!((value - -0.6).abs() < 1e-6, "{value}");
            }
        }
    }

    fn letterbox(width: u32, height: u32) -> InputSpec {
        InputSpec {
            width,
            height,
            mean: [0.0; 3],
            std: [1.0; 3],
            fit: Fit::LetterboxTopLeft { pad: 114 },
            ..spec(ColorOrder::Rgb)
        }
    }

    fn flat(width: u32, height: u32) -> RgbImage {
        RgbImage {
            width,
            height,
            pixels: vec![51; (width * height * 3) as usize],
        }
    }

    /// The buffer is used again, so what another shape left on it must go.
    #[test]
    fn beside_a_letterboxed_picture_lies_pad() {
        let mut preprocessor = Preprocessor::new(letterbox(4, 4));
        let (p, o) = (51.0, 114.0);
        let shapes = [
            (
                flat(8, 4),
                [p, p, p, p, p, p, p, p, o, o, o, o, o, o, o, o],
                1.0,
                0.5,
            ),
            (
                flat(4, 8),
                [p, p, o, o, p, p, o, o, p, p, o, o, p, p, o, o],
                0.5,
                1.0,
            ),
            (flat(3, 3), [p; 16], 1.0, 1.0),
            (
                flat(900, 1),
                [p, p, p, p, o, o, o, o, o, o, o, o, o, o, o, o],
                1.0,
                0.25,
            ),
        ];
        for (image, expected, width, height) in shapes {
            let mut tensor = [0.0; 48];
            let coverage = preprocessor.fill(&image, &mut tensor).unwrap();
            assert_eq!(coverage, Coverage { width, height });
            assert_eq!(tensor, [expected; 3].concat()[..], "{width} {height}");
        }
    }

    #[test]
    fn a_letterboxed_picture_of_any_shape_fits() {
        let spec = letterbox(416, 320);
        for width in 1..700 {
            for height in [1, 3, 7, 49, 240, 319, 320, 321, 5000] {
                let (w, h) = placed_size(
                    &spec,
                    &RgbImage {
                        width,
                        height,
                        pixels: Vec::new(),
                    },
                );
                assert!(
                    (1..=416).contains(&w) && (1..=320).contains(&h),
                    "{width} {height}"
                );
                assert!(w == 416 || h == 320, "{width} {height}: {w} {h}");
            }
        }
    }
}
