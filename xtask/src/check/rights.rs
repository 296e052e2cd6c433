//! Every table of the migrations stands in the list of what each part may do with it.

use crate::tree::File;

const LIST: &str = "crates/madoguchi/src/parts/mod.rs";

pub(super) fn check(files: &[File]) -> Vec<String> {
    let Some(list) = files.iter().find(|file| file.path == LIST) else {
        return vec![format!("{LIST}: missing")];
    };
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("migrations/") && file.ends_with(".sql")) {
        for (at, line) in file.lines() {
            let Some(table) = table(line) else { continue };
            if !list.text.contains(&format!("(\"{table}\",")) {
                let sentence =
                    format!("the table {table} is not in {LIST}: say there what each part may do with it");
                findings.push(file.at(at, &sentence));
            }
        }
    }
    findings
}

/// The table that a line makes.
fn table(line: &str) -> Option<String> {
    let lower = line.trim().to_lowercase();
    let rest = lower.strip_prefix("create table ")?;
    let rest = rest.strip_prefix("if not exists ").unwrap_or(rest);
    rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_without_rights_is_found() {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let migration = file("migrations/sqlite/0009_a_b.sql", "-- create table c\ncreate table a (\n");
        let list = |text: &str| file(LIST, text);
        assert_eq!(check(&[migration.clone(), list("(\"b\", …")]).len(), 1);
        assert!(check(&[migration, list("(\"a\",  [\"r\"")]).is_empty());
    }
}
