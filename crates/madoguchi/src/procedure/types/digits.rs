//! Postal codes and telephone numbers: digits, however they were written.

use super::{Fault, ReadContext, bounded};
use crate::procedure::normalise;

/// What the digits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigitsOf {
    /// Seven digits.
    Postal,
    /// Ten or eleven digits that begin with 0.
    Tel,
}

/// A field of digits.
#[derive(Debug, Clone)]
pub struct Digits {
    /// Which ones.
    pub of: DigitsOf,
    /// The postal code must be one of the municipality's.
    pub in_city: bool,
    /// The address field that a postal code suggests something for.
    pub fills: Option<String>,
}

impl Digits {
    pub(super) fn read(&self, raw: &str, ctx: &ReadContext<'_>) -> Result<String, Fault> {
        bounded(raw.trim(), 60, false)?;
        let digits = normalise::digits(raw.trim_start_matches('〒'));
        let all = digits.bytes().all(|b| b.is_ascii_digit());
        match self.of {
            DigitsOf::Postal if !all || digits.len() != 7 => {
                Err(Fault::Form("郵便番号は7桁の数字で入力してください。"))
            }
            DigitsOf::Postal if self.in_city && !ctx.city.has_postal(&digits) => {
                Err(Fault::Say(format!("{}内の郵便番号を入力してください。", ctx.city.name)))
            }
            DigitsOf::Tel if !all || !digits.starts_with('0') || !matches!(digits.len(), 10 | 11) => {
                Err(Fault::Form("電話番号は0から始まる10桁または11桁の数字で入力してください。"))
            }
            _ => Ok(digits),
        }
    }

    pub(super) fn display(&self, value: &str) -> String {
        match self.of {
            DigitsOf::Postal if value.len() == 7 && value.is_ascii() => {
                format!("{}-{}", &value[..3], &value[3..])
            }
            _ => value.to_owned(),
        }
    }
}
