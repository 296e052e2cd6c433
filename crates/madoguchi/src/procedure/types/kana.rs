//! Katakana: hiragana and half-width kana are converted, small letters and 濁点 are kept.

use super::{Fault, bounded};
use crate::procedure::normalise;

/// Katakana, the long vowel mark, the middle dot and spaces.
#[derive(Debug, Clone)]
pub struct Kana {
    /// Longest, in characters.
    pub max: usize,
}

impl Kana {
    pub(super) fn read(&self, raw: &str) -> Result<String, Fault> {
        let text = normalise::katakana(raw);
        bounded(&text, self.max, false)?;
        if text.chars().all(|c| matches!(c, 'ァ'..='ヺ' | 'ー' | '・' | ' ')) {
            return Ok(text);
        }
        Err(Fault::Form("全角カタカナで入力してください。"))
    }
}
