//! Sizes of files, nothing of one machine in the source, and migrations in pairs.

use crate::migration::{self, DIALECTS};
use crate::run;
use crate::tree::File;

/// Lines of a Rust file, at most.
const LONGEST: usize = 400;
/// Lines of ARCHITECTURE.md, at most: it is for reading in one sitting.
const LONGEST_ARCHITECTURE: usize = 300;
/// Starts of paths that exist on one machine only; written in two parts, so that this file passes.
const MACHINE: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/")];

pub(super) fn check(files: &[File]) -> Vec<String> {
    let mut findings: Vec<String> = files.iter().flat_map(of_file).collect();
    let folder = run::root().join("migrations");
    let [sqlite, postgres] = DIALECTS.map(|dialect| migration::names(&folder.join(dialect)));
    findings.extend(pairs(&sqlite, &postgres));
    findings
}

fn of_file(file: &File) -> Vec<String> {
    let mut found = Vec::new();
    let length = file.text.lines().count();
    if file.ends_with(".rs") && length > LONGEST {
        found.push(file.at(length, &format!("more than {LONGEST} lines: this is two files")));
    }
    if file.path == "ARCHITECTURE.md" && length > LONGEST_ARCHITECTURE {
        found.push(file.at(length, &format!("more than {LONGEST_ARCHITECTURE} lines")));
    }
    for (at, line) in file.lines() {
        if MACHINE.iter().any(|path| names_path(line, path)) {
            found.push(file.at(at, "names a folder of one machine"));
        }
    }
    found
}

/// Whether the path stands there from the root, and not as the end of a longer address.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '}' | '_' | '-' | '*'))
    })
}

/// One sequence, the same names for both databases.
fn pairs(sqlite: &[String], postgres: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (names, others, dialect) in [(sqlite, postgres, "postgres"), (postgres, sqlite, "sqlite")] {
        for name in names.iter().filter(|name| !others.contains(name)) {
            found.push(format!(
                "migrations/{dialect}/{name}: missing; both databases have the same migrations"
            ));
        }
    }
    // Several changes may be under way at once, each with a number of its own: gaps close later, or never.
    let mut before = 0;
    for name in sqlite {
        match migration::number(name) {
            Some(number) if number > before => before = number,
            _ => {
                found.push(format!("migrations/sqlite/{name}: a number above {before:04} is needed"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machines_folder_is_found_and_an_address_is_not() {
        let line = |text: &str| of_file(&File { path: "a.md".into(), text: text.into() }).len();
        assert_eq!(line(&format!("see {}x", MACHINE[0])), 1);
        assert_eq!(line(&format!("https://example.jp{}x", MACHINE[1])), 0);
    }

    #[test]
    fn migrations_come_in_pairs_and_without_gaps() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(pairs(&names(&["0001_a_b.sql"]), &names(&["0001_a_b.sql"])).is_empty());
        assert_eq!(pairs(&names(&["0001_a_b.sql", "0003_c_d.sql"]), &names(&["0001_a_b.sql"])).len(), 1);
        let twice = names(&["0001_a_b.sql", "0001_c_d.sql"]);
        assert_eq!(pairs(&twice, &twice).len(), 1);
    }
}
