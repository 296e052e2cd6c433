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
    /// 匹, 通, 円 …
    pub unit: Option<String>,
    /// An amount of money: written with commas, 円 and ￥ are read.
    pub money: bool,
}

impl Number {
    pub(super) fn read(&self, raw: &str) -> Result<String, Fault> {
        bounded(raw.trim(), 30, false)?;
        let narrow = normalise::half_width(raw).replace([',', ' '], "");
        let unit = self.unit.as_deref().unwrap_or_default();
        let text = narrow.strip_suffix(unit).unwrap_or(&narrow).trim_start_matches(['\\', '¥']);
        match text.parse::<i64>() {
            Ok(n) if (self.least..=self.most).contains(&n) => Ok(n.to_string()),
            _ => Err(Fault::Say(format!(
                "{}から{}までの数字で入力してください。",
                self.written(self.least),
                self.written(self.most)
            ))),
        }
    }

    pub(super) fn display(&self, value: &str) -> String {
        let number = value.parse().map_or_else(|_| value.to_owned(), |n| self.written(n));
        format!("{number}{}", self.unit.as_deref().unwrap_or_default())
    }

    /// 1,234 where it is money.
    fn written(&self, n: i64) -> String {
        let digits = n.unsigned_abs().to_string();
        if !self.money {
            return n.to_string();
        }
        let mut out = String::from(if n < 0 { "-" } else { "" });
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        out
    }
}
