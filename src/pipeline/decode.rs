//! JPEG bytes → RGB pixels.

use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

/// The baseline limit of the format itself; ours is counted in pixels.
const MAX_SIDE: usize = u16::MAX as usize;
/// A camera writes one scan, a progressive file about ten; hundreds are an attack on the CPU.
const MAX_SCANS: usize = 32;
const END_OF_IMAGE: [u8; 2] = [0xFF, 0xD9];

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("not a whole JPEG: {0}")]
    BadJpeg(String),
    #[error("the JPEG is {width}×{height}, more than the {max_pixels} pixels accepted here")]
    TooLarge {
        width: usize,
        height: usize,
        max_pixels: usize,
    },
}

impl DecodeError {
    fn bad(reason: impl std::fmt::Display) -> Self {
        Self::BadJpeg(reason.to_string())
    }
}

/// Pixels, three bytes each, row by row. The buffer is reused from frame to frame.
#[derive(Debug, Default)]
pub struct RgbImage {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<u8>,
}

/// Decodes `jpeg` into `image`. Grey and CMYK come out as RGB. The header's dimensions are checked
/// before anything is allocated for them.
pub fn decode(jpeg: &[u8], max_pixels: usize, image: &mut RgbImage) -> Result<(), DecodeError> {
    let (mut decoder, width, height) = opened(jpeg, max_pixels)?;
    image.pixels.resize(width * height * 3, 0);
    decoder
        .decode_into(&mut image.pixels)
        .map_err(DecodeError::bad)?;
    (image.width, image.height) = (width as u32, height as u32);
    Ok(())
}

/// As far as it can be told without decoding: a whole JPEG of no more than `max_pixels`.
pub fn check(jpeg: &[u8], max_pixels: usize) -> Result<(), DecodeError> {
    opened(jpeg, max_pixels).map(|_| ())
}

type Opened<'a> = (JpegDecoder<ZCursor<&'a [u8]>>, usize, usize);

/// The decoder behind the headers, with width and height.
fn opened(jpeg: &[u8], max_pixels: usize) -> Result<Opened<'_>, DecodeError> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(MAX_SIDE)
        .set_max_height(MAX_SIDE)
        .jpeg_set_max_scans(MAX_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    decoder.decode_headers().map_err(DecodeError::bad)?;
    let (width, height) = dimensions(&decoder)?;
    if width * height > max_pixels {
        return Err(DecodeError::TooLarge {
            width,
            height,
            max_pixels,
        });
    }
    // The decoder would paint what a cut file lacks in grey; a detector must not look at that.
    if !ends_with_marker(jpeg) {
        return Err(DecodeError::bad("the end-of-image marker is missing"));
    }
    Ok((decoder, width, height))
}

fn dimensions(decoder: &JpegDecoder<ZCursor<&[u8]>>) -> Result<(usize, usize), DecodeError> {
    let info = decoder
        .info()
        .ok_or_else(|| DecodeError::bad("it has no frame header"))?;
    Ok((usize::from(info.width), usize::from(info.height)))
}

/// Some cameras pad the file with zeros behind the marker.
fn ends_with_marker(jpeg: &[u8]) -> bool {
    let end = jpeg
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |i| i + 1);
    jpeg[..end].ends_with(&END_OF_IMAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_PIXELS: usize = 1 << 20;

    /// A whole grey JPEG of 8×8 pixels, every one 128.
    const GREY: &[u8] = include_bytes!("decode/grey_8x8.jpg");

    fn decoded(jpeg: &[u8]) -> Result<RgbImage, DecodeError> {
        let mut image = RgbImage::default();
        decode(jpeg, MAX_PIXELS, &mut image).map(|()| image)
    }

    /// The same file, claiming another size in its frame header.
    fn claiming(width: u16, height: u16) -> Vec<u8> {
        let mut jpeg = GREY.to_vec();
        let header = jpeg
            .windows(2)
            .position(|pair| pair == [0xFF, 0xC0])
            .unwrap();
        jpeg[header + 5..header + 7].copy_from_slice(&height.to_be_bytes());
        jpeg[header + 7..header + 9].copy_from_slice(&width.to_be_bytes());
        jpeg
    }

    #[test]
    fn grey_becomes_rgb() {
        let image = decoded(GREY).unwrap();
        assert_eq!((image.width, image.height), (8, 8));
        assert!(image.pixels.iter().all(|&value| value.abs_diff(128) <= 1));
        assert_eq!(image.pixels.len(), 8 * 8 * 3);
    }

    #[test]
    fn a_huge_header_is_refused_before_anything_is_allocated() {
        let mut image = RgbImage::default();
        let refused = decode(&claiming(65535, 65535), MAX_PIXELS, &mut image);
        assert!(
            matches!(
                refused,
                Err(DecodeError::TooLarge {
                    width: 65535,
                    height: 65535,
                    ..
                })
            ),
            "{refused:?}"
        );
        assert_eq!(image.pixels.capacity(), 0);
    }

    #[test]
    fn cut_and_foreign_bytes_are_no_jpeg() {
        for end in 0..GREY.len() {
            let cut = decoded(&GREY[..end]);
            assert!(matches!(cut, Err(DecodeError::BadJpeg(_))), "cut at {end}");
        }
        assert!(decoded(b"\x89PNG\r\n\x1a\n").is_err());
        assert!(decoded(&claiming(0, 8)).is_err());
    }

    #[test]
    fn the_check_refuses_what_its_header_and_end_tell() {
        assert_eq!(check(GREY, 64), Ok(()));
        assert!(matches!(check(GREY, 63), Err(DecodeError::TooLarge { .. })));
        for broken in [&GREY[..GREY.len() - 1], b"\x89PNG\r\n\x1a\n", b""] {
            assert!(matches!(check(broken, 64), Err(DecodeError::BadJpeg(_))));
        }
    }

    #[test]
    fn zeros_behind_the_end_are_padding() {
        assert!(decoded(&[GREY, &[0; 16]].concat()).is_ok());
    }

    proptest::proptest! {
        /// Hostile bytes cost an error, never a panic.
        #[test]
        fn any_flipped_byte_is_survived(at in 0..GREY.len(), value: u8) {
            let mut jpeg = GREY.to_vec();
            jpeg[at] = value;
            let _ = decoded(&jpeg);
        }
    }
}
