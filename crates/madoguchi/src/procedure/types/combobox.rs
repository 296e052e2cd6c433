//! A line of text with suggestions from a list: the breed of a dog.

use super::{Fault, bounded};
use crate::procedure::normalise;

/// Text with suggestions.
#[derive(Debug, Clone)]
pub struct Combobox {
    /// Longest, in characters.
    pub max: usize,
    /// May it be something that the list does not have?
    pub free: bool,
    /// What is suggested.
    pub entries: Vec<String>,
}

impl Combobox {
    pub(super) fn read(&self, raw: &str) -> Result<String, Fault> {
        let text = normalise::as_written(raw);
        bounded(&text, self.max, false)?;
        let wanted = normalise::folded(&text);
        // An entry typed in other kana or width is that entry.
        match self.entries.iter().find(|e| normalise::folded(e) == wanted) {
            Some(entry) => Ok(entry.clone()),
            None if self.free => Ok(text),
            None => Err(Fault::Say("候補の中から選んで入力してください。".to_owned())),
        }
    }
}
