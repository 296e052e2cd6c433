//! docs/words.md is the vocabulary: each name that it gives for the source stands in the source.

use crate::tree::File;

const WORDS: &str = "docs/words.md";

pub(super) fn check(files: &[File]) -> Vec<String> {
    let Some(words) = files.iter().find(|file| file.path == WORDS) else {
        return vec![format!("{WORDS} is missing")];
    };
    let is_source = |file: &&File| {
        (file.path.starts_with("crates/")
            || file.path.starts_with("migrations/")
            || file.path.starts_with("procedures/"))
            && [".rs", ".sql", ".yaml"].iter().any(|end| file.ends_with(end))
    };
    let sources: Vec<&str> = files.iter().filter(is_source).map(|file| file.text.as_str()).collect();
    let mut found = Vec::new();
    for (at, name) in names(words) {
        if !sources.iter().any(|text| has_word(text, &name)) {
            found.push(
                words.at(
                    at,
                    &format!("`{name}` is not in the source; use it there, or mark the row as later"),
                ),
            );
        }
    }
    found
}

/// The backticked names of the third column; the table's rows end with more columns or not.
fn names(words: &File) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, line) in words.lines().filter(|(_, line)| line.starts_with('|')) {
        let Some(cell) = line.split('|').nth(3) else { continue };
        found.extend(cell.split('`').skip(1).step_by(2).map(|name| (at, name.to_owned())));
    }
    found
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_third_column() {
        let text = "| 日本語 | English | in the source |\n|---|---|---|\n| 申請 | application | `Application`, `x` |\n".into();
        let names = names(&File { path: WORDS.into(), text });
        assert_eq!(names, [(3, "Application".into()), (3, "x".into())]);
    }

    #[test]
    fn a_part_of_a_longer_name_does_not_count() {
        assert!(has_word("struct Receipt(u64)", "Receipt"));
        assert!(!has_word("struct Receipts", "Receipt"));
    }
}
