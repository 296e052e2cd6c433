//! The same fields several times: dogs, persons. Each possible row stands ready with ids of its own, `dogs.2.name`.

use super::super::Input;
use super::super::field::Field;

/// A repetition.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// Rows that must be given.
    pub least: usize,
    /// 頭目, 人目: what follows the number of a row.
    pub count: String,
    /// Every row that there can be.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// 犬（2頭目）.
    pub heading: String,
    /// Its fields.
    pub fields: Vec<Field>,
}

impl Repeat {
    /// How many rows stand in the form: as many as the page says, at least those that hold something.
    pub fn shown(&self, id: &str, input: Option<&Input>) -> usize {
        let least = self.least.max(1);
        let Some(input) = input else { return least.min(self.rows.len()) };
        let told = input.get_part(id, "rows").and_then(|n| n.trim().parse().ok()).unwrap_or(0);
        let filled = (1..=self.rows.len()).rev().find(|n| self.is_filled(*n, input)).unwrap_or(0);
        least.max(told).max(filled).min(self.rows.len())
    }

    /// Does row `n` (from 1) hold anything?
    pub(in crate::procedure) fn is_filled(&self, n: usize, input: &Input) -> bool {
        let fields = n.checked_sub(1).and_then(|at| self.rows.get(at)).map(|r| r.fields.as_slice());
        fields.is_some_and(|fields| fields.iter().any(|f| super::is_given(f, input)))
    }

    /// A row more, as far as there can be one.
    pub(in crate::procedure) fn add(&self, id: &str, input: &mut Input) {
        let rows = (self.shown(id, Some(input)) + 1).min(self.rows.len());
        input.set(&format!("{id}.rows"), rows.to_string());
    }

    /// Takes row `n` (from 1) out; those behind it move up.
    pub(in crate::procedure) fn remove(&self, id: &str, n: usize, input: &mut Input) {
        let rows = self.shown(id, Some(input));
        if n == 0 || n > rows {
            return;
        }
        let mut kept = Input::new();
        for (name, value) in input.pairs() {
            match row_of(id, name) {
                Some((row, _)) if row == n => {}
                Some((row, rest)) if row > n => kept.push(format!("{id}.{}.{rest}", row - 1), value),
                _ => kept.push(name, value),
            }
        }
        kept.set(&format!("{id}.rows"), rows.saturating_sub(1).max(self.least.max(1)).to_string());
        *input = kept;
    }
}

/// `dogs.2.name` of `dogs`: 2 and `name`.
fn row_of<'a>(id: &str, name: &'a str) -> Option<(usize, &'a str)> {
    let (row, rest) = name.strip_prefix(id)?.strip_prefix('.')?.split_once('.')?;
    Some((row.parse().ok()?, rest))
}
