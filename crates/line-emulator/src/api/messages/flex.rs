//! Flex messages: containers and blocks. LINE docs: flex-message.

use super::super::fields::{At, Findings};
use super::flex_parts::{Parent, component};
use super::{action, inner_action};
use serde_json::Value;

/// LINE docs: JSON of a bubble, and of a carousel with so many bubbles.
const BUBBLE_BYTES: usize = 30 * 1024;
const CAROUSEL_BYTES: usize = 50 * 1024;
const BUBBLES: usize = 12;
const SIZES: [&str; 7] = ["nano", "micro", "deca", "hecto", "kilo", "mega", "giga"];

pub(super) fn container(at: At<'_>, findings: &mut Findings) {
    match at.object.get("type").and_then(Value::as_str) {
        Some("bubble") => {
            weigh(at, BUBBLE_BYTES, findings);
            bubble(at, findings);
        }
        Some("carousel") => {
            weigh(at, CAROUSEL_BYTES, findings);
            for (index, item) in findings.list(at, "contents", (1, BUBBLES)).into_iter().flatten().enumerate()
            {
                let place = format!("{}.contents[{index}]", at.place);
                if let Some(item) = findings.object(Some(item), &place) {
                    findings.one_of(item, "type", &["bubble"], true);
                    weigh(item, BUBBLE_BYTES, findings);
                    bubble(item, findings);
                }
            }
        }
        _ => findings.one_of(at, "type", &["bubble", "carousel"], true),
    }
}

fn weigh(at: At<'_>, most: usize, findings: &mut Findings) {
    let bytes = serde_json::to_vec(at.object).map_or(0, |json| json.len());
    if bytes > most {
        findings.add(at.place, &format!("The size of the JSON must be at most {} KB", most / 1024));
    }
}

fn bubble(at: At<'_>, findings: &mut Findings) {
    findings.one_of(at, "size", &SIZES, false);
    findings.one_of(at, "direction", &["ltr", "rtl"], false);
    for (block, parent) in [
        ("header", Parent::Block),
        ("hero", Parent::Hero),
        ("body", Parent::Block),
        ("footer", Parent::Block),
    ] {
        if at.object.contains_key(block) {
            let place = format!("{}.{block}", at.place);
            if let Some(inner) = findings.object(at.object.get(block), &place) {
                component(inner, parent, findings);
            }
        }
    }
    if at.object.contains_key("action") {
        inner_action(at, "action", action::WHOLE, findings);
    }
    let place = format!("{}.styles", at.place);
    let Some(styles) = at.object.get("styles").and_then(|styles| findings.object(Some(styles), &place))
    else {
        return;
    };
    for block in ["header", "hero", "body", "footer"] {
        let place = format!("{place}.{block}");
        if let Some(style) = styles.object.get(block).and_then(|style| findings.object(Some(style), &place)) {
            findings.color(style, "backgroundColor", true);
            findings.color(style, "separatorColor", true);
        }
    }
}
