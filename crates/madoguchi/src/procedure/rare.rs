//! Characters that other systems of a city hall may show otherwise: told to the person, never refused.
//!
//! Outside JIS X 0213 lie rare forms of names; a variation selector asks for one form of a character. Both are stored
//! and shown unchanged here.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation as _;

static COMMON: LazyLock<HashSet<char>> = LazyLock::new(|| {
    let lines = include_str!("jisx0213.txt").lines().filter(|l| !l.starts_with('#'));
    lines.flat_map(str::chars).collect()
});

/// The characters of a text, as a reader sees them, that may be printed otherwise elsewhere; each once.
pub(super) fn characters(text: &str) -> Vec<&str> {
    let mut out: Vec<&str> = Vec::new();
    if text.is_ascii() {
        return out;
    }
    for seen in text.graphemes(true) {
        let rare = seen.chars().any(|c| !c.is_ascii() && !c.is_whitespace() && !COMMON.contains(&c));
        if rare && !out.contains(&seen) {
            out.push(seen);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_forms_are_seen_and_usual_writing_is_not() {
        for usual in [
            "西尾 太郎",
            "山﨑 渡邉",
            "タロウ・ミホン",
            "1丁目−2～3",
            "Müller",
            "𠮟る",
            "〒（株）①",
            "か\u{309a}",
        ] {
            assert_eq!(characters(usual), Vec::<&str>::new(), "{usual}");
        }
        assert_eq!(characters("髙橋"), ["髙"], "JIS X 0213 has only 高");
        assert_eq!(characters("𠮷野家の𠮷"), ["𠮷"]);
        assert_eq!(characters("葛\u{e0100}城"), ["葛\u{e0100}"]);
        assert_eq!(characters("辻\u{e0101}と𰻞"), ["辻\u{e0101}", "𰻞"]);
        assert_eq!(characters("👍"), ["👍"]);
    }
}
