//! Components of flex messages. LINE docs: flex-message, components.

use super::super::fields::{At, Findings, Unit};
use super::{HTTPS, action, inner_action};
use serde_json::Value;

/// What a component stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parent {
    /// Header, body or footer.
    Block,
    Hero,
    Box,
    /// A box whose layout is `baseline`.
    Baseline,
}

impl Parent {
    fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::Block => &["box"],
            Self::Hero => &["box", "image", "video"],
            Self::Box => &["box", "button", "image", "text", "separator", "filler"],
            Self::Baseline => &["icon", "text", "filler"],
        }
    }
}

/// Fields of which only certain words are allowed.
const WORDS: [(&str, &[&str]); 9] = [
    ("position", &["relative", "absolute"]),
    ("align", &["start", "end", "center"]),
    ("gravity", &["top", "bottom", "center"]),
    ("weight", &["regular", "bold"]),
    ("decoration", &["none", "underline", "line-through"]),
    ("aspectMode", &["cover", "fit"]),
    ("adjustMode", &["shrink-to-fit"]),
    (
        "justifyContent",
        &["flex-start", "center", "flex-end", "space-between", "space-around", "space-evenly"],
    ),
    ("alignItems", &["flex-start", "center", "flex-end"]),
];

pub(super) fn component(at: At<'_>, parent: Parent, findings: &mut Findings) {
    let kind = at.object.get("type").and_then(Value::as_str).filter(|kind| parent.allowed().contains(kind));
    let Some(kind) = kind else {
        findings.one_of(at, "type", parent.allowed(), true);
        return;
    };
    for (name, words) in WORDS {
        findings.one_of(at, name, words, false);
    }
    for name in ["color", "backgroundColor", "borderColor"] {
        findings.color(at, name, true);
    }
    match kind {
        "box" => flex_box(at, findings),
        "text" => text(at, findings),
        "button" => {
            findings.one_of(at, "style", &["primary", "secondary", "link"], false);
            findings.one_of(at, "height", &["sm", "md"], false);
            inner_action(at, "action", action::FLEX_BUTTON, findings);
            return;
        }
        "image" | "icon" => findings.uri(at, "url", HTTPS, true),
        "video" => {
            findings.uri(at, "url", HTTPS, true);
            findings.uri(at, "previewUrl", HTTPS, true);
            let place = format!("{}.altContent", at.place);
            if let Some(alt) = findings.object(at.object.get("altContent"), &place) {
                component(alt, Parent::Hero, findings);
            }
        }
        _ => {}
    }
    if at.object.contains_key("action") {
        inner_action(at, "action", action::WHOLE, findings);
    }
}

fn flex_box(at: At<'_>, findings: &mut Findings) {
    findings.one_of(at, "layout", &["horizontal", "vertical", "baseline"], true);
    let is_baseline = at.object.get("layout").and_then(Value::as_str) == Some("baseline");
    let inside = if is_baseline { Parent::Baseline } else { Parent::Box };
    for (index, item) in findings.list(at, "contents", (0, usize::MAX)).into_iter().flatten().enumerate() {
        let place = format!("{}.contents[{index}]", at.place);
        if let Some(item) = findings.object(Some(item), &place) {
            component(item, inside, findings);
        }
    }
}

/// A text, or spans of text.
fn text(at: At<'_>, findings: &mut Findings) {
    findings.one_of(at, "style", &["normal", "italic"], false);
    if !at.object.contains_key("contents") {
        findings.text(at, "text", (usize::MAX, Unit::Utf16), true);
        return;
    }
    for (index, span) in findings.list(at, "contents", (0, usize::MAX)).into_iter().flatten().enumerate() {
        let place = format!("{}.contents[{index}]", at.place);
        if let Some(span) = findings.object(Some(span), &place) {
            findings.one_of(span, "type", &["span"], true);
            findings.one_of(span, "style", &["normal", "italic"], false);
            findings.text(span, "text", (usize::MAX, Unit::Utf16), false);
            findings.color(span, "color", true);
        }
    }
}
