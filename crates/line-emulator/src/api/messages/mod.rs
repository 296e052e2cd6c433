//! Messages by LINE's own limits. LINE docs: message-objects; text-character-count for the units.

mod action;
mod flex;
mod flex_parts;
mod imagemap;
mod media;
mod template;
mod text;

pub(super) use action::{RICH_MENU, action};

use super::fields::{At, Findings, Unit};
use serde_json::{Map, Value};

const ALT_TEXT: (usize, Unit) = (1500, Unit::Utf16);
const HTTPS: (usize, &[&str]) = (2000, &["https"]);
const TYPES: [&str; 11] = [
    "text", "textV2", "sticker", "image", "video", "audio", "location", "imagemap", "template", "flex",
    "coupon",
];
/// LINE docs: quick replies in one message.
const QUICK_REPLIES: usize = 13;

/// Checks `messages` and what stands beside them in every body.
pub(super) fn messages(body: &Map<String, Value>, findings: &mut Findings) {
    let root = At { object: body, place: "" };
    for (index, message) in findings.list(root, "messages", (1, 5)).into_iter().flatten().enumerate() {
        let place = format!("messages[{index}]");
        if let Some(at) = findings.object(Some(message), &place) {
            one(at, findings);
        }
    }
    if let Some(other) = body.get("notificationDisabled").filter(|v| !v.is_boolean()) {
        findings.add("notificationDisabled", &format!("must be a boolean, not {other}"));
    }
}

fn one(at: At<'_>, findings: &mut Findings) {
    match at.object.get("type").and_then(Value::as_str) {
        Some("text") => text::text(at, findings),
        Some("textV2") => text::text_v2(at, findings),
        Some("template") => {
            findings.text(at, "altText", ALT_TEXT, true);
            let place = format!("{}.template", at.place);
            if let Some(inner) = findings.object(at.object.get("template"), &place) {
                template::template(inner, findings);
            }
        }
        Some("flex") => {
            findings.text(at, "altText", ALT_TEXT, true);
            let place = format!("{}.contents", at.place);
            if let Some(inner) = findings.object(at.object.get("contents"), &place) {
                flex::container(inner, findings);
            }
        }
        Some("imagemap") => imagemap::imagemap(at, findings),
        Some(kind) if TYPES.contains(&kind) => media::media(at, kind, findings),
        _ => findings.one_of(at, "type", &TYPES, true),
    }
    if at.object.contains_key("quickReply") {
        quick_reply(at, findings);
    }
    if let Some(Value::Object(sender)) = at.object.get("sender") {
        let place = format!("{}.sender", at.place);
        let sender = At { object: sender, place: &place };
        let name = findings.text(sender, "name", (20, Unit::Utf16), false);
        // LINE docs: icon-nickname-switch: words that could be taken for LINE's own are refused.
        if name.is_some_and(|name| name.to_ascii_uppercase().contains("LINE")) {
            findings.add(&format!("{place}.name"), "Invalid value");
        }
        findings.uri(sender, "iconUrl", HTTPS, false);
    }
}

fn quick_reply(at: At<'_>, findings: &mut Findings) {
    let place = format!("{}.quickReply", at.place);
    let Some(quick) = findings.object(at.object.get("quickReply"), &place) else { return };
    let items = findings.list(quick, "items", (1, QUICK_REPLIES));
    for (index, item) in items.into_iter().flatten().enumerate() {
        let place = format!("{place}.items[{index}]");
        let Some(item) = findings.object(Some(item), &place) else { continue };
        findings.one_of(item, "type", &["action"], true);
        findings.uri(item, "imageUrl", HTTPS, false);
        inner_action(item, "action", action::QUICK_REPLY, findings);
    }
}

/// The action under `name`.
fn inner_action(at: At<'_>, name: &str, rule: action::Rule, findings: &mut Findings) {
    let place = format!("{}.{name}", at.place);
    if let Some(inner) = findings.object(at.object.get(name), &place) {
        action(inner, rule, findings);
    }
}
