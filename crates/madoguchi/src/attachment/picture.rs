//! Pictures are drawn anew: what leaves is what is seen, and nothing else of the file (no place, no time, no
//! camera, nothing behind the end). What a picture would need is read from its header before anything is decoded.

use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{CompressionType, FilterType, PngDecoder, PngEncoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, Limits};

use super::kind::{Kind, Refusal};

/// Bytes that drawing one picture may take: a photograph of 50 million pixels.
pub const MOST_MEMORY: u64 = 160 * 1024 * 1024;
/// Longest side of what is kept: an identity card fills the screen at three times its size.
const LONGEST: u32 = 4_096;
const QUALITY: u8 = 88;

/// Bytes of memory that decoding takes, by the header alone.
pub fn memory_needed(kind: Kind, bytes: &[u8]) -> Result<u64, Refusal> {
    let needed = match kind {
        Kind::Jpeg => jpeg_memory(bytes),
        Kind::Png => png_memory(bytes),
        Kind::Pdf => return Ok(0),
    };
    match needed {
        None | Some(0) => Err(Refusal::Broken),
        Some(n) if n > MOST_MEMORY => Err(Refusal::Pixels),
        Some(n) => Ok(n),
    }
}

/// Walks the segments up to the frame header. A progressive picture keeps every coefficient until its end.
fn jpeg_memory(bytes: &[u8]) -> Option<u64> {
    let mut at = 2;
    loop {
        while bytes.get(at) == Some(&0xff) && bytes.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let (0xff, marker) = (*bytes.get(at)?, *bytes.get(at + 1)?) else { return None };
        let length = usize::from(u16::from_be_bytes(bytes.get(at + 2..at + 4)?.try_into().ok()?));
        let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            let body = bytes.get(at + 4..at + 10)?;
            let side = |n: usize| u64::from(u16::from_be_bytes([body[n], body[n + 1]]));
            let (pixels, parts) = (side(1) * side(3), u64::from(body[5]));
            if !(1..=4).contains(&parts) {
                return None;
            }
            let coefficients = if marker == 0xc2 { pixels * parts * 2 } else { 0 };
            return Some(pixels * 3 + coefficients);
        }
        if marker == 0xda || marker == 0xd9 || length < 2 {
            return None;
        }
        at += 2 + length;
    }
}

fn png_memory(bytes: &[u8]) -> Option<u64> {
    if bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    let side = |at: usize| Some(u64::from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)));
    let (width, height) = (side(16)?, side(20)?);
    let (depth, colour) = (*bytes.get(24)?, *bytes.get(25)?);
    let channels = match colour {
        0 => 1,
        2 => 3,
        3 | 6 => 4,
        4 => 2,
        _ => return None,
    };
    let each = if depth == 16 { 2 } else { 1 };
    width.checked_mul(height)?.checked_mul(channels * each)
}

/// Decodes, turns it upright, makes it at most 4,096 pixels long, and encodes it. Blocking; takes
/// [`memory_needed`] and a quarter more.
pub fn redraw(kind: Kind, bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let input = Cursor::new(bytes);
    let (picture, upright) = match kind {
        Kind::Jpeg => decoded(JpegDecoder::new(input)),
        Kind::Png => decoded(PngDecoder::new(input)),
        Kind::Pdf => return Err(Refusal::Kind),
    }
    .map_err(|_| Refusal::Broken)?;
    let longest = picture.width().max(picture.height());
    let mut picture = if longest > LONGEST { picture.thumbnail(LONGEST, LONGEST) } else { picture };
    picture.apply_orientation(upright);
    let mut out = Vec::new();
    match kind {
        Kind::Png => {
            let plain = if picture.color().has_alpha() {
                DynamicImage::ImageRgba8(picture.into_rgba8())
            } else if picture.color().has_color() {
                DynamicImage::ImageRgb8(picture.into_rgb8())
            } else {
                DynamicImage::ImageLuma8(picture.into_luma8())
            };
            let to = PngEncoder::new_with_quality(&mut out, CompressionType::Default, FilterType::Adaptive);
            plain.write_with_encoder(to)
        }
        _ => picture.into_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut out, QUALITY)),
    }
    .map_err(|_| Refusal::Broken)?;
    Ok(out)
}

fn decoded(
    decoder: image::ImageResult<impl ImageDecoder>,
) -> image::ImageResult<(DynamicImage, Orientation)> {
    let mut decoder = decoder?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY * 2);
    decoder.set_limits(limits)?;
    // A picture without a readable orientation is shown as it lies.
    let upright = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((DynamicImage::from_decoder(decoder)?, upright))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GenericImageView as _, ImageEncoder as _, Rgb, RgbImage};

    /// Left half red, right half blue.
    fn two_halves(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(
            width,
            height,
            |x, _| if x < width / 2 { Rgb([250, 5, 5]) } else { Rgb([5, 5, 250]) },
        )
    }

    fn jpeg(picture: &RgbImage) -> Vec<u8> {
        let mut out = Vec::new();
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut out, 90)).expect("encode");
        out
    }

    /// Puts a segment behind the start of a JPEG.
    fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len() + 2).expect("short").to_be_bytes();
        [&jpeg[..2], &[0xff, marker], &length, body, &jpeg[2..]].concat()
    }

    fn exif(orientation: u8, words: &[u8]) -> Vec<u8> {
        let head = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0";
        [head.as_slice(), &[orientation], &[0, 0, 0, 0, 0, 0], words].concat()
    }

    #[test]
    fn a_photograph_is_turned_upright_and_tells_nothing_but_what_is_seen() {
        let plain = jpeg(&two_halves(64, 32));
        let told = with_segment(&plain, 0xe1, &exif(6, b"GPS 34.8617,137.0617 Hanako"));
        let told =
            [with_segment(&told, 0xfe, b"comment of Hanako").as_slice(), b"PK\x03\x04 Hanako"].concat();
        let out = redraw(Kind::Jpeg, &told).expect("a picture");
        let text = String::from_utf8_lossy(&out).into_owned();
        assert!(!text.contains("Hanako") && !text.contains("Exif") && !text.contains("137.06"));
        let picture = image::load_from_memory(&out).expect("opens");
        assert_eq!(picture.dimensions(), (32, 64), "turned by a quarter");
        let (top, bottom) = (picture.get_pixel(16, 5), picture.get_pixel(16, 58));
        assert!(top[0] > 200 && bottom[2] > 200, "red above blue: {top:?} {bottom:?}");
    }

    #[test]
    fn a_large_photograph_becomes_smaller_and_keeps_its_shape() {
        let out = redraw(Kind::Jpeg, &jpeg(&two_halves(6_000, 1_500))).expect("a picture");
        assert_eq!(image::load_from_memory(&out).expect("opens").dimensions(), (4_096, 1_024));
    }

    #[test]
    fn bombs_are_seen_by_their_headers() {
        let mut bomb = jpeg(&two_halves(8, 8));
        let at = bomb.windows(2).position(|w| w == [0xff, 0xc0]).expect("a frame");
        bomb[at + 5..at + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
        assert_eq!(memory_needed(Kind::Jpeg, &bomb), Err(Refusal::Pixels));
        let mut progressive = jpeg(&two_halves(8, 8));
        progressive[at + 1] = 0xc2;
        progressive[at + 5..at + 9].copy_from_slice(&[0x17, 0x70, 0x17, 0x70]); // 36 million pixels
        assert_eq!(memory_needed(Kind::Jpeg, &progressive), Err(Refusal::Pixels));
        progressive[at + 1] = 0xc0;
        assert_eq!(memory_needed(Kind::Jpeg, &progressive), Ok(6_000 * 6_000 * 3));

        let mut png = Vec::new();
        let encoder = PngEncoder::new(&mut png);
        encoder.write_image(&[0; 16], 4, 4, image::ExtendedColorType::L8).expect("encode");
        assert_eq!(memory_needed(Kind::Png, &png), Ok(16));
        png[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
        assert_eq!(memory_needed(Kind::Png, &png), Err(Refusal::Pixels));
        png[16..24].copy_from_slice(&[0xff; 8]);
        assert!(memory_needed(Kind::Png, &png).is_err(), "no overflow");
        for broken in [
            &b"\xff\xd8\xff"[..],
            b"\xff\xd8\xff\xe0\0\0",
            b"\xff\xd8\xff\xda\0\x08",
            b"\xff\xd8\xff\xff\xff",
        ] {
            assert_eq!(memory_needed(Kind::Jpeg, broken), Err(Refusal::Broken), "{broken:?}");
        }
        assert_eq!(redraw(Kind::Png, b"\x89PNG\r\n\x1a\n"), Err(Refusal::Broken));
    }

    #[test]
    fn a_transparent_picture_of_sixteen_bits_becomes_a_plain_one() {
        let deep = image::ImageBuffer::from_pixel(5, 7, image::Rgba([65_535_u16, 0, 0, 32_768]));
        let mut png = Vec::new();
        DynamicImage::ImageRgba16(deep).write_with_encoder(PngEncoder::new(&mut png)).expect("encode");
        let out = redraw(Kind::Png, &png).expect("a picture");
        let picture = image::load_from_memory(&out).expect("opens");
        assert_eq!((picture.dimensions(), picture.color()), ((5, 7), image::ColorType::Rgba8));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_stumble(start in 0..4_usize, junk in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            let mut bytes: Vec<u8> = match start {
                0 => b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec(),
                1 => b"\xff\xd8\xff".to_vec(),
                _ => jpeg(&two_halves(16, 16)),
            };
            if start < 2 { bytes.extend(&junk); } else {
                for (n, byte) in junk.iter().enumerate() { let at = (n * 37 + usize::from(*byte)) % bytes.len(); bytes[at] ^= byte; }
            }
            for kind in [Kind::Jpeg, Kind::Png] {
                if memory_needed(kind, &bytes).is_ok_and(|n| n < 1_000_000) { drop(redraw(kind, &bytes)); }
            }
        }
    }
}
