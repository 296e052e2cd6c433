//! Japanese holidays by rule, and the days on which a city hall is open.
//!
//! Source: 国民の祝日に関する法律, as it stands since 2022, and a table of the years in which special laws moved days;
//! city halls close from 29 December to 3 January (地方自治法 4条の2 and each 休日条例). What a later law moves, or when
//! one city closes, stands in the municipality's file: `Closing`.

use jiff::civil::{Date, Weekday};
use madoguchi_base::Day;
use serde::{Deserialize, Serialize};

/// What a municipality corrects: days that the rules here do not know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Closing {
    /// Days on which the city hall is closed besides: a holiday made by a new law, the city's own closing days.
    pub closed: Vec<String>,
    /// Days on which it is open although the rules say otherwise: a holiday that moved away, a Saturday counter.
    pub open: Vec<String>,
}

impl Closing {
    /// Is the city hall open on `day`?
    pub fn is_open(&self, day: Day) -> bool {
        let named = |days: &[String]| days.iter().any(|d| *d == day.to_string());
        !named(&self.closed) && (named(&self.open) || is_open(day))
    }

    /// The `n`th open day after `day` (`day` itself where `n` is 0).
    pub fn business_days_after(&self, day: Day, n: u16) -> Day {
        step(day, n, 1, |d| self.is_open(d))
    }

    /// The entries that are no days.
    pub fn mistakes(&self) -> impl Iterator<Item = &str> {
        self.closed.iter().chain(&self.open).map(String::as_str).filter(|d| d.parse::<Day>().is_err())
    }
}

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
    step(day, n, 1, is_open)
}

/// The `n`th open day before `day` (`day` itself where `n` is 0).
pub fn business_days_before(day: Day, n: u16) -> Day {
    step(day, n, -1, is_open)
}

fn step(day: Day, n: u16, by: i32, open: impl Fn(Day) -> bool) -> Day {
    let mut at = day;
    let mut left = n;
    while left > 0 {
        let next = at.plus_days(by);
        // The calendar ends (year 9999), or a file closes every day: neither may run for ever.
        if next == at || (next.date() - day.date()).get_days().abs() > 4_000 {
            break;
        }
        at = next;
        left -= u16::from(open(at));
    }
    at
}

/// Years whose days special laws moved: the new name, or `None` for a day that was none that year.
const MOVED: [(i16, i8, i8, Option<&str>); 12] = [
    (2019, 2, 23, None),
    (2019, 5, 1, Some("即位の日")),
    (2019, 10, 22, Some("即位礼正殿の儀の行われる日")),
    (2020, 7, 23, Some("海の日")),
    (2020, 7, 24, Some("スポーツの日")),
    (2020, 8, 10, Some("山の日")),
    (2020, 8, 11, None),
    (2021, 7, 22, Some("海の日")),
    (2021, 7, 23, Some("スポーツの日")),
    (2021, 8, 8, Some("山の日")),
    (2021, 8, 11, None),
    (2020, 7, 20, None),
];
/// … and the moving ones that were held elsewhere in those years.
const NOT_THEN: [(i16, i8, i8); 3] = [(2021, 7, 19), (2020, 10, 12), (2021, 10, 11)];

fn named(date: Date) -> Option<&'static str> {
    let (year, day) = (date.year(), date.day());
    let ymd = (year, date.month(), day);
    if let Some((.., name)) = MOVED.iter().find(|(y, m, d, _)| (*y, *m, *d) == ymd) {
        return *name;
    }
    if NOT_THEN.contains(&ymd) {
        return None;
    }
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
    fn years_whose_days_were_moved_are_those_of_the_special_laws() {
        for (yes, name) in [
            ("2019-04-30", "国民の休日"),
            ("2019-05-01", "即位の日"),
            ("2019-05-02", "国民の休日"),
            ("2020-07-24", "スポーツの日"),
            ("2021-08-09", "振替休日"),
        ] {
            assert_eq!(holiday(day(yes)), Some(name), "{yes}");
        }
        for no in ["2019-02-23", "2020-07-20", "2020-08-11", "2020-10-12", "2021-07-19", "2021-10-11"] {
            assert_eq!(holiday(day(no)), None, "{no}");
        }
    }

    #[test]
    fn a_municipality_corrects_the_rules() {
        let closing = Closing {
            closed: vec!["2026-11-24".into()],
            open: vec!["2026-11-28".into(), "2026-11-23".into()],
        };
        assert_eq!(closing.business_days_after(day("2026-11-20"), 1), day("2026-11-23"));
        assert_eq!(closing.business_days_after(day("2026-11-23"), 1), day("2026-11-25"));
        assert_eq!(closing.business_days_after(day("2026-11-27"), 1), day("2026-11-28"));
        let wrong = Closing { closed: vec!["2026-02-30".into()], ..Closing::default() };
        assert_eq!(wrong.mistakes().collect::<Vec<_>>(), ["2026-02-30"]);
    }

    #[test]
    fn business_days_skip_weekends_holidays_and_the_turn_of_the_year() {
        assert_eq!(business_days_after(day("2026-11-20"), 1), day("2026-11-24"));
        assert_eq!(business_days_after(day("2026-12-28"), 1), day("2027-01-04"));
        assert_eq!(business_days_before(day("2027-01-04"), 1), day("2026-12-28"));
        assert!(!is_open(day("2026-12-29")) && !is_open(day("2027-01-03")) && is_open(day("2027-01-04")));
    }
}
