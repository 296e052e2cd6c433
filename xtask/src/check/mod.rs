//! `cargo xtask check`: what holds of the source without running it.
//! Each finding reads `path:line: what to do`.

use std::time::Instant;

use anyhow::Result;

use crate::counts::Counts;
use crate::tree::File;
use crate::{run, tools, tree};

mod directions;
mod documents;
mod folders;
mod manifests;
mod places;
mod rights;
mod sql;
mod templates;
mod words;

/// A check of the texts: what it looks at, and the function.
type Check = (&'static str, fn(&[File]) -> Vec<String>);

const CHECKS: [Check; 9] = [
    ("crates depend downwards only", directions::check),
    ("folders keep their own store and pages", folders::check),
    ("the LINE side names line_* tables only", sql::check),
    ("each table has its line in the list of rights", rights::check),
    ("dependencies have reasons", manifests::check),
    ("sizes, places and migrations", places::check),
    ("templates hold nothing inline and nothing foreign", templates::check),
    ("words are those of docs/words.md", words::check),
    ("documents name what exists", documents::check),
];

/// Runs all of them, whatever fails; one count a check.
pub(crate) fn check() -> Result<Counts> {
    let start = Instant::now();
    let mut counts = Counts::default();
    let files = tree::files();
    for (what, function) in CHECKS {
        let findings = function(&files);
        println!("==> check: {what}: {}", if findings.is_empty() { "ok" } else { "FAILED" });
        for finding in &findings {
            eprintln!("{finding}");
        }
        counts += Counts::one(findings.is_empty());
    }
    counts += Counts::one(run::passes("check: formatting", &mut run::cargo(&["fmt", "--all", "--check"]))?);
    if tools::has_cargo_command("deny") {
        // Advisories need a database from the network; the rest is about this source.
        let mut deny = run::cargo(&["deny", "check", "bans", "licenses", "sources"]);
        counts += Counts::one(run::passes("check: licences and sources of dependencies", &mut deny)?);
    }
    let mut clippy =
        run::cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]);
    counts += Counts::one(run::passes("check: lints", &mut clippy)?);
    run::done("check", start.elapsed(), counts.failed == 0);
    Ok(counts)
}
