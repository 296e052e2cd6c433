//! A single tick box, or the consent to a text with a version.

use crate::application::answers::Value;
use crate::procedure::Input;

/// The value of a ticked box.
pub(in crate::procedure) const YES: &str = "yes";

/// A tick box.
#[derive(Debug, Clone)]
pub struct Tick {
    /// The text consented to, shown behind 「読む」.
    pub terms: Option<String>,
    /// The version of that text; it becomes part of the answer.
    pub version: Option<String>,
}

impl Tick {
    pub(super) fn read(&self, name: &str, input: &Input) -> Option<Value> {
        let ticked = input.all(name).any(|v| matches!(v.trim(), YES | "on" | "true" | "1"));
        ticked.then(|| Value::text(self.version.clone().unwrap_or_else(|| YES.to_owned())))
    }

    pub(super) fn display(&self) -> String {
        if self.version.is_some() { "確認しました" } else { "はい" }.to_owned()
    }
}
