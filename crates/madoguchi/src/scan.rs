//! Does a word that somebody typed stand in these bytes, in whatever disguise?
//!
//! Bytes are looked at raw and after JSON-unescaping, percent-, base64- and gzip-decoding, up to three layers
//! deep; both sides are folded (NFKC, hiragana to katakana, lower case, no white space or hyphens). The demo's
//! 「調べる」 and the canary tests use it; the tests also plant words in each disguise and must find them.

use std::io::Read as _;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use unicode_normalization::UnicodeNormalization as _;

/// Layers of encoding that are taken off.
const DEPTH: usize = 3;
/// A decoded layer larger than this is cut: the scanner itself must not be a bomb's victim.
const LAYER_LIMIT: u64 = 4 << 20;
/// Shorter runs of base64 letters are everywhere in plain text.
const SHORTEST_BASE64: usize = 8;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Folds text so that the same word in another width, script or spelling is the same.
pub fn fold(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '−' | '–' | 'ー'))
        .map(|c| match c {
            'ぁ'..='ゖ' => char::from_u32(c as u32 + 0x60).unwrap_or(c),
            _ => c,
        })
        .collect()
}

/// Bytes in all the forms in which they are searched, folded.
pub struct Haystack {
    layers: Vec<String>,
}

impl Haystack {
    /// Takes the layers off.
    pub fn new(bytes: &[u8]) -> Self {
        let mut layers = Vec::new();
        let mut open = vec![(bytes.to_vec(), 0)];
        while let Some((bytes, depth)) = open.pop() {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if depth < DEPTH {
                let next = depth + 1;
                open.extend(decoded(&bytes, &text).into_iter().map(|b| (b, next)));
            }
            layers.extend(glued(&text).iter().map(|t| fold(t)));
            layers.push(fold(&text));
        }
        Self { layers }
    }

    /// Whether `folded` (see [`fold`]) stands in any layer.
    pub fn has(&self, folded: &str) -> bool {
        !folded.is_empty() && self.layers.iter().any(|l| l.contains(folded))
    }
}

fn decoded(bytes: &[u8], text: &str) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    out.extend(gunzipped(bytes));
    let plain = json_unescaped(text);
    if plain != text {
        out.push(plain.into_bytes());
    }
    let percent = percent_decoded(bytes);
    if percent != bytes {
        out.push(percent);
    }
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    for run in text.split(|c: char| !is_letter(c)).filter(|r| r.len() >= SHORTEST_BASE64) {
        // A word may begin in the middle of a run (after a slash of a path, say): try each part, too.
        for part in
            std::iter::once(run).chain(run.split('/').filter(|p| p.len() >= SHORTEST_BASE64 && *p != run))
        {
            for engine in [&STANDARD, &URL_SAFE] {
                let whole = &part[..part.len() - usize::from(part.len() % 4 == 1)];
                out.extend(engine.decode(whole).ok().filter(|b| worth_a_look(b)));
            }
        }
    }
    out
}

/// Base64 that is glued to other letters begins anywhere in a run: whatever it decodes to is looked at, though
/// not followed further.
fn glued(text: &str) -> Vec<String> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    let mut out = Vec::new();
    for run in text.split(|c: char| !is_letter(c)).filter(|r| r.len() >= SHORTEST_BASE64) {
        for skip in 0..4 {
            let part = &run[skip..];
            let whole = &part[..part.len() - usize::from(part.len() % 4 == 1)];
            for engine in [&STANDARD, &URL_SAFE] {
                out.extend(engine.decode(whole).ok().map(|b| String::from_utf8_lossy(&b).into_owned()));
            }
        }
    }
    out
}

/// Words that decode to noise are not followed: text, or a gzip stream.
fn worth_a_look(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b]) || std::str::from_utf8(bytes).is_ok()
}

fn gunzipped(bytes: &[u8]) -> Vec<Vec<u8>> {
    let starts = bytes.windows(3).enumerate().filter(|(_, w)| *w == [0x1f, 0x8b, 0x08]).map(|(at, _)| at);
    starts
        .take(8)
        .filter_map(|at| {
            let mut out = Vec::new();
            let mut stream = flate2::read::GzDecoder::new(&bytes[at..]).take(LAYER_LIMIT);
            // A cut-off stream still gives what came before the cut.
            let _end = stream.read_to_end(&mut out);
            (!out.is_empty()).then_some(out)
        })
        .collect()
}

fn json_unescaped(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            units.extend(c.encode_utf16(&mut [0; 2]).iter());
            continue;
        }
        match chars.next() {
            Some('u') => {
                let hex: String = chars.by_ref().take(4).collect();
                units.push(u16::from_str_radix(&hex, 16).unwrap_or(u16::from(b'?')));
            }
            Some(c @ ('n' | 't' | 'r' | 'b' | 'f')) => units.extend(if c == 'n' { Some(10) } else { None }),
            Some(c) => units.extend(c.encode_utf16(&mut [0; 2]).iter()),
            None => {}
        }
    }
    String::from_utf16_lossy(&units)
}

fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        match (first, tail) {
            (b'%', [a, b, after @ ..]) if digit(*a).is_some() && digit(*b).is_some() => {
                out.push(digit(*a).unwrap_or(0) << 4 | digit(*b).unwrap_or(0));
                rest = after;
            }
            _ => {
                out.push(if first == b'+' { b' ' } else { first });
                rest = tail;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        e.write_all(bytes).expect("memory");
        e.finish().expect("memory")
    }

    #[test]
    fn a_word_is_found_in_every_disguise() {
        let word = "ハナノキ町三丁目";
        let json: String = word.encode_utf16().map(|u| format!("\\u{u:04x}")).collect::<Vec<_>>().concat();
        let percent: String = word.bytes().map(|b| format!("%{b:02X}")).collect::<Vec<_>>().concat();
        let base64 = STANDARD.encode(word);
        let disguises: Vec<Vec<u8>> = vec![
            word.into(),
            format!("{{\"text\":\"{json}\"}}").into(),
            format!("a={percent}&b=1").into(),
            format!("{{\"t\":\"{base64}\"}}").into(),
            gzip(word.as_bytes()),
            format!("x/{}", URL_SAFE.encode(gzip(word.as_bytes()))).into(),
            "はなのき町三丁目".into(),
            "ﾊﾅﾉｷ町三丁目".into(),
            STANDARD.encode(percent.as_bytes()).into(),
            format!("token5{}Z", STANDARD.encode(word)).into(),
        ];
        for bytes in disguises {
            assert!(Haystack::new(&bytes).has(&fold(word)), "{}", String::from_utf8_lossy(&bytes));
        }
        assert!(!Haystack::new("花ノ木町".as_bytes()).has(&fold(word)));
    }
}
