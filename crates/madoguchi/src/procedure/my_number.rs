//! Does a text hold a number that could be a My Number? Forms of ours never ask for one (番号法).

use super::normalise;

/// Twelve digits in a row, also in groups of four, whose last digit checks the others.
pub fn is_in(text: &str) -> bool {
    let narrow = normalise::half_width(text);
    let mut runs = vec![Vec::new()];
    for c in narrow.chars() {
        match (c.to_digit(10), runs.last_mut()) {
            (Some(digit), Some(run)) => run.push(digit),
            (None, _) if matches!(c, '-' | ' ') => {}
            _ => runs.push(Vec::new()),
        }
    }
    runs.iter().any(|run| run.len() == 12 && checks(run))
}

/// 行政手続における特定の個人を識別するための番号の利用等に関する法律施行規則: weights 2…7, 2…6 from the right.
fn checks(digits: &[u32]) -> bool {
    let weighed: u32 =
        digits[..11].iter().rev().zip([2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6]).map(|(d, w)| d * w).sum();
    let check = match weighed % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    digits[11] == check
}

#[cfg(test)]
mod tests {
    use super::is_in;

    #[test]
    fn a_number_with_the_right_check_digit_is_seen_and_others_are_not() {
        // 1×6+2×5+3×4+4×3+5×2+6×7+7×6+8×5+9×4+0×3+1×2 = 212 = 19×11+3 → 8.
        assert!(is_in("123456789018") && is_in("番号は１２３４ ５６７８ ９０１８です"));
        assert!(!is_in("123456789012") && !is_in("090-0000-0000") && !is_in("1234567890180") && !is_in(""));
    }
}
