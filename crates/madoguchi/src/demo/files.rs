//! Files that nobody photographed: what the demo's people and the tests' attach.

use std::fmt::Write as _;

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

use crate::attachment::Kind;

/// A file of this kind. `words` stand in it where a phone writes down what nobody sees (and in a document, where
/// its text is), so that a search for them shows what became of them.
pub fn sample(kind: Kind, words: &str) -> Vec<u8> {
    match kind {
        Kind::Jpeg => photograph(words),
        Kind::Png => screen(words),
        Kind::Pdf => document(words),
    }
}

/// A dog of a kind, in a garden.
fn dog() -> RgbImage {
    RgbImage::from_fn(320, 240, |x, y| {
        let near = |cx: i64, cy: i64, r: i64| (i64::from(x) - cx).pow(2) + (i64::from(y) - cy).pow(2) < r * r;
        let is_eye = near(140, 100, 6) || near(180, 100, 6) || near(160, 125, 10);
        let is_dog = near(160, 110, 50) || near(115, 80, 24) || near(205, 80, 24) || near(160, 210, 70);
        match (is_eye, is_dog) {
            (true, _) => Rgb([30, 25, 25]),
            (_, true) => Rgb([196, 150, 92]),
            _ if y > 150 => Rgb([96, 148, 80]),
            _ => Rgb([176, 208, 232]),
        }
    })
}

/// With the place and the words in it, as a phone stores them.
fn photograph(words: &str) -> Vec<u8> {
    let mut plain = Vec::new();
    // Encoding to memory cannot fail.
    drop(dog().write_with_encoder(JpegEncoder::new_with_quality(&mut plain, 80)));
    let head = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x01\0\0\0\0\0\0";
    let body = [head.as_slice(), b"GPS 34.8617N 137.0617E ", words.as_bytes()].concat();
    let length = (body.len() as u16 + 2).to_be_bytes();
    let (start, rest) = plain.split_at(2.min(plain.len()));
    [start, &[0xff, 0xe1], &length, &body, rest].concat()
}

fn screen(words: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let picture = dog();
    {
        let mut encoder = png::Encoder::new(&mut out, picture.width(), picture.height());
        encoder.set_color(png::ColorType::Rgb);
        drop(encoder.add_itxt_chunk("Comment".to_owned(), words.to_owned()));
        if let Ok(mut writer) = encoder.write_header() {
            drop(writer.write_image_data(picture.as_raw()));
        }
    }
    out
}

fn document(words: &str) -> Vec<u8> {
    let page = format!("BT /F1 24 Tf 72 720 Td ({words}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = "%PDF-1.4\n".to_owned();
    let mut places = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        places.push(out.len());
        let _ok = write!(out, "{} 0 obj\n{object}\nendobj\n", n + 1);
    }
    let start = out.len();
    let _ok = write!(out, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        let _ok = writeln!(out, "{place:010} 00000 n ");
    }
    let _ok =
        write!(out, "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    out.into_bytes()
}
