//! A civil day in Japan.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::Millis;

/// A day; text form `2026-11-22`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

/// First day, name. Era boundaries by law; Meiji from 1873, when the calendar became Gregorian.
const ERAS: [((i16, i8, i8), &str); 5] = [
    ((2019, 5, 1), "令和"),
    ((1989, 1, 8), "平成"),
    ((1926, 12, 25), "昭和"),
    ((1912, 7, 30), "大正"),
    ((1868, 1, 25), "明治"),
];

impl Day {
    /// The day on which `at` falls in Japan.
    pub fn of(at: Millis) -> Self {
        Self(at.to_zoned().date())
    }

    /// A day from year, month, day of the Gregorian calendar; `None` where it does not exist.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self)
    }

    /// The day as `jiff` knows it.
    pub fn date(self) -> Date {
        self.0
    }

    /// 00:00 of the day in Japan.
    pub fn start(self) -> Millis {
        self.0.to_zoned(crate::clock::tokyo()).map_or(Millis(0), |z| Millis(z.timestamp().as_millisecond()))
    }

    /// `n` days later (earlier where negative).
    #[must_use]
    pub fn plus_days(self, n: i32) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().days(n)))
    }

    /// 令和8年11月22日(日); 1年 reads 元年.
    pub fn japanese(self) -> String {
        let d = self.0;
        let weekday = ["月", "火", "水", "木", "金", "土", "日"]
            [usize::try_from(d.weekday().to_monday_zero_offset()).unwrap_or(0)];
        let era = ERAS.iter().find(|((y, m, dd), _)| (d.year(), d.month(), d.day()) >= (*y, *m, *dd));
        let year = match era {
            Some(((first, _, _), name)) if d.year() == *first => format!("{name}元年"),
            Some(((first, _, _), name)) => format!("{name}{}年", d.year() - first + 1),
            None => format!("{}年", d.year()),
        };
        format!("{year}{}月{}日({weekday})", d.month(), d.day())
    }
}

impl From<Date> for Day {
    fn from(d: Date) -> Self {
        Self(d)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Day {
    type Err = jiff::Error;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_told_in_the_era_of_their_day() {
        let read = |s: &str| s.parse::<Day>().expect(s).japanese();
        assert_eq!(read("2019-05-01"), "令和元年5月1日(水)");
        assert_eq!(read("2019-04-30"), "平成31年4月30日(火)");
        assert_eq!(read("1989-01-07"), "昭和64年1月7日(土)");
        assert_eq!(read("2026-11-22"), "令和8年11月22日(日)");
    }
}
