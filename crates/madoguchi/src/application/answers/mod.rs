//! Answers: what a person told the city. The most private thing in the program.
//!
//! They cannot be cloned, printed or serialised; `Debug` prints a count. They come in by `FormVersion::read` or from
//! their canonical bytes, and go out only by the functions of `out.rs`, each of which says for what.
//! What they are not: anything that LINE, a log or an address may see.

pub mod out;

pub use out::Purpose;

use std::fmt;

use zeroize::Zeroizing;

/// A person's answers, in the order of the form. Field ids of groups are `group.field`.
#[derive(Default)]
pub struct Answers(Vec<(String, Value)>);

/// One answer; nobody but `out.rs` reads it.
pub struct Value(Inner);

enum Inner {
    One(Zeroizing<String>),
    Many(Vec<Zeroizing<String>>),
}

impl Value {
    /// Text, a day as `2026-11-22`, digits, the id of a choice, `yes`.
    pub(crate) fn text(text: String) -> Self {
        Self(Inner::One(Zeroizing::new(text)))
    }

    /// Ids of several choices.
    pub(crate) fn many(ids: Vec<String>) -> Self {
        Self(Inner::Many(ids.into_iter().map(Zeroizing::new).collect()))
    }

    /// Is this the value, or one of the values? (For conditions between fields.)
    pub(crate) fn has(&self, id: &str) -> bool {
        match &self.0 {
            Inner::One(text) => text.as_str() == id,
            Inner::Many(all) => all.iter().any(|v| v.as_str() == id),
        }
    }
}

/// The bytes are not what `out::canonical` wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no answers")]
pub struct NotCanonical;

impl Answers {
    /// Adds the answer of a field.
    pub(crate) fn push(&mut self, field: String, value: Value) {
        self.0.push((field, value));
    }

    /// Is there an answer of this field?
    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.iter().any(|(id, _)| id == field)
    }

    /// Moves the answer of a field out: into the answers that take the place of these.
    pub(crate) fn take(&mut self, field: &str) -> Option<Value> {
        let at = self.0.iter().position(|(id, _)| id == field)?;
        Some(self.0.swap_remove(at).1)
    }

    /// How many fields have an answer.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// No answer at all?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The answers that `out::canonical` wrote as these bytes.
    pub fn from_canonical(bytes: &[u8]) -> Result<Self, NotCanonical> {
        let map: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(bytes).map_err(|_| NotCanonical)?;
        let text = |v| if let serde_json::Value::String(s) = v { Ok(s) } else { Err(NotCanonical) };
        let mut out = Self(Vec::with_capacity(map.len()));
        for (field, value) in map {
            let value = match value {
                serde_json::Value::String(s) => Value::text(s),
                serde_json::Value::Array(all) => {
                    Value::many(all.into_iter().map(text).collect::<Result<_, _>>()?)
                }
                _ => return Err(NotCanonical),
            };
            out.push(field, value);
        }
        Ok(out)
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answers({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_answers_tells_how_many_and_nothing_else() {
        let mut answers = Answers::default();
        answers.push("sei".into(), Value::text("西尾".into()));
        assert_eq!(format!("{answers:?}"), "Answers(1)");
    }

    #[test]
    fn canonical_bytes_come_back_in_their_order() {
        let mut answers = Answers::default();
        answers.push("z".into(), Value::text("\"引用\"\n".into()));
        answers.push("a".into(), Value::many(vec!["x".into(), "y".into()]));
        let bytes = out::canonical(&answers, out::Purpose::Seal);
        assert_eq!(
            std::str::from_utf8(&bytes).expect("json"),
            "{\"z\":\"\\\"引用\\\"\\n\",\"a\":[\"x\",\"y\"]}"
        );
        let again = Answers::from_canonical(&bytes).expect("canonical");
        assert_eq!(*out::canonical(&again, out::Purpose::Seal), *bytes);
        assert!(Answers::from_canonical(b"[]").is_err() && Answers::from_canonical(b"{\"a\":1}").is_err());
    }
}
