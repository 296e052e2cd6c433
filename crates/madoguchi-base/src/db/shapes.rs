//! Multi-row statements: one text per number of rows, made once, so that prepared statements are reused.
//!
//! Each text exists twice. PostgreSQL wants `$1`, `$2`, …; SQLite takes them too, but looks each number up in a
//! list, which for 64 rows of 14 columns was the largest single cost of a submission (profiled: a quarter of the
//! writer's time). So SQLite gets plain `?` wherever the numbers stand in their order.

use super::{Dialect, Exec};

/// Texts of one statement, by number of rows.
pub struct Shapes {
    numbered: Vec<String>,
    plain: Vec<String>,
}

impl Shapes {
    /// From texts with `$n`, in the caller's order.
    pub fn new(numbered: Vec<String>) -> Self {
        let plain = numbered.iter().map(|text| plain(text).unwrap_or_else(|| text.clone())).collect();
        Self { numbered, plain }
    }

    /// The text at `index` for the database behind `exec`.
    pub fn text(&self, exec: &impl Exec, index: usize) -> Option<&str> {
        let texts = if exec.dialect() == Dialect::Sqlite { &self.plain } else { &self.numbered };
        texts.get(index).map(String::as_str)
    }

    /// Every text with `$n`, for the test that prepares them all on both databases.
    pub fn statements(&self) -> Vec<String> {
        self.numbered.clone()
    }
}

/// `$1 … $2` → `? … ?`; `None` where a number comes twice or out of order.
fn plain(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('$');
    out.push_str(parts.next()?);
    for (i, part) in parts.enumerate() {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        if number.parse() != Ok(i + 1) {
            return None;
        }
        out.push('?');
        out.push_str(rest);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_their_order_need_no_names() {
        assert_eq!(plain("in ($1, $2) and x = $3").as_deref(), Some("in (?, ?) and x = ?"));
        assert_eq!(plain("set a = $2 where b = $1"), None);
        assert_eq!(plain("a = $1 or b = $1"), None);
    }
}
