//! Japanese holidays by rule, and the days on which a city hall is open.
//!
//! Source: 国民の祝日に関する法律, as it stands since 2022 (the Olympic shifts of 2020 and 2021 are not in it);
//! city halls close from 29 December to 3 January (地方自治法 4条の2 and each 休日条例).

use jiff::civil::{Date, Weekday};
use madoguchi_base::Day;

/// The name of the holiday on `day`: a fixed or moving one, 振替休日 or 国民の休日.
pub fn holiday(day: Day) -> Option<&'static str> {
    let date = day.date();
    if let Some(name) = named(date) {
        return Some(name);
    }
    if is_substitute(date) {
        return Some("振替休日");
    }
    let between = date.weekday() != Weekday::Sunday
        && date.yesterday().is_ok_and(|d| named(d).is_some())
        && date.tomorrow().is_ok_and(|d| named(d).is_some());
    between.then_some("国民の休日")
}

/// Is the city hall open on `day`?
pub fn is_open(day: Day) -> bool {
    let date = day.date();
    let year_end = matches!((date.month(), date.day()), (12, 29..) | (1, ..=3));
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && !year_end && holiday(day).is_none()
}

/// The `n`th open day after `day` (`day` itself where `n` is 0).
pub fn business_days_after(day: Day, n: u16) -> Day {
    step(day, n, 1)
}

/// The `n`th open day before `day` (`day` itself where `n` is 0).
pub fn business_days_before(day: Day, n: u16) -> Day {
    step(day, n, -1)
}

fn step(day: Day, n: u16, by: i32) -> Day {
    let mut at = day;
    let mut left = n;
    while left > 0 {
        let next = at.plus_days(by);
        if next == at {
            break; // The calendar ends here (year 9999).
        }
        at = next;
        left -= u16::from(is_open(at));
    }
    at
}

fn named(date: Date) -> Option<&'static str> {
    let (year, day) = (date.year(), date.day());
    let monday = |nth: i8| date.weekday() == Weekday::Monday && (day - 1) / 7 + 1 == nth;
    match (date.month(), day) {
        (1, 1) => Some("元日"),
        (1, _) if monday(2) => Some("成人の日"),
        (2, 11) => Some("建国記念の日"),
        (2, 23) => Some("天皇誕生日"),
        (3, d) if d == equinox(year, 20.8431) => Some("春分の日"),
        (4, 29) => Some("昭和の日"),
        (5, 3) => Some("憲法記念日"),
        (5, 4) => Some("みどりの日"),
        (5, 5) => Some("こどもの日"),
        (7, _) if monday(3) => Some("海の日"),
        (8, 11) => Some("山の日"),
        (9, d) if d == equinox(year, 23.2488) => Some("秋分の日"),
        (9, _) if monday(3) => Some("敬老の日"),
        (10, _) if monday(2) => Some("スポーツの日"),
        (11, 3) => Some("文化の日"),
        (11, 23) => Some("勤労感謝の日"),
        _ => None,
    }
}

/// The usual approximation, right from 1980 to 2099; the law itself leaves the day to 暦要項 of the year before.
fn equinox(year: i16, base: f64) -> i8 {
    let since = f64::from(year) - 1980.0;
    (base + 0.242_194 * since - (since / 4.0).floor()).floor() as i8
}

/// A holiday on a Sunday moves to the next day that is none.
fn is_substitute(date: Date) -> bool {
    let mut before = date;
    while let Ok(day) = before.yesterday() {
        if named(day).is_none() {
            return false;
        }
        if day.weekday() == Weekday::Sunday {
            return true;
        }
        before = day;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect(text)
    }

    #[test]
    fn the_holidays_of_2026_are_those_of_the_cabinet_office() {
        let mut found = Vec::new();
        let mut at = day("2026-01-01");
        while at <= day("2026-12-31") {
            if holiday(at).is_some() {
                found.push(at.to_string());
            }
            at = at.plus_days(1);
        }
        let expected = [
            "2026-01-01",
            "2026-01-12",
            "2026-02-11",
            "2026-02-23",
            "2026-03-20",
            "2026-04-29",
            "2026-05-03",
            "2026-05-04",
            "2026-05-05",
            "2026-05-06",
            "2026-07-20",
            "2026-08-11",
            "2026-09-21",
            "2026-09-22",
            "2026-09-23",
            "2026-10-12",
            "2026-11-03",
            "2026-11-23",
        ];
        assert_eq!(found, expected);
        assert_eq!(holiday(day("2026-05-06")), Some("振替休日"));
        assert_eq!(holiday(day("2026-09-22")), Some("国民の休日"));
        assert_eq!(holiday(day("2024-02-12")), Some("振替休日"));
        assert_eq!(holiday(day("2025-11-24")), Some("振替休日"));
        assert_eq!(holiday(day("2027-03-22")), Some("振替休日"));
    }

    #[test]
    fn business_days_skip_weekends_holidays_and_the_turn_of_the_year() {
        assert_eq!(business_days_after(day("2026-11-20"), 1), day("2026-11-24"));
        assert_eq!(business_days_after(day("2026-12-28"), 1), day("2027-01-04"));
        assert_eq!(business_days_before(day("2027-01-04"), 1), day("2026-12-28"));
        assert!(!is_open(day("2026-12-29")) && !is_open(day("2027-01-03")) && is_open(day("2027-01-04")));
    }
}
