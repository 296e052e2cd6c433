//! Writing that is the same to a reader is made the same: width of digits, hiragana for katakana.
//!
//! Names are left as they are (NFC only): 﨑, 髙 and variation selectors are part of a person's name.

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation as _;

/// Spaces around removed, NFC; what the person wrote otherwise.
pub(super) fn as_written(text: &str) -> String {
    let text = text.trim();
    if is_nfc_quick(text.chars()) == IsNormalized::Yes { text.to_owned() } else { text.nfc().collect() }
}

/// As [`as_written`], with line ends made `\n`.
pub(super) fn lines(text: &str) -> String {
    as_written(&text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// Half-width kana and hiragana become katakana; runs of spaces become one.
pub(super) fn katakana(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().nfkc() {
        let c = match c {
            'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
            '-' | '‐' | '−' | '–' | '—' => 'ー',
            other => other,
        };
        if !(c == ' ' && out.ends_with(' ')) {
            out.push(c);
        }
    }
    // Katakana has signs that hiragana lacks (ヸ): a mark that stood apart joins them now.
    out.nfc().collect()
}

/// Full-width letters and digits become ASCII; nothing is removed but the spaces around.
pub(super) fn half_width(text: &str) -> String {
    let narrow: String = text.trim().nfkc().collect();
    narrow.chars().map(|c| if is_hyphen(c) { '-' } else { c }).collect()
}

/// Digits only as people write them: hyphens, brackets and spaces are dropped.
pub(super) fn digits(text: &str) -> String {
    half_width(text).chars().filter(|c| !matches!(c, '-' | ' ' | '(' | ')' | ',')).collect()
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | 'ー' | '─')
}

/// For comparing words in a search: width, kana and case do not count.
pub(super) fn folded(text: &str) -> String {
    katakana(text).to_lowercase()
}

/// More than `max` characters as a reader counts them?
pub(super) fn longer_than(text: &str, max: usize) -> bool {
    // There are never more graphemes than bytes, nor than chars.
    text.len() > max && text.chars().count() > max && text.graphemes(true).nth(max).is_some()
}

/// A character that no keyboard types and that databases, CSV files or terminals trip over.
pub(super) fn has_control(text: &str, lines_allowed: bool) -> bool {
    text.chars().any(|c| (c.is_control() && !(lines_allowed && c == '\n')) || c == '\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kana_is_unified_and_names_are_not() {
        assert_eq!(katakana("やまだ　ﾀﾛｳ"), "ヤマダ タロウ");
        assert_eq!(katakana("キャッ-ト"), "キャッート");
        assert_eq!(as_written(" 髙﨑 "), "髙﨑");
        assert_eq!(as_written("葛\u{e0100}城"), "葛\u{e0100}城");
        assert_eq!(as_written("か\u{3099}"), "が");
    }

    #[test]
    fn numbers_may_be_written_in_any_width() {
        assert_eq!(digits("０５６３−００−００００"), "0563000000");
        assert_eq!(digits("(0563) 00ー0000"), "0563000000");
    }

    #[test]
    fn a_family_of_four_is_one_character_and_a_null_is_none() {
        assert!(!longer_than("👨‍👩‍👧‍👦", 1));
        assert!(longer_than("あい", 1));
        assert!(has_control("a\0b", true) && has_control("a\nb", false) && !has_control("a\nb", true));
    }
}
