//! Templates. LINE docs: template-messages. Their texts are counted in graphemes.

use super::super::fields::{At, Findings, Unit};
use super::action::{self, action};
use super::{HTTPS, inner_action};
use serde_json::Value;

const TITLE: (usize, Unit) = (40, Unit::Grapheme);
const COLUMNS: usize = 10;

pub(super) fn template(at: At<'_>, findings: &mut Findings) {
    match at.object.get("type").and_then(Value::as_str) {
        Some("buttons") => {
            look(at, findings);
            body(at, 160, findings);
            actions(at, (1, 4), findings);
        }
        Some("confirm") => {
            findings.text(at, "text", (240, Unit::Grapheme), true);
            actions(at, (2, 2), findings);
        }
        Some("carousel") => {
            look(at, findings);
            carousel(at, findings);
        }
        Some("image_carousel") => {
            for (index, column) in
                findings.list(at, "columns", (1, COLUMNS)).into_iter().flatten().enumerate()
            {
                let place = format!("{}.columns[{index}]", at.place);
                if let Some(column) = findings.object(Some(column), &place) {
                    findings.uri(column, "imageUrl", HTTPS, true);
                    inner_action(column, "action", action::IMAGE_CAROUSEL, findings);
                }
            }
        }
        _ => findings.one_of(at, "type", &["buttons", "confirm", "carousel", "image_carousel"], true),
    }
}

fn look(at: At<'_>, findings: &mut Findings) {
    findings.one_of(at, "imageAspectRatio", &["rectangle", "square"], false);
    findings.one_of(at, "imageSize", &["cover", "contain"], false);
    findings.color(at, "imageBackgroundColor", false);
}

/// Picture, title and text; a text beside either of them may have 60 characters only.
fn body(at: At<'_>, alone: usize, findings: &mut Findings) {
    let adorned = at.object.contains_key("thumbnailImageUrl") || at.object.contains_key("title");
    findings.uri(at, "thumbnailImageUrl", HTTPS, false);
    findings.text(at, "title", TITLE, false);
    findings.text(at, "text", (if adorned { 60 } else { alone }, Unit::Grapheme), true);
    if at.object.contains_key("defaultAction") {
        inner_action(at, "defaultAction", action::WHOLE, findings);
    }
}

/// LINE docs: all columns have the same number of actions, and pictures and titles all or none.
fn carousel(at: At<'_>, findings: &mut Findings) {
    let mut first = None;
    for (index, column) in findings.list(at, "columns", (1, COLUMNS)).into_iter().flatten().enumerate() {
        let place = format!("{}.columns[{index}]", at.place);
        let Some(column) = findings.object(Some(column), &place) else { continue };
        body(column, 120, findings);
        findings.color(column, "imageBackgroundColor", false);
        actions(column, (1, 3), findings);
        let shape = (
            column.object.get("actions").and_then(Value::as_array).map(Vec::len),
            column.object.contains_key("thumbnailImageUrl"),
            column.object.contains_key("title"),
        );
        if *first.get_or_insert(shape) != shape {
            findings.add(
                &place,
                "All columns must have the same number of actions, and images and titles all or none",
            );
        }
    }
}

fn actions(at: At<'_>, size: (usize, usize), findings: &mut Findings) {
    for (index, item) in findings.list(at, "actions", size).into_iter().flatten().enumerate() {
        let place = format!("{}.actions[{index}]", at.place);
        if let Some(item) = findings.object(Some(item), &place) {
            action(item, action::TEMPLATE, findings);
        }
    }
}
