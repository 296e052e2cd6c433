//! Years as people write them: 令和8年, 元年, 2026.

use madoguchi_base::Day;

/// How a year was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// 令和, from 1 May 2019.
    Reiwa,
    /// 平成, from 8 January 1989.
    Heisei,
    /// 昭和, from 25 December 1926.
    Showa,
    /// 大正, from 30 July 1912.
    Taisho,
    /// 明治; days count from 1873, when the calendar became Gregorian.
    Meiji,
    /// 西暦.
    Seireki,
}

/// Year, month, day.
type Ymd = (i16, i8, i8);

impl Era {
    /// All of them in the order in which a form offers them.
    pub const ALL: [Self; 6] =
        [Self::Reiwa, Self::Heisei, Self::Showa, Self::Taisho, Self::Meiji, Self::Seireki];

    /// The value in a form.
    pub fn code(self) -> &'static str {
        match self {
            Self::Reiwa => "reiwa",
            Self::Heisei => "heisei",
            Self::Showa => "showa",
            Self::Taisho => "taisho",
            Self::Meiji => "meiji",
            Self::Seireki => "seireki",
        }
    }

    /// 令和, … 西暦.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reiwa => "令和",
            Self::Heisei => "平成",
            Self::Showa => "昭和",
            Self::Taisho => "大正",
            Self::Meiji => "明治",
            Self::Seireki => "西暦",
        }
    }

    /// Reads a code, a name or the letter of old forms (R, H, S, T, M).
    pub fn read(text: &str) -> Option<Self> {
        let letter = |era: Self| era.code()[..1].eq_ignore_ascii_case(text) && era != Self::Seireki;
        Self::ALL
            .into_iter()
            .find(|e| e.code() == text || e.name() == text)
            .or_else(|| Self::ALL.into_iter().find(|&e| text.len() == 1 && letter(e)))
    }

    /// First Gregorian year, first day, last day; `None` for 西暦.
    fn span(self) -> Option<(i16, Ymd, Ymd)> {
        match self {
            Self::Reiwa => Some((2019, (2019, 5, 1), (9999, 12, 31))),
            Self::Heisei => Some((1989, (1989, 1, 8), (2019, 4, 30))),
            Self::Showa => Some((1926, (1926, 12, 25), (1989, 1, 7))),
            Self::Taisho => Some((1912, (1912, 7, 30), (1926, 12, 24))),
            Self::Meiji => Some((1868, (1873, 1, 1), (1912, 7, 29))),
            Self::Seireki => None,
        }
    }

    /// Does it have a day from `first` to `last`? 西暦 has all.
    pub fn meets(self, first: Option<Day>, last: Option<Day>) -> bool {
        let Some((_, from, until)) = self.span() else { return true };
        let of = |day: Day| {
            let date = day.date();
            (date.year(), date.month(), date.day())
        };
        last.is_none_or(|l| from <= of(l)) && first.is_none_or(|f| until >= of(f))
    }

    /// The era of a day and the year in it.
    pub fn of(day: Day) -> (Self, i16) {
        let date = day.date();
        let ymd = (date.year(), date.month(), date.day());
        for era in Self::ALL {
            if let Some((first, from, until)) = era.span()
                && (from..=until).contains(&ymd)
            {
                return (era, date.year() - first + 1);
            }
        }
        (Self::Seireki, date.year())
    }
}

/// Why a day in words is no day.
#[derive(Debug, PartialEq, Eq)]
pub enum NoDay {
    /// Such a day is in no calendar: 2月30日.
    NotInCalendar,
    /// The era began later or was over: 昭和64年1月8日. Carries what the day is called instead.
    OtherEra(String),
}

/// The day that `year`, `month` and `day` name in `era`.
pub fn day(era: Era, year: i16, month: i8, day: i8) -> Result<Day, NoDay> {
    let Some((first, from, until)) = era.span() else {
        return (year >= 1000).then(|| Day::new(year, month, day)).flatten().ok_or(NoDay::NotInCalendar);
    };
    let gregorian = first.checked_add(year).and_then(|y| y.checked_sub(1)).filter(|_| year >= 1);
    let found = gregorian
        .and_then(|y| Day::new(y, month, day))
        .filter(|_| year <= 200)
        .ok_or(NoDay::NotInCalendar)?;
    let date = found.date();
    if (from..=until).contains(&(date.year(), date.month(), date.day())) {
        return Ok(found);
    }
    let (other, other_year) = Era::of(found);
    let called = if other_year == 1 { "元".to_owned() } else { other_year.to_string() };
    Err(NoDay::OtherEra(format!("{}{called}年{month}月{day}日", other.name())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_week_of_showa_is_the_first_of_heisei() {
        assert_eq!(day(Era::Showa, 64, 1, 7).expect("exists").to_string(), "1989-01-07");
        assert_eq!(day(Era::Showa, 64, 1, 8), Err(NoDay::OtherEra("平成元年1月8日".into())));
        assert_eq!(day(Era::Heisei, 1, 1, 7), Err(NoDay::OtherEra("昭和64年1月7日".into())));
        assert_eq!(day(Era::Reiwa, 1, 5, 1).expect("exists").to_string(), "2019-05-01");
        assert_eq!(day(Era::Reiwa, 8, 2, 29), Err(NoDay::NotInCalendar));
        assert_eq!(day(Era::Reiwa, 0, 5, 1), Err(NoDay::NotInCalendar));
        assert_eq!(day(Era::Seireki, 2028, 2, 29).expect("leap").to_string(), "2028-02-29");
        assert_eq!(Era::read("S"), Some(Era::Showa));
        assert_eq!(Era::read("平成"), Some(Era::Heisei));
    }

    proptest! {
        #[test]
        fn every_day_comes_back_from_its_era(offset in 0_i32..110_000) {
            let start: Day = "1873-01-01".parse().expect("a day");
            let before = start.plus_days(offset);
            let (era, year) = Era::of(before);
            let date = before.date();
            prop_assert_eq!(day(era, year, date.month(), date.day()), Ok(before));
        }
    }
}
