//! Days and months in Japan: LINE counts in UTC+9. Civil dates after Howard Hinnant's date algorithms.

pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const JST_MS: i64 = 9 * 60 * 60 * 1000;

/// Days since 1970-01-01 in Japan.
pub(crate) fn day(now_ms: i64) -> i32 {
    (now_ms + JST_MS).div_euclid(DAY_MS) as i32
}

/// Year, month and day of a day's number.
pub(crate) fn civil(day: i32) -> (i64, i64, i64) {
    let days = i64::from(day) + 719_468;
    let era = days.div_euclid(146_097);
    let doe = days.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let shifted = (5 * doy + 2) / 153;
    let (month, carry) = if shifted < 10 { (shifted + 3, 0) } else { (shifted - 9, 1) };
    (era * 400 + yoe + carry, month, doy - (153 * shifted + 2) / 5 + 1)
}

/// Months since year 0 in Japan.
pub(crate) fn month(now_ms: i64) -> i64 {
    let (year, month, _) = civil(day(now_ms));
    year * 12 + month
}

/// `yyyyMMdd` as the day's number; `None` for what is no date.
pub(crate) fn parse(text: &str) -> Option<i32> {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, date) = (part(0..4)?, part(4..6)?, part(6..8)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&date) {
        return None;
    }
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let yoe = shifted_year.rem_euclid(400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + date - 1;
    let number = (era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468) as i32;
    // The 31st of a short month is another day.
    (civil(number) == (year, month, date)).then_some(number)
}

/// `yyyyMMdd`
pub(crate) fn text(day: i32) -> String {
    let (year, month, date) = civil(day);
    format!("{year:04}{month:02}{date:02}")
}

/// ISO 8601 in UTC with milliseconds, as LINE writes times.
pub(crate) fn iso(ms: i64) -> String {
    let (year, month, date) = civil(ms.div_euclid(DAY_MS) as i32);
    let rest = ms.rem_euclid(DAY_MS);
    let (seconds, millis) = (rest / 1000, rest % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::{civil, day, iso, month, parse, text};

    #[test]
    fn months_turn_at_midnight_in_japan() {
        // 2026-11-30T14:59:59Z is still November in Japan; a second later it is December.
        let last = 1_796_050_799_000;
        assert_eq!(month(last), 2026 * 12 + 11);
        assert_eq!(month(last + 1000), 2026 * 12 + 12);
        assert_eq!(iso(last), "2026-11-30T14:59:59.000Z");
    }

    #[test]
    fn a_date_and_its_number_are_one() {
        for number in [-1, 0, 59, 10_957, 20_000, 20_789] {
            assert_eq!(parse(&text(number)), Some(number));
        }
        assert_eq!(civil(day(0)), (1970, 1, 1));
        assert_eq!(parse("20240229").map(text).as_deref(), Some("20240229"));
        for wrong in ["20230229", "20231301", "2023010", "2023010a", "20230431", "あああ"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
