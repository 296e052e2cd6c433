//! What is wrong in a file of ours, in words for the person who writes it.

use std::fmt;

/// A mistake in a file, where it is and what to do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// The line, from 1, where known.
    pub line: Option<u32>,
    /// The field's id, or the word of the format.
    pub field: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub todo: String,
}

impl Finding {
    /// A mistake at `field`, whose line is looked up in `text`.
    pub fn new(
        file: &str,
        text: &str,
        field: &str,
        what: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self {
            file: file.to_owned(),
            line: line_of(text, field),
            field: field.to_owned(),
            what: what.into(),
            todo: todo.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if !self.field.is_empty() {
            write!(f, " 項目 {}:", self.field)?;
        }
        write!(f, " {}。{}。", self.what, self.todo)
    }
}

/// Where `id: field` stands, or the word itself.
fn line_of(text: &str, field: &str) -> Option<u32> {
    let last = field.rsplit('.').next().unwrap_or(field);
    let is_id = |line: &str| {
        line.split_once("id:").is_some_and(|(_, rest)| {
            let rest = rest.trim_start();
            rest.strip_prefix(last)
                .is_some_and(|r| !r.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-'))
        })
    };
    let is_word = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("- ").unwrap_or(line);
        [field, last].iter().any(|word| line.strip_prefix(word).is_some_and(|r| r.starts_with(':')))
    };
    let at = text.lines().position(is_id).or_else(|| text.lines().position(is_word))?;
    u32::try_from(at + 1).ok()
}

/// The parser's own complaint.
pub(super) fn yaml_finding(file: &str, error: &serde_saphyr::Error) -> Finding {
    let line = error.location().and_then(|at| u32::try_from(at.line()).ok()).filter(|&l| l > 0);
    let what = error.to_string().lines().next().unwrap_or_default().trim_end_matches(['.', '。']).to_owned();
    Finding {
        file: file.to_owned(),
        line,
        field: String::new(),
        what: format!("書式を読めません（{what}）"),
        todo: "docs/procedure-format.md の書き方を確認してください".to_owned(),
    }
}
