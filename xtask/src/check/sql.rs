//! The LINE side's SQL names `line_*` tables only: types can't see into SQL text.

use crate::tree::File;

const SOURCE: &str = "crates/madoguchi-line/src/";

pub(super) fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with(SOURCE) && file.ends_with(".rs")) {
        for (line, literal) in literals(&file.text) {
            for table in tables(&literal) {
                if !table.starts_with("line_") {
                    findings.push(file.at(line, &format!("SQL of the LINE side names the table {table:?}")));
                }
            }
        }
    }
    findings
}

/// The string literals of Rust source, each with its line. Comments are left out.
fn literals(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let line = source[..source.len() - rest.len() + at].matches('\n').count() + 1;
        let before = &rest[..at];
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.find('\n').map_or("", |end| &comment[end..]);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.find("*/").map_or("", |end| &comment[end + 2..]);
        } else if rest.starts_with("'\"'") {
            rest = &rest[3..];
        } else if let Some(text) = rest.strip_prefix('"') {
            let (literal, after) = literal(before, text);
            found.push((line, literal));
            rest = after;
        } else {
            rest = &rest[1..];
        }
    }
    found
}

/// One literal, whose opening quote has been read; `before` tells a raw one by its `r#`.
fn literal<'a>(before: &str, text: &'a str) -> (String, &'a str) {
    let hashes = before.len() - before.trim_end_matches('#').len();
    if before.trim_end_matches('#').ends_with('r') {
        let close = format!("\"{}", "#".repeat(hashes));
        return text
            .find(&close)
            .map_or((text.into(), ""), |end| (text[..end].into(), &text[end + close.len()..]));
    }
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return (text[..at].into(), &text[at + 1..]),
            _ => {}
        }
    }
    (text.into(), "")
}

/// The tables that a statement names; nothing where the text is no statement.
fn tables(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = tokens(&lower);
    if !matches!(
        words.first(),
        Some(&("select" | "insert" | "update" | "delete" | "with" | "create" | "drop"))
    ) {
        return Vec::new();
    }
    let named_here = |word: &str| words.windows(3).any(|three| three[0] == word && three[1..] == ["as", "("]);
    let mut found = Vec::new();
    for at in 0..words.len() {
        let previous = at.checked_sub(1).map_or("", |before| words[before]);
        let opens = match words[at] {
            "from" => previous != "distinct",
            "update" => !matches!(previous, "for" | "do"),
            "into" | "join" | "table" => true,
            // A list of tables after a comma is not written here: joins are.
            _ => false,
        };
        let Some(next) = words.get(at + 1) else { continue };
        let is_name = next.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if opens && is_name && !matches!(*next, "values" | "select" | "only" | "lateral") && !named_here(next)
        {
            found.push((*next).to_owned());
        }
    }
    found
}

/// Words, and each bracket or other sign by itself; a bind such as `$1` is one word.
fn tokens(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if is_word(first) {
            rest.find(|c: char| !is_word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() && first != '\\' {
            found.push(&rest[..end]);
        }
        rest = &rest[end..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_statements() {
        let cases: [(&str, &[&str]); 6] = [
            ("select a from line_lane where b is distinct from $1 for update skip locked", &["line_lane"]),
            (
                "insert into line_notice (id) values ($1) on conflict (id) do update set a = 1",
                &["line_notice"],
            ),
            (
                "update line_call as t set a = v.column2 from (values ($1, $2)) as v where t.id = v.column1",
                &["line_call"],
            ),
            (
                "with due as (select id from line_notice) delete from line_x using due where 1 = 1",
                &["line_notice", "line_x"],
            ),
            ("select a from line_notice join application on true", &["line_notice", "application"]),
            ("from here on it is prose", &[]),
        ];
        for (sql, expected) in cases {
            assert_eq!(tables(sql), expected, "{sql}");
        }
    }

    #[test]
    fn literals_and_comments() {
        let source = "// \"not this\"\nlet a = \"one \\\" more\"; let q = '\"';\nlet b = r#\"two \" \"#;";
        assert_eq!(literals(source), [(2, "one \\\" more".into()), (3, "two \" ".into())]);
    }

    #[test]
    fn a_foreign_table_is_found_with_its_line() {
        let text = "fn f() {\n  q(\"select answers from application\")\n}".into();
        let findings = check(&[File { path: format!("{SOURCE}store.rs"), text }]);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].contains("store.rs:2:"), "{findings:?}");
    }
}
