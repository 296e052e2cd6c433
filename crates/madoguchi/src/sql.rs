//! Multi-row statements: one text per number of rows, made once, so that prepared statements are reused.

use std::fmt::Write as _;

use madoguchi_base::db::{Exec, Shapes};

/// Rows that one statement may carry.
pub const MAX_ROWS: usize = 64;

/// `insert into {into} values (…), … {tail}` for 1 to [`MAX_ROWS`] rows of `columns` columns.
pub fn inserts(into: &str, columns: usize, tail: &str) -> Shapes {
    values(&format!("insert into {into} values "), 1, columns, tail)
}

/// `{head}(…), …{tail}` for 1 to [`MAX_ROWS`] rows; the first value is parameter `first`.
pub fn values(head: &str, first: usize, columns: usize, tail: &str) -> Shapes {
    let texts = (1..=MAX_ROWS)
        .map(|rows| {
            let mut sql = head.to_owned();
            for row in 0..rows {
                sql.push_str(if row == 0 { "(" } else { ", (" });
                for column in 0..columns {
                    let comma = if column == 0 { "" } else { ", " };
                    // Writing to a String cannot fail.
                    let _ok = write!(sql, "{comma}${}", first + row * columns + column);
                }
                sql.push(')');
            }
            sql.push_str(tail);
            sql
        })
        .collect();
    Shapes::new(texts)
}

/// `{head} in ($k, …){tail}` for 1 to [`MAX_ROWS`] values, the first of which is parameter `first`.
pub fn in_lists(head: &str, first: usize, tail: &str) -> Shapes {
    let texts = (1..=MAX_ROWS)
        .map(|n| {
            let list: Vec<String> = (first..first + n).map(|i| format!("${i}")).collect();
            format!("{head} in ({}){tail}", list.join(", "))
        })
        .collect();
    Shapes::new(texts)
}

/// The statement for `rows` rows on the database behind `exec`.
pub fn shape(all: &'static Shapes, exec: &impl Exec, rows: usize) -> Result<&'static str, sqlx::Error> {
    all.text(exec, rows.wrapping_sub(1))
        .ok_or_else(|| sqlx::Error::Protocol(format!("{rows} rows do not fit one statement")))
}
