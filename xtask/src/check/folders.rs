//! Inside `madoguchi`: a noun's SQL is named only by its own folder, and its pages only by itself and `app.rs`.

use crate::tree::File;

const SOURCE: &str = "crates/madoguchi/src/";

/// Files of a noun that no other noun may name.
const PRIVATE: [&str; 3] = ["store", "citizen", "staff"];

pub(super) fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with(SOURCE) && file.ends_with(".rs")) {
        // Files beside the folders put the whole together: app.rs names every handler.
        let Some((own, _)) = file.path[SOURCE.len()..].split_once('/') else { continue };
        for (at, path) in paths(&file.text) {
            let mut parts = path.split("::");
            let (Some(noun), Some(part)) = (parts.next(), parts.next()) else { continue };
            if noun != own && PRIVATE.contains(&part) {
                let sentence = format!("{noun}::{part} belongs to its own folder; call {noun}::acts instead");
                findings.push(file.at(at, &sentence));
            }
        }
    }
    findings
}

/// Every path that starts with `crate::`, without that start, with its line; lists in braces are spread out.
fn paths(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        if text[line_start..at].trim_start().starts_with("//") {
            continue;
        }
        let line = text[..at].matches('\n').count() + 1;
        for path in spread(&text[at + "crate::".len()..], "").0 {
            found.push((line, path));
        }
    }
    found
}

/// Reads one path, or one list in braces, and gives the paths and how many bytes it read.
fn spread(text: &str, before: &str) -> (Vec<String>, usize) {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let own = format!("{before}{}", &text[..end]);
    if !text[end..].starts_with('{') {
        return (vec![own], end);
    }
    let mut found = Vec::new();
    let mut at = end + 1;
    while at < text.len() && !text[at..].starts_with('}') {
        let gap = text[at..].find(|c: char| c.is_alphanumeric() || c == '_' || c == '{' || c == '}');
        at += gap.unwrap_or(text.len() - at);
        if text[at..].starts_with('}') || at >= text.len() {
            break;
        }
        let (paths, read) = spread(&text[at..], &own);
        found.extend(paths);
        at += read.max(1);
    }
    (found, (at + 1).min(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_spread_out() {
        let text = "use crate::{\n  application::{self, store},\n  page::Html,\n};\nlet x = crate::office::acts::find();";
        let found: Vec<String> = paths(text).into_iter().map(|(_, path)| path).collect();
        assert_eq!(
            found,
            ["application::self", "application::store", "page::Html", "office::acts::find"].map(String::from)
        );
    }

    #[test]
    fn a_neighbours_store_is_found_and_ones_own_is_not() {
        let file = |path: &str, text: &str| File { path: format!("{SOURCE}{path}"), text: text.into() };
        let files = [
            file("office/staff.rs", "use crate::application::store;"),
            file("application/acts.rs", "use crate::application::store;"),
            file("app.rs", "use crate::application::citizen;"),
        ];
        let findings = check(&files);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].starts_with("crates/madoguchi/src/office/staff.rs:1:"));
    }
}
