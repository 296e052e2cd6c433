//! What a rich menu may look like. LINE docs: create-rich-menu, rich-menu-object.

use super::super::fields::{At, Findings, Unit};
use super::super::messages::{RICH_MENU, action};
use serde_json::{Map, Value};

/// Width 800–2500, height at least 250, width / height at least 1.45.
pub(in super::super) fn is_size_allowed(width: u64, height: u64) -> bool {
    (800..=2500).contains(&width) && height >= 250 && width * 100 >= height * 145
}

/// Checks a rich menu object.
pub(in super::super) fn check(menu: &Map<String, Value>, findings: &mut Findings) {
    let root = At { object: menu, place: "" };
    if let Some(size) = findings.object(menu.get("size"), "size") {
        let side = |name: &str| size.object.get(name).and_then(Value::as_u64);
        match (side("width"), side("height")) {
            (Some(width), Some(height)) if is_size_allowed(width, height) => {}
            (Some(_), Some(_)) => findings.add("size", "The size is not allowed for richmenu"),
            _ => findings.add("size", "must be specified"),
        }
    }
    if !menu.get("selected").is_some_and(Value::is_boolean) {
        findings.add("selected", "must be specified");
    }
    findings.text(root, "name", (300, Unit::Grapheme), true);
    findings.text(root, "chatBarText", (14, Unit::Grapheme), true);
    for (index, area) in findings.list(root, "areas", (0, 20)).into_iter().flatten().enumerate() {
        let place = format!("areas[{index}]");
        if let Some(at) = findings.object(Some(area), &place) {
            self::area(at, findings);
        }
    }
}

fn area(at: At<'_>, findings: &mut Findings) {
    let place = format!("{}.bounds", at.place);
    if let Some(bounds) = findings.object(at.object.get("bounds"), &place) {
        for side in ["x", "y", "width", "height"] {
            if bounds.object.get(side).and_then(Value::as_u64).is_none_or(|n| n > 2500) {
                findings.add(&format!("{place}.{side}"), "must be between 0 and 2500");
            }
        }
    }
    let place = format!("{}.action", at.place);
    if let Some(at) = findings.object(at.object.get("action"), &place) {
        action(at, RICH_MENU, findings);
    }
}
