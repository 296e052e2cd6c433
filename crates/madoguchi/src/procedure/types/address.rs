//! An address, as the person writes it; where the procedure asks for it, one in the municipality.

use super::{Fault, ReadContext, bounded};
use crate::procedure::normalise;

/// An address in one line.
#[derive(Debug, Clone)]
pub struct Address {
    /// Longest, in characters.
    pub max: usize,
    /// Only addresses in the municipality.
    pub in_city: bool,
}

impl Address {
    pub(super) fn read(&self, raw: &str, ctx: &ReadContext<'_>) -> Result<String, Fault> {
        let text = normalise::as_written(raw);
        bounded(&text, self.max, false)?;
        if self.in_city && ctx.city.is_elsewhere(&text) {
            return Err(Fault::Say(format!("{}内の住所を入力してください。", ctx.city.name)));
        }
        Ok(text)
    }
}
