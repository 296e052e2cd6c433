//! Pictures with areas to tap. LINE docs: imagemap-message.

use super::super::fields::{At, Findings, Unit};
use super::{ALT_TEXT, HTTPS};
use serde_json::Value;

const WIDTH: u64 = 1040;
const ACTIONS: usize = 50;
const LABEL: (usize, Unit) = (100, Unit::Grapheme);
const LINK: (usize, &[&str]) = (1000, &["http", "https", "line", "tel"]);

pub(super) fn imagemap(at: At<'_>, findings: &mut Findings) {
    findings.uri(at, "baseUrl", HTTPS, true);
    findings.text(at, "altText", ALT_TEXT, true);
    let place = format!("{}.baseSize", at.place);
    if let Some(size) = findings.object(at.object.get("baseSize"), &place) {
        if size.object.get("width").and_then(Value::as_u64) != Some(WIDTH) {
            findings.add(&format!("{place}.width"), &format!("must be {WIDTH}"));
        }
        if size.object.get("height").and_then(Value::as_u64).is_none_or(|n| n == 0) {
            findings.add(&format!("{place}.height"), "must be specified");
        }
    }
    for (index, item) in findings.list(at, "actions", (0, ACTIONS)).into_iter().flatten().enumerate() {
        let place = format!("{}.actions[{index}]", at.place);
        if let Some(item) = findings.object(Some(item), &place) {
            action(item, findings);
        }
    }
    if let Some(video) = at.object.get("video") {
        let place = format!("{}.video", at.place);
        if let Some(video) = findings.object(Some(video), &place) {
            self::video(video, findings);
        }
    }
}

fn action(at: At<'_>, findings: &mut Findings) {
    findings.text(at, "label", LABEL, false);
    match at.object.get("type").and_then(Value::as_str) {
        Some("uri") => findings.uri(at, "linkUri", LINK, true),
        Some("message") => {
            findings.text(at, "text", (400, Unit::Utf16), true);
        }
        Some("clipboard") => {
            findings.text(at, "clipboardText", (1000, Unit::Utf16), true);
        }
        _ => findings.one_of(at, "type", &["uri", "message", "clipboard"], true),
    }
    area(at, findings);
}

fn video(at: At<'_>, findings: &mut Findings) {
    findings.uri(at, "originalContentUrl", HTTPS, true);
    findings.uri(at, "previewImageUrl", HTTPS, true);
    area(at, findings);
    let place = format!("{}.externalLink", at.place);
    let link = at.object.get("externalLink");
    if let Some(link) = link.and_then(|link| findings.object(Some(link), &place)) {
        findings.uri(link, "linkUri", LINK, true);
        findings.text(link, "label", (30, Unit::Grapheme), true);
    }
}

fn area(at: At<'_>, findings: &mut Findings) {
    let place = format!("{}.area", at.place);
    let Some(area) = findings.object(at.object.get("area"), &place) else { return };
    for (side, least) in [("x", 0), ("y", 0), ("width", 1), ("height", 1)] {
        if area.object.get(side).and_then(Value::as_u64).is_none_or(|n| n < least) {
            findings.add(&format!("{place}.{side}"), "must be specified");
        }
    }
}
