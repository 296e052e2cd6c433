//! The receipt number (受付番号): twelve digits, the last one a check digit, random, not sequential.

use std::fmt;
use std::str::FromStr;

use crate::random;

/// A receipt number; shown as `4821-0937-5512`. Unique in its municipality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receipt(u64);

/// Why something is not a receipt number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not twelve digits.
    #[error("a receipt number has twelve digits")]
    Shape,
    /// Twelve digits, but the last does not fit the others: probably a slip.
    #[error("one digit of the receipt number seems to be wrong")]
    CheckDigit,
}

impl Receipt {
    /// A new random number. Uniqueness is the database's to check.
    pub fn random() -> Self {
        let eleven = u64::from_le_bytes(random::bytes()) % 100_000_000_000;
        Self(eleven * 10 + damm(eleven))
    }

    /// The twelve digits without hyphens, as stored.
    pub fn digits(self) -> String {
        format!("{:012}", self.0)
    }
}

/// Damm's algorithm over eleven digits: finds every single wrong digit and every swap of neighbours
/// (H. M. Damm, 2004).
fn damm(eleven: u64) -> u64 {
    const T: [[u8; 10]; 10] = [
        [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
        [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
        [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
        [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
        [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
        [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
        [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
        [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
        [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
        [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
    ];
    let digits = format!("{eleven:011}");
    u64::from(digits.bytes().fold(0_u8, |state, d| T[usize::from(state)][usize::from(d - b'0')]))
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let d = self.digits();
        write!(f, "{}-{}-{}", &d[..4], &d[4..8], &d[8..])
    }
}

impl FromStr for Receipt {
    type Err = ReceiptError;

    /// Accepts hyphens of any kind, spaces and full-width digits.
    fn from_str(s: &str) -> Result<Self, ReceiptError> {
        let mut n = 0_u64;
        let mut count = 0;
        for c in s.trim().chars() {
            let digit = match c {
                '0'..='9' => u64::from(c as u32 - '0' as u32),
                '０'..='９' => u64::from(c as u32 - '０' as u32),
                '-' | '－' | '‐' | '−' | 'ー' | '–' | ' ' | '　' => continue,
                _ => return Err(ReceiptError::Shape),
            };
            count += 1;
            if count > 12 {
                return Err(ReceiptError::Shape);
            }
            n = n * 10 + digit;
        }
        if count != 12 {
            return Err(ReceiptError::Shape);
        }
        if damm(n / 10) == n % 10 { Ok(Self(n)) } else { Err(ReceiptError::CheckDigit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_back_however_it_is_written() {
        let r = Receipt::random();
        let wide: String = r
            .to_string()
            .chars()
            .map(|c| c.to_digit(10).map_or('－', |d| char::from_u32(0xFF10 + d).unwrap_or(c)))
            .collect();
        assert_eq!(wide.parse(), Ok(r));
        assert_eq!(r.digits().parse(), Ok(r));
    }

    #[test]
    fn every_single_wrong_digit_is_noticed() {
        let right = Receipt::random().digits();
        for i in 0..12 {
            for d in b'0'..=b'9' {
                let mut wrong = right.clone().into_bytes();
                if wrong[i] == d {
                    continue;
                }
                wrong[i] = d;
                let wrong = String::from_utf8(wrong).expect("digits");
                assert_eq!(wrong.parse::<Receipt>(), Err(ReceiptError::CheckDigit), "{right} {wrong}");
            }
        }
    }
}
