//! Texts, emojis and substitutions. LINE docs: text-message, text-message-v2.

use super::super::fields::{At, Findings, Unit};
use serde_json::{Map, Value};

const LENGTH: (usize, Unit) = (5000, Unit::Utf16);
const EMOJIS: usize = 20;
const MENTIONS: usize = 20;
const KEYS: usize = 100;

/// `type: text`
pub(super) fn text(at: At<'_>, findings: &mut Findings) {
    let Some(text) = findings.text(at, "text", LENGTH, true) else { return };
    let Some(emojis) = at.object.get("emojis") else { return };
    if emojis.as_array().is_some_and(Vec::is_empty) {
        return;
    }
    // The place of an emoji is held by a `$`, counted as the text is.
    let units: Vec<u16> = text.encode_utf16().collect();
    for (index, emoji) in findings.list(at, "emojis", (0, EMOJIS)).into_iter().flatten().enumerate() {
        let place = format!("{}.emojis[{index}]", at.place);
        let Some(emoji) = findings.object(Some(emoji), &place) else { continue };
        findings.text(emoji, "productId", (100, Unit::Utf16), true);
        findings.text(emoji, "emojiId", (100, Unit::Utf16), true);
        let position = emoji.object.get("index").and_then(Value::as_u64).map(|n| n as usize);
        if position.and_then(|n| units.get(n)) != Some(&u16::from(b'$')) {
            findings.add(&format!("{place}.index"), "Invalid value");
        }
    }
}

/// `type: textV2`
pub(super) fn text_v2(at: At<'_>, findings: &mut Findings) {
    let Some(text) = findings.text(at, "text", LENGTH, true) else { return };
    let empty = Map::new();
    let given = at.object.get("substitution").and_then(Value::as_object).unwrap_or(&empty);
    let place = format!("{}.substitution", at.place);
    if given.len() > KEYS {
        findings.add(&place, &format!("Size must be between 0 and {KEYS}"));
    }
    let mut counts = [0, 0];
    for (key, value) in given {
        let place = format!("{place}.{key}");
        if !is_key(key) {
            findings.add(&place, "must match \"^[0-9a-zA-Z_]{1,20}$\"");
        }
        let Some(value) = findings.object(Some(value), &place) else { continue };
        match value.object.get("type").and_then(Value::as_str) {
            Some("emoji") => {
                counts[0] += 1;
                findings.text(value, "productId", (100, Unit::Utf16), true);
                findings.text(value, "emojiId", (100, Unit::Utf16), true);
            }
            Some("mention") => {
                counts[1] += 1;
                findings.object(value.object.get("mentionee"), &format!("{place}.mentionee"));
            }
            _ => findings.one_of(value, "type", &["mention", "emoji"], true),
        }
    }
    if counts[0] > EMOJIS || counts[1] > MENTIONS {
        findings.add(&place, "Too many emojis or mentions");
    }
    match keys(text) {
        Some(used) if used.iter().all(|key| given.contains_key(*key)) => {}
        _ => findings.add(&format!("{}.text", at.place), "Invalid placeholder"),
    }
}

fn is_key(key: &str) -> bool {
    (1..=20).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Keys in `{…}`; `{{` and `}}` are braces. `None` when braces do not match.
fn keys(text: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let tail = &rest[at..];
        if tail.starts_with("{{") || tail.starts_with("}}") {
            rest = &tail[2..];
            continue;
        }
        let inside = tail.strip_prefix('{')?;
        let (key, after) = inside.split_once('}')?;
        if !is_key(key) {
            return None;
        }
        found.push(key);
        rest = after;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::keys;

    #[test]
    fn placeholders_are_read_and_doubled_braces_are_braces() {
        assert_eq!(keys("こんにちは {a} {{b}} {c_1}"), Some(vec!["a", "c_1"]));
        for torn in ["{a", "a}", "{}", "{あ}", "{{a}"] {
            assert_eq!(keys(torn), None, "{torn}");
        }
    }
}
