//! RGB pixels of any size → the tensor that the model's manifest asks for.

use anyhow::{Context, Result};
use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};

use super::decode::RgbImage;
use crate::model::{ColorOrder, InputSpec};

/// Resizes and normalises; owns the buffers that this needs.
pub struct Preprocessor {
    spec: InputSpec,
    resizer: Resizer,
    options: ResizeOptions,
    scaled: Image<'static>,
}

impl Preprocessor {
    pub fn new(spec: InputSpec) -> Self {
        let scaled = Image::new(spec.width, spec.height, PixelType::U8x3);
        // Bilinear with a support that grows when shrinking, as Pillow does: the accuracy reference
        // resizes in the same way.
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        Self {
            spec,
            resizer: Resizer::new(),
            options,
            scaled,
        }
    }

    /// Fills `tensor` (3 planes of height × width) from `image`.
    pub fn fill(&mut self, image: &RgbImage, tensor: &mut [f32]) -> Result<()> {
        let source = ImageRef::new(image.width, image.height, &image.pixels, PixelType::U8x3)
            .context("the decoded image does not fit its own size")?;
        self.resizer
            .resize(&source, &mut self.scaled, &self.options)
            .context("resizing failed")?;
        normalise(self.scaled.buffer(), &self.spec, tensor);
        Ok(())
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

    fn spec(color: ColorOrder) -> InputSpec {
        InputSpec {
            name: "input".into(),
            width: 2,
            height: 1,
            color,
            mean: [127.5; 3],
            std: [127.5; 3],
            fit: crate::model::Fit::Stretch,
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
            let image = RgbImage {
                width,
                height,
                pixels: vec![51; (width * height * 3) as usize],
            };
            let mut tensor = [0.0; 6];
            Preprocessor::new(spec(ColorOrder::Rgb))
                .fill(&image, &mut tensor)
                .unwrap();
            for value in tensor {
                assert!((value - -0.6).abs() < 1e-6, "{value}");
            }
        }
    }
}
