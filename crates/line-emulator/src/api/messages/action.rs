//! Actions, by where they stand. LINE docs: action-objects.

use super::super::fields::{At, Findings, Unit};
use serde_json::Value;

/// What an action may be at some place.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Rule {
    /// Longest label, and whether there has to be one.
    label: (usize, bool),
    types: &'static [&'static str],
}

const ANYWHERE: &[&str] = &["postback", "message", "uri", "datetimepicker", "clipboard"];

pub(super) const TEMPLATE: Rule = Rule { label: (20, true), types: ANYWHERE };
pub(super) const IMAGE_CAROUSEL: Rule = Rule { label: (12, true), types: ANYWHERE };
pub(super) const FLEX_BUTTON: Rule = Rule { label: (40, true), types: ANYWHERE };
/// The whole of something is tapped: a label is only read aloud.
pub(super) const WHOLE: Rule = Rule { label: (40, false), types: ANYWHERE };
pub(super) const QUICK_REPLY: Rule = Rule {
    label: (20, true),
    types: &["postback", "message", "uri", "datetimepicker", "clipboard", "camera", "cameraRoll", "location"],
};
pub(in super::super) const RICH_MENU: Rule = Rule {
    label: (20, false),
    types: &["postback", "message", "uri", "datetimepicker", "clipboard", "richmenuswitch"],
};

const DATA: (usize, Unit) = (300, Unit::Utf16);
const WORDS: (usize, Unit) = (300, Unit::Grapheme);

/// Checks an action.
pub(in super::super) fn action(at: At<'_>, rule: Rule, findings: &mut Findings) {
    let (longest, required) = rule.label;
    findings.text(at, "label", (longest, Unit::Grapheme), required);
    let kind = at.object.get("type").and_then(Value::as_str).filter(|kind| rule.types.contains(kind));
    match kind {
        Some("uri") => {
            findings.uri(at, "uri", (1000, &["http", "https", "line", "tel"]), true);
            let place = format!("{}.altUri", at.place);
            let alt = at.object.get("altUri");
            if let Some(alt) = alt.and_then(|alt| findings.object(Some(alt), &place)) {
                findings.uri(alt, "desktop", (1000, &["http", "https", "line", "tel"]), true);
            }
        }
        Some("message") => {
            findings.text(at, "text", WORDS, true);
        }
        Some("postback") => postback(at, findings),
        Some("datetimepicker") => picker(at, findings),
        Some("clipboard") => {
            findings.text(at, "clipboardText", (1000, Unit::Utf16), true);
        }
        Some("richmenuswitch") => {
            findings.text(at, "richMenuAliasId", (32, Unit::Utf16), true);
            findings.text(at, "data", DATA, true);
        }
        // The phone's own; they need nothing.
        Some(_) => {}
        None => findings.one_of(at, "type", rule.types, true),
    }
}

fn postback(at: At<'_>, findings: &mut Findings) {
    findings.text(at, "data", DATA, true);
    findings.text(at, "displayText", WORDS, false);
    findings.text(at, "text", WORDS, false);
    let options = ["closeRichMenu", "openRichMenu", "openKeyboard", "openVoice"];
    findings.one_of(at, "inputOption", &options, false);
    findings.text(at, "fillInText", (1000, Unit::Grapheme), false);
    if at.object.contains_key("displayText") && at.object.contains_key("text") {
        findings.add(&format!("{}.text", at.place), "displayText and text cannot be specified together");
    }
    let is_keyboard = at.object.get("inputOption").and_then(Value::as_str) == Some("openKeyboard");
    if at.object.contains_key("fillInText") && !is_keyboard {
        findings.add(&format!("{}.fillInText", at.place), "inputOption must be openKeyboard");
    }
}

/// LINE docs: full-date, time-hour:minute, or both with `T` between.
fn picker(at: At<'_>, findings: &mut Findings) {
    findings.text(at, "data", DATA, true);
    findings.one_of(at, "mode", &["date", "time", "datetime"], true);
    let shape = match at.object.get("mode").and_then(Value::as_str) {
        Some("date") => "0000-00-00",
        Some("time") => "00:00",
        Some("datetime") => "0000-00-00T00:00",
        _ => return,
    };
    for name in ["initial", "max", "min"] {
        let given = at.object.get(name).and_then(Value::as_str);
        if given.is_some_and(|given| !has_shape(given, shape)) {
            findings.add(&format!("{}.{name}", at.place), "Invalid value");
        }
    }
}

fn has_shape(text: &str, shape: &str) -> bool {
    // A small t between date and time is allowed, too.
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(given, wanted)| match wanted {
            b'0' => given.is_ascii_digit(),
            _ => given.eq_ignore_ascii_case(&wanted),
        })
}
