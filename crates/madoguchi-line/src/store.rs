//! All SQL of the LINE side: `line_*` tables and no others.
//!
//! One file a table or two. Texts are plain literals that both databases understand; those whose number of
//! rows varies are made once, in fixed shapes, and listed by [`statements`] for the test that prepares every
//! statement on both databases.

pub(crate) mod assertion;
pub(crate) mod channel;
pub(crate) mod check;
pub(crate) mod due;
pub(crate) mod friend;
pub(crate) mod identity;
pub(crate) mod lane;
pub(crate) mod menu;
pub(crate) mod notice;
pub(crate) mod outbox;
pub(crate) mod relay;
pub(crate) mod reminder;
pub(crate) mod setting;
pub(crate) mod wording;

/// Every statement whose text is not a literal.
pub fn statements() -> Vec<String> {
    let mut all = notice::statements();
    all.extend(outbox::statements());
    all.extend(friend::statements());
    all
}

/// `($1, $2), ($3, $4)`: `rows` groups of `columns` placeholders, the first of them `$first`.
pub(crate) fn groups(rows: usize, columns: usize, first: usize) -> String {
    let mut out = String::new();
    for row in 0..rows {
        out.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            let n = first + row * columns + column;
            out.push_str(if column == 0 { "" } else { ", " });
            out.push('$');
            out.push_str(&n.to_string());
        }
        out.push(')');
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn placeholders_count_on() {
        assert_eq!(super::groups(2, 2, 3), "($3, $4), ($5, $6)");
    }
}
