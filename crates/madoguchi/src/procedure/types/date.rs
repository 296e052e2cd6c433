//! A day in three fields with a choice of era; stored as `2026-11-22`.

use madoguchi_base::Day;

use super::{Fault, Got, ReadContext};
use crate::application::answers::Value;
use crate::procedure::definition::DayRule;
use crate::procedure::wareki::{self, Era, NoDay};
use crate::procedure::{Input, normalise};

/// Days of these last years happened lately: 令和 is chosen beforehand.
const LATELY: u16 = 40;

/// A day.
#[derive(Debug, Clone, Default)]
pub struct Date {
    /// Not later than today.
    pub past: bool,
    /// Not earlier than today.
    pub future: bool,
    /// Not earlier than so many years ago.
    pub years_back: Option<u16>,
    /// Which days can be chosen.
    pub rule: Option<DayRule>,
}

impl Date {
    pub(super) fn read(&self, name: &str, input: &Input, ctx: &ReadContext<'_>) -> Got {
        let Some(day) = typed_day(name, input)? else {
            return Ok(None);
        };
        self.allow(day, ctx)?;
        Ok(Some(Value::text(day.to_string())))
    }

    /// The first and the last day that can be chosen.
    pub fn range(&self, ctx: &ReadContext<'_>) -> (Option<Day>, Option<Day>) {
        let Some(rule) = self.rule else {
            let first = self.years_back.map(|years| years_before(ctx.today, years));
            return (self.future.then_some(ctx.today).or(first), self.past.then_some(ctx.today));
        };
        let first = ctx.city.business_days_after(ctx.today, rule.business_days_before);
        (Some(first), rule.horizon_days.map(|n| ctx.today.plus_days(i32::from(n))))
    }

    /// The range in words with its days, where it says something: not for 「今日まで」.
    pub(in crate::procedure) fn range_words(&self, ctx: &ReadContext<'_>) -> Option<String> {
        let open = if self.open_only() { "の、市役所が開いている日" } else { "の日" };
        match self.range(ctx) {
            (Some(f), Some(l)) if self.rule.is_some() => {
                Some(format!("{}から{}まで{open}を入力してください。", f.japanese(), l.japanese()))
            }
            (Some(f), None) if self.rule.is_some() || self.future => {
                Some(format!("{}以降{open}を入力してください。", f.japanese()))
            }
            _ => None,
        }
    }

    /// The eras in which an allowed day can lie.
    pub(in crate::procedure) fn eras(&self, ctx: &ReadContext<'_>) -> Vec<Era> {
        let (first, last) = self.range(ctx);
        Era::ALL.into_iter().filter(|era| era.meets(first, last)).collect()
    }

    /// The era that stands there before anything is chosen.
    pub(in crate::procedure) fn preset(&self) -> Option<Era> {
        let lately = self.years_back.is_some_and(|years| years <= LATELY);
        (self.rule.is_some() || self.future || lately).then_some(Era::Reiwa)
    }

    fn open_only(&self) -> bool {
        self.rule.is_some_and(|r| r.open_days_only)
    }

    fn allow(&self, day: Day, ctx: &ReadContext<'_>) -> Result<(), Fault> {
        let (first, last) = self.range(ctx);
        let fits = first.is_none_or(|f| day >= f) && last.is_none_or(|l| day <= l);
        if fits && (!self.open_only() || ctx.city.is_open(day)) {
            return Ok(());
        }
        let open = if self.open_only() {
            "（土日・祝日・年末年始など、閉庁日を除く）"
        } else {
            ""
        };
        let today =
            |l: Day| if l == ctx.today { format!("今日（{}）", l.japanese()) } else { l.japanese() };
        Err(Fault::Say(match (first, last) {
            (Some(f), Some(l)) if day < f || self.rule.is_some() => {
                format!("{}から{}までの日を入力してください{open}。", f.japanese(), today(l))
            }
            (_, Some(l)) => format!("{}までの日を入力してください。", today(l)),
            (Some(f), None) => format!("{}以降の日を入力してください{open}。", f.japanese()),
            (None, None) => "別の日を入力してください。".to_owned(),
        }))
    }

    pub(super) fn display(value: &str) -> String {
        value.parse::<Day>().map_or_else(|_| value.to_owned(), Day::japanese)
    }

    pub(super) fn put_back(name: &str, value: &str, input: &mut Input) {
        let Ok(day) = value.parse::<Day>() else { return };
        let (era, year) = Era::of(day);
        let date = day.date();
        input.push(format!("{name}.era"), era.code());
        input.push(format!("{name}.y"), year.to_string());
        input.push(format!("{name}.m"), date.month().to_string());
        input.push(format!("{name}.d"), date.day().to_string());
    }

    /// What was typed, with its day of the week, where it is a day: said beside the field.
    pub(in crate::procedure) fn typed_words(name: &str, input: &Input) -> Option<String> {
        typed_day(name, input).ok().flatten().map(Day::japanese)
    }
}

fn years_before(today: Day, years: u16) -> Day {
    let date = today.date();
    let year = date.year().saturating_sub(i16::try_from(years).unwrap_or(i16::MAX)).max(1);
    // 29 February: the day after, in a year that has none.
    Day::new(year, date.month(), date.day()).or_else(|| Day::new(year, 3, 1)).unwrap_or(today)
}

/// The day in the four parts, or in one ISO value (programs, calendar fields).
fn typed_day(name: &str, input: &Input) -> Result<Option<Day>, Fault> {
    let (year, month, day) = (part(name, "y", input), part(name, "m", input), part(name, "d", input));
    if year.is_none() && month.is_none() && day.is_none() {
        return match input.get(name).map(str::trim).filter(|v| !v.is_empty()) {
            Some(iso) => iso.parse().map(Some).map_err(|_| not_in_calendar()),
            None => Ok(None),
        };
    }
    let (Some(year), Some(month), Some(day)) = (year, month, day) else {
        return Err(Fault::Say("年・月・日をすべて入力してください。".to_owned()));
    };
    let (era, y) = era_and_year(name, &year, input)?;
    let (Some(m), Some(d)) = (number(&month), number(&day)) else {
        return Err(Fault::Say("年・月・日を数字で入力してください。".to_owned()));
    };
    let (Ok(m), Ok(d)) = (i8::try_from(m), i8::try_from(d)) else { return Err(not_in_calendar()) };
    wareki::day(era, y, m, d).map(Some).map_err(|no| match no {
        NoDay::NotInCalendar => not_in_calendar(),
        NoDay::OtherEra(called) => Fault::Say(format!("{called}として入力してください。")),
    })
}

/// One of the parts `era`, `y`, `m`, `d`, in half width; `None` where nothing was typed.
pub(super) fn part(name: &str, part: &str, input: &Input) -> Option<String> {
    input.get_part(name, part).map(normalise::half_width).filter(|v| !v.is_empty())
}

pub(super) fn number(text: &str) -> Option<i16> {
    text.trim_end_matches(['年', '月', '日']).parse().ok()
}

/// 元, 8, 2026: the year and how it was counted.
pub(super) fn era_and_year(name: &str, year: &str, input: &Input) -> Result<(Era, i16), Fault> {
    let first = matches!(year, "元" | "元年");
    let Some(y) = (if first { Some(1) } else { number(year) }) else {
        return Err(Fault::Say("年・月・日を数字で入力してください。".to_owned()));
    };
    match part(name, "era", input).as_deref().and_then(Era::read) {
        _ if y >= 1000 => Ok((Era::Seireki, y)),
        Some(era) => Ok((era, y)),
        None => Err(Fault::Say("令和・平成・昭和などの年号を選んでください。".to_owned())),
    }
}

pub(super) fn not_in_calendar() -> Fault {
    Fault::Say("暦にある日付を入力してください。月と日を確認してください。".to_owned())
}
