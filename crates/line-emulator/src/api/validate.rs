//! Messages by LINE's own limits. LINE docs: message-objects, template-messages, action-objects;
//! text-character-count for the units.

use super::fields::{At, Findings, Unit};
use serde_json::{Map, Value};

const ALT_TEXT: (usize, Unit) = (1500, Unit::Utf16);
const TYPES: &str =
    "[text, textV2, sticker, image, video, audio, location, imagemap, template, flex, coupon]";
const HTTPS: (usize, &[&str]) = (2000, &["https"]);

/// Checks `messages` of a request body.
pub(super) fn messages(body: &Map<String, Value>, findings: &mut Findings) {
    let root = At { object: body, place: "" };
    let Some(messages) = findings.list(root, "messages", (1, 5)) else { return };
    for (index, message) in messages.iter().enumerate() {
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
        Some("text" | "textV2") => text(at, findings),
        Some("template") => {
            findings.text(at, "altText", ALT_TEXT, true);
            let place = format!("{}.template", at.place);
            if let Some(template) = findings.object(at.object.get("template"), &place) {
                self::template(template, findings);
            }
        }
        Some("flex") => {
            findings.text(at, "altText", ALT_TEXT, true);
            let place = format!("{}.contents", at.place);
            findings.object(at.object.get("contents"), &place);
        }
        Some("imagemap") => {
            findings.uri(at, "baseUrl", HTTPS, true);
            findings.text(at, "altText", ALT_TEXT, true);
            findings.object(at.object.get("baseSize"), &format!("{}.baseSize", at.place));
            findings.list(at, "actions", (0, 50));
        }
        Some("image" | "video") => {
            findings.uri(at, "originalContentUrl", HTTPS, true);
            findings.uri(at, "previewImageUrl", HTTPS, true);
        }
        Some("audio") => findings.uri(at, "originalContentUrl", HTTPS, true),
        Some("sticker") => {
            findings.text(at, "packageId", (20, Unit::Utf16), true);
            findings.text(at, "stickerId", (20, Unit::Utf16), true);
        }
        Some("location") => {
            findings.text(at, "title", (100, Unit::Utf16), true);
            findings.text(at, "address", (100, Unit::Utf16), true);
        }
        Some("coupon") => {
            findings.text(at, "couponId", (100, Unit::Utf16), true);
        }
        Some(_) => {
            let place = format!("{}.type", at.place);
            findings.add(&place, &format!("Must be one of the following values: {TYPES}"));
        }
        None => findings.add(&format!("{}.type", at.place), "must be specified"),
    }
    if at.object.contains_key("quickReply") {
        quick_reply(at, findings);
    }
    if let Some(Value::Object(sender)) = at.object.get("sender") {
        let place = format!("{}.sender", at.place);
        findings.text(At { object: sender, place: &place }, "name", (20, Unit::Utf16), false);
    }
}

fn text(at: At<'_>, findings: &mut Findings) {
    findings.text(at, "text", (5000, Unit::Utf16), true);
    if at.object.get("emojis").is_some_and(Value::is_array) {
        findings.list(at, "emojis", (0, 20));
    }
}

fn quick_reply(at: At<'_>, findings: &mut Findings) {
    let place = format!("{}.quickReply", at.place);
    let Some(quick) = findings.object(at.object.get("quickReply"), &place) else { return };
    for (index, item) in findings.list(quick, "items", (1, 13)).into_iter().flatten().enumerate() {
        let place = format!("{place}.items[{index}].action");
        if let Some(action) = findings.object(item.get("action"), &place) {
            self::action(action, Some(20), true, findings);
        }
    }
}

fn template(at: At<'_>, findings: &mut Findings) {
    match at.object.get("type").and_then(Value::as_str) {
        Some("buttons") => {
            let adorned = at.object.contains_key("thumbnailImageUrl") || at.object.contains_key("title");
            findings.uri(at, "thumbnailImageUrl", HTTPS, false);
            findings.text(at, "title", (40, Unit::Grapheme), false);
            findings.text(at, "text", (if adorned { 60 } else { 160 }, Unit::Grapheme), true);
            actions(at, (1, 4), findings);
            if at.object.contains_key("defaultAction") {
                let place = format!("{}.defaultAction", at.place);
                if let Some(default) = findings.object(at.object.get("defaultAction"), &place) {
                    action(default, Some(20), false, findings);
                }
            }
        }
        Some("confirm") => {
            findings.text(at, "text", (240, Unit::Grapheme), true);
            actions(at, (2, 2), findings);
        }
        Some("carousel") => columns(at, findings),
        Some("image_carousel") => {
            findings.list(at, "columns", (1, 10));
        }
        Some(_) => findings.add(
            &format!("{}.type", at.place),
            "Must be one of the following values: [buttons, confirm, carousel, image_carousel]",
        ),
        None => findings.add(&format!("{}.type", at.place), "must be specified"),
    }
}

fn columns(at: At<'_>, findings: &mut Findings) {
    for (index, column) in findings.list(at, "columns", (1, 10)).into_iter().flatten().enumerate() {
        let place = format!("{}.columns[{index}]", at.place);
        let Some(column) = findings.object(Some(column), &place) else { continue };
        let adorned = column.object.contains_key("thumbnailImageUrl") || column.object.contains_key("title");
        findings.text(column, "title", (40, Unit::Grapheme), false);
        findings.text(column, "text", (if adorned { 60 } else { 120 }, Unit::Grapheme), true);
        actions(column, (1, 3), findings);
    }
}

fn actions(at: At<'_>, size: (usize, usize), findings: &mut Findings) {
    for (index, item) in findings.list(at, "actions", size).into_iter().flatten().enumerate() {
        let place = format!("{}.actions[{index}]", at.place);
        if let Some(item) = findings.object(Some(item), &place) {
            action(item, Some(20), true, findings);
        }
    }
}

/// An action; `label` is its longest label, if it may have one.
pub(super) fn action(at: At<'_>, label: Option<usize>, label_required: bool, findings: &mut Findings) {
    if let Some(max) = label {
        findings.text(at, "label", (max, Unit::Grapheme), label_required);
    }
    match at.object.get("type").and_then(Value::as_str) {
        Some("uri") => findings.uri(at, "uri", (1000, &["http", "https", "line", "tel"]), true),
        Some("message") => {
            findings.text(at, "text", (300, Unit::Grapheme), true);
        }
        Some("postback") => {
            findings.text(at, "data", (300, Unit::Utf16), true);
            findings.text(at, "displayText", (300, Unit::Grapheme), false);
        }
        Some("datetimepicker") => {
            findings.text(at, "data", (300, Unit::Utf16), true);
            findings.text(at, "mode", (10, Unit::Utf16), true);
        }
        Some("clipboard") => {
            findings.text(at, "clipboardText", (1000, Unit::Utf16), true);
        }
        Some("richmenuswitch") => {
            findings.text(at, "richMenuAliasId", (32, Unit::Utf16), true);
            findings.text(at, "data", (300, Unit::Utf16), true);
        }
        Some("camera" | "cameraRoll" | "location") => {}
        Some(_) => findings.add(&format!("{}.type", at.place), "Must be one of the following values: [postback, message, uri, datetimepicker, camera, cameraRoll, location, richmenuswitch, clipboard]"),
        None => findings.add(&format!("{}.type", at.place), "must be specified"),
    }
}
