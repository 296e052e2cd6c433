//! One of some choices (radio, select) or several of them (checkboxes).

use super::{Fault, Got};
use crate::application::answers::Value;
use crate::procedure::{Input, definition::Choice};

/// How the choices look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// One, all visible.
    Radio,
    /// One, in a list that opens.
    Select,
    /// Several.
    Checkbox,
}

/// Choices; a value is the id of one.
#[derive(Debug, Clone)]
pub struct Choices {
    /// How they look.
    pub style: Style,
    /// The choices.
    pub choices: Vec<Choice>,
}

impl Choices {
    pub(super) fn read(&self, name: &str, input: &Input) -> Got {
        let known = |raw: &str| {
            self.choices.iter().find(|c| c.id == raw || c.label == raw).map(|c| c.id.clone()).ok_or(())
        };
        let picked: Result<Vec<String>, ()> =
            input.all(name).map(str::trim).filter(|raw| !raw.is_empty()).map(known).collect();
        let Ok(mut picked) = picked else {
            return Err(Fault::Say("表示されている選択肢から選んでください。".to_owned()));
        };
        if self.style != Style::Checkbox {
            return Ok(picked.into_iter().next().map(Value::text));
        }
        // The order of the form, each once: the same ticks are the same answer.
        let position = |id: &String| self.choices.iter().position(|c| &c.id == id);
        picked.sort_by_key(position);
        picked.dedup();
        Ok((!picked.is_empty()).then(|| Value::many(picked)))
    }

    pub(super) fn label<'a>(&'a self, value: &'a str) -> &'a str {
        self.choices.iter().find(|c| c.id == value).map_or(value, |c| c.label.as_str())
    }
}
