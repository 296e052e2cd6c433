//! Pictures, sounds, stickers, places, coupons. LINE docs: message-objects.

use super::super::fields::{At, Findings, Unit};
use super::HTTPS;
use serde_json::Value;

const SHORT: (usize, Unit) = (100, Unit::Utf16);

pub(super) fn media(at: At<'_>, kind: &str, findings: &mut Findings) {
    match kind {
        "image" | "video" => {
            findings.uri(at, "originalContentUrl", HTTPS, true);
            findings.uri(at, "previewImageUrl", HTTPS, true);
            if kind == "video" {
                findings.text(at, "trackingId", SHORT, false);
            }
        }
        "audio" => {
            findings.uri(at, "originalContentUrl", HTTPS, true);
            if at.object.get("duration").and_then(Value::as_u64).is_none_or(|n| n == 0) {
                findings.add(&format!("{}.duration", at.place), "must be specified");
            }
        }
        "sticker" => {
            findings.text(at, "packageId", (20, Unit::Utf16), true);
            findings.text(at, "stickerId", (20, Unit::Utf16), true);
        }
        "location" => {
            findings.text(at, "title", SHORT, true);
            findings.text(at, "address", SHORT, true);
            for (name, most) in [("latitude", 90.0), ("longitude", 180.0)] {
                let place = format!("{}.{name}", at.place);
                match at.object.get(name).and_then(Value::as_f64) {
                    Some(degrees) if degrees.abs() <= most => {}
                    Some(_) => findings.add(&place, "Invalid value"),
                    None => findings.add(&place, "must be specified"),
                }
            }
        }
        _ => {
            findings.text(at, "couponId", SHORT, true);
            findings.text(at, "deliveryTag", (30, Unit::Utf16), false);
        }
    }
}
