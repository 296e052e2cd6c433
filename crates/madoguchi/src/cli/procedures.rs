//! `madoguchi procedure …`: reading and checking files.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::procedure::{self, Finding, Texts};

/// What was found in files; exit code 3 where there is anything.
pub(super) fn validate(files: &[PathBuf], json: bool) -> ExitCode {
    let found: Vec<Finding> = files.iter().flat_map(|f| procedure::validate(f)).collect();
    print(&found, json);
    if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) }
}

fn print(found: &[Finding], json: bool) {
    for finding in found {
        if json {
            println!("{}", serde_json::to_string(finding).unwrap_or_default());
        } else {
            println!("{finding}");
        }
    }
}

/// Files that are right, ready to be sent; one that is not stops all, and is said.
pub(super) fn read(files: &[PathBuf], json: bool) -> Option<Vec<Texts>> {
    let (mut texts, mut found) = (Vec::new(), Vec::new());
    for file in files {
        match procedure::read_file(file).and_then(|t| t.source().map(|_| t)) {
            Ok(read) => texts.push(read),
            Err(more) => found.extend(more),
        }
    }
    print(&found, json);
    found.is_empty().then_some(texts)
}
