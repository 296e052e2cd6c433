//! `cargo xtask new-migration NOUN_NAME`: the next number, one file for each database.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::run;

/// The two folders; a file's name is the same in both.
pub(crate) const DIALECTS: [&str; 2] = ["sqlite", "postgres"];

/// Makes `migrations/{sqlite,postgres}/NNNN_noun_name.sql`.
pub(crate) fn new_migration(arguments: &[String]) -> Result<bool> {
    let [name] = arguments else { bail!("give one name, such as application_add_deadline") };
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.chars().all(is_plain) || !name.contains('_') {
        bail!("{name:?} should read noun_name, in lower case letters, digits and underscores");
    }
    let folder = run::root().join("migrations");
    let next = 1 + DIALECTS
        .iter()
        .flat_map(|dialect| names(&folder.join(dialect)))
        .filter_map(|name| number(&name))
        .max()
        .unwrap_or(0);
    for dialect in DIALECTS {
        let file = folder.join(dialect).join(format!("{next:04}_{name}.sql"));
        let text =
            "-- Why this change:\n-- Expand only: two versions of the program run on it for a minute.\n";
        std::fs::write(&file, text).with_context(|| format!("could not write {}", file.display()))?;
        println!("{}", file.display());
    }
    Ok(true)
}

/// The names of the files in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|end| end == "sql"))
        .collect();
    names.sort();
    names
}

/// The number at the start of a migration's name.
pub(crate) fn number(name: &str) -> Option<u32> {
    let (number, _) = name.split_once('_')?;
    if number.len() == 4 { number.parse().ok() } else { None }
}
