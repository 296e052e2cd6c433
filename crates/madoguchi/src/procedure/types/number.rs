//! A whole number with its bounds.

use super::{Fault, bounded};
use crate::procedure::normalise;

/// A number, both bounds included.
#[derive(Debug, Clone)]
pub struct Number {
    /// Least.
    pub least: i64,
    /// Most.
    pub most: i64,
    /// 匹, 通 …
    pub unit: Option<String>,
}

impl Number {
    pub(super) fn read(&self, raw: &str) -> Result<String, Fault> {
        bounded(raw.trim(), 30, false)?;
        let text = normalise::half_width(raw).replace([',', ' '], "");
        match text.parse::<i64>() {
            Ok(n) if (self.least..=self.most).contains(&n) => Ok(n.to_string()),
            _ => Err(Fault::Say(format!("{}から{}までの数字で入力してください。", self.least, self.most))),
        }
    }

    pub(super) fn display(&self, value: &str) -> String {
        format!("{value}{}", self.unit.as_deref().unwrap_or_default())
    }
}
