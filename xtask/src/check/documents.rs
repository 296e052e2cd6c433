//! Documents name commands, files and folders that exist.

use std::path::Path;

use crate::tree::File;
use crate::{COMMANDS, run};

/// Folders of the checkout: a path in backticks that starts with one of them must exist.
const PLACES: [&str; 7] = ["crates/", "docs/", "migrations/", "procedures/", "xtask/", "e2e/", ".ci/"];

pub(super) fn check(files: &[File]) -> Vec<String> {
    files.iter().filter(|file| file.ends_with(".md")).flat_map(of_document).collect()
}

fn of_document(file: &File) -> Vec<String> {
    let mut found = Vec::new();
    let root = run::root();
    let folder = Path::new(&file.path).parent().map(Path::to_owned).unwrap_or_default();
    for (at, line) in file.lines() {
        for command in commands(line) {
            if !COMMANDS.iter().any(|(name, _, _)| *name == command) {
                found.push(file.at(at, &format!("there is no `cargo xtask {command}`")));
            }
        }
        for target in links(line) {
            if !root.join(&folder).join(&target).exists() {
                found.push(file.at(at, &format!("the link to {target} leads nowhere")));
            }
        }
        for path in paths(line) {
            if !root.join(&path).exists() {
                found.push(file.at(at, &format!("{path} does not exist")));
            }
        }
    }
    found
}

fn commands(line: &str) -> Vec<String> {
    line.split("cargo xtask ")
        .skip(1)
        .filter_map(|rest| {
            let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c == '-')).unwrap_or(rest.len());
            (end > 0).then(|| rest[..end].trim_end_matches('-').to_owned())
        })
        .collect()
}

/// Targets of `[text](target)` inside the checkout, without the part after `#`.
fn links(line: &str) -> Vec<String> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .filter(|target| {
            !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:")
        })
        .map(|target| target.split('#').next().unwrap_or_default().to_owned())
        .collect()
}

/// Plain paths in backticks; one with a placeholder or a list in it is prose.
fn paths(line: &str) -> Vec<String> {
    line.split('`')
        .skip(1)
        .step_by(2)
        .filter(|span| PLACES.iter().any(|place| span.starts_with(place)))
        .filter(|span| span.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-')))
        .filter(|span| !span.contains("NNNN"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_links_and_paths_are_read() {
        assert_eq!(
            commands("`cargo xtask demo` and cargo xtask new-migration X, cargo xtask …"),
            ["demo", "new-migration"]
        );
        assert_eq!(links("[a](docs/a.md#b) [c](https://x.jp) ![d](e.png)"), ["docs/a.md", "e.png"]);
        assert_eq!(
            paths("`crates/x/src/lib.rs` `crates/{a,b}` `migrations/sqlite/NNNN_x.sql`"),
            ["crates/x/src/lib.rs"]
        );
    }
}
