//! Dimensions of pictures from their real headers: PNG's IHDR, JPEG's start of frame.

/// What a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) media_type: &'static str,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Reads the header; `None` for anything that is neither.
pub(super) fn probe(bytes: &[u8]) -> Option<Picture> {
    png(bytes).or_else(|| jpeg(bytes))
}

fn number(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    let part = bytes.get(at..at + count)?;
    Some(part.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

fn png(bytes: &[u8]) -> Option<Picture> {
    if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") || bytes.get(12..16) != Some(b"IHDR") {
        return None;
    }
    Some(Picture { media_type: "image/png", width: number(bytes, 16, 4)?, height: number(bytes, 20, 4)? })
}

/// ITU-T T.81: segments are `FF`, marker, length; C0–CF except C4, C8, CC carry the size.
fn jpeg(bytes: &[u8]) -> Option<Picture> {
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return None;
    }
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            0xff => at += 1,
            0x01 | 0xd0..=0xd7 => at += 2,
            0xd9 | 0xda => return None,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let (height, width) = (number(bytes, at + 5, 2)?, number(bytes, at + 7, 2)?);
                return Some(Picture { media_type: "image/jpeg", width, height });
            }
            _ => at += 2 + number(bytes, at + 2, 2)? as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Picture, probe};

    #[test]
    fn sizes_come_from_the_real_headers() {
        let png = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &[0, 0, 9, 0xc4, 0, 0, 6, 0x96]].concat();
        let expected = Picture { media_type: "image/png", width: 2500, height: 1686 };
        assert_eq!(probe(&png), Some(expected));
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc2, 0, 11, 8, 3, 0x4b, 9, 0xc4];
        let expected = Picture { media_type: "image/jpeg", width: 2500, height: 843 };
        assert_eq!(probe(&jpeg), Some(expected));
        assert_eq!(probe(b"GIF89a"), None);
        assert_eq!(probe(&png[..18]), None, "torn header");
    }
}
