//! Helpers of the validators: they gather LINE's `details`.

use crate::wire::Reply;
use http::StatusCode;
use serde_json::{Map, Value, json};
use unicode_segmentation::UnicodeSegmentation;

/// How characters are counted. LINE docs: text-character-count.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    Utf16,
    Grapheme,
}

impl Unit {
    pub(super) fn count(self, text: &str) -> usize {
        match self {
            Self::Utf16 => text.encode_utf16().count(),
            Self::Grapheme => text.graphemes(true).count(),
        }
    }
}

/// A JSON object within the body, with its place for `property`.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) object: &'a Map<String, Value>,
    pub(super) place: &'a str,
}

/// What was found wrong so far.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Value>);

impl Findings {
    pub(super) fn add(&mut self, property: &str, message: &str) {
        self.0.push(json!({ "message": message, "property": property }));
    }

    /// LINE's 400 with details, if anything was found.
    pub(super) fn reply(self) -> Option<Reply> {
        if self.0.is_empty() {
            return None;
        }
        let message = format!("The request body has {} error(s)", self.0.len());
        Some(Reply::json(StatusCode::BAD_REQUEST, &json!({ "message": message, "details": self.0 })))
    }

    /// An object at `place`; anything else is a finding.
    pub(super) fn object<'a>(&mut self, value: Option<&'a Value>, place: &'a str) -> Option<At<'a>> {
        match value {
            Some(Value::Object(object)) => Some(At { object, place }),
            Some(_) => {
                self.add(place, "Invalid value");
                None
            }
            None => {
                self.add(place, "must be specified");
                None
            }
        }
    }

    /// A text of at most `max`; an absent one is a finding if `required`.
    pub(super) fn text<'a>(
        &mut self,
        at: At<'a>,
        name: &str,
        (max, unit): (usize, Unit),
        required: bool,
    ) -> Option<&'a str> {
        let place = format!("{}.{name}", at.place);
        let place = place.strip_prefix('.').unwrap_or(&place);
        match at.object.get(name) {
            None | Some(Value::Null) if required => self.add(place, "must be specified"),
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.is_empty() && required => self.add(place, "May not be empty"),
            Some(Value::String(text)) => {
                if unit.count(text) > max {
                    self.add(place, &format!("Length must be between 0 and {max}"));
                }
                return Some(text);
            }
            Some(_) => self.add(place, "must be a string"),
        }
        None
    }

    /// A text out of a few.
    pub(super) fn one_of(&mut self, at: At<'_>, name: &str, allowed: &[&str], required: bool) {
        let place = format!("{}.{name}", at.place);
        let place = place.strip_prefix('.').unwrap_or(&place);
        match at.object.get(name) {
            None | Some(Value::Null) if required => self.add(place, "must be specified"),
            None | Some(Value::Null) => {}
            Some(value) if value.as_str().is_some_and(|v| allowed.contains(&v)) => {}
            Some(_) => {
                self.add(place, &format!("Must be one of the following values: [{}]", allowed.join(", ")));
            }
        }
    }

    /// A colour: `#RRGGBB`, and `#RRGGBBAA` where it may shine through.
    pub(super) fn color(&mut self, at: At<'_>, name: &str, alpha: bool) {
        let Some(given) = at.object.get(name) else { return };
        let digits = given.as_str().and_then(|text| text.strip_prefix('#')).unwrap_or_default();
        let long = digits.len() == 6 || (alpha && digits.len() == 8);
        if !long || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            self.add(&format!("{}.{name}", at.place), "Invalid value");
        }
    }

    /// An address with one of `schemes`.
    pub(super) fn uri(&mut self, at: At<'_>, name: &str, (max, schemes): (usize, &[&str]), required: bool) {
        let Some(uri) = self.text(at, name, (max, Unit::Utf16), required) else { return };
        let known =
            uri.split_once(':').is_some_and(|(s, _)| schemes.contains(&s.to_ascii_lowercase().as_str()));
        if !known
            || uri.contains(char::is_whitespace)
            || (uri.contains("://") && url::Url::parse(uri).is_err())
        {
            self.add(&format!("{}.{name}", at.place), "invalid uri");
        }
    }

    /// A list of `min` to `max` items.
    pub(super) fn list<'a>(
        &mut self,
        at: At<'a>,
        name: &str,
        (min, max): (usize, usize),
    ) -> Option<&'a Vec<Value>> {
        let place = format!("{}.{name}", at.place);
        let place = place.strip_prefix('.').unwrap_or(&place);
        match at.object.get(name) {
            Some(Value::Array(items)) if (min..=max).contains(&items.len()) => return Some(items),
            Some(Value::Array(_)) => self.add(place, &format!("Size must be between {min} and {max}")),
            None | Some(Value::Null) => self.add(place, "May not be empty"),
            Some(_) => self.add(place, "must be an array"),
        }
        None
    }
}
