//! A line, or several lines, of text.

use regex::Regex;

use super::{Fault, bounded};
use crate::procedure::normalise;

/// Text as the person writes it.
#[derive(Debug, Clone)]
pub struct Text {
    /// Longest, in characters as a reader counts them.
    pub max: usize,
    /// Several lines?
    pub lines: bool,
    /// Full-width letters and digits are made ASCII (never in names).
    pub half_width: bool,
    /// What it has to look like.
    pub pattern: Option<Regex>,
}

impl Text {
    pub(super) fn read(&self, raw: &str) -> Result<String, Fault> {
        let text = match (self.lines, self.half_width) {
            (true, _) => normalise::lines(raw),
            (false, true) => normalise::half_width(raw),
            (false, false) => normalise::as_written(raw),
        };
        bounded(&text, self.max, self.lines)?;
        match &self.pattern {
            Some(pattern) if !pattern.is_match(&text) => {
                Err(Fault::Form("書き方を確認して、入力し直してください。"))
            }
            _ => Ok(text),
        }
    }
}
