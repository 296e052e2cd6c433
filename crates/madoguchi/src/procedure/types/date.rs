//! A day in three fields with a choice of era; stored as `2026-11-22`.

use madoguchi_base::Day;

use super::{Fault, Got, ReadContext};
use crate::application::answers::Value;
use crate::procedure::calendar;
use crate::procedure::definition::DayRule;
use crate::procedure::wareki::{self, Era, NoDay};
use crate::procedure::{Input, normalise};

/// A day.
#[derive(Debug, Clone, Default)]
pub struct Date {
    /// Not later than today.
    pub past: bool,
    /// Not earlier than today.
    pub future: bool,
    /// Which days can be chosen.
    pub rule: Option<DayRule>,
}

impl Date {
    pub(super) fn read(&self, name: &str, input: &Input, ctx: &ReadContext<'_>) -> Got {
        let Some(day) = typed_day(name, input)? else {
            return Ok(None);
        };
        self.allow(day, ctx.today)?;
        Ok(Some(Value::text(day.to_string())))
    }

    /// The first and the last day that can be chosen on `today`.
    pub fn range(&self, today: Day) -> (Option<Day>, Option<Day>) {
        let Some(rule) = self.rule else {
            return (self.future.then_some(today), self.past.then_some(today));
        };
        let first = calendar::business_days_after(today, rule.business_days_before);
        (Some(first), rule.horizon_days.map(|n| today.plus_days(i32::from(n))))
    }

    fn allow(&self, day: Day, today: Day) -> Result<(), Fault> {
        let (first, last) = self.range(today);
        let fits = first.is_none_or(|f| day >= f) && last.is_none_or(|l| day <= l);
        let open_only = self.rule.is_some_and(|r| r.open_days_only);
        if fits && (!open_only || calendar::is_open(day)) {
            return Ok(());
        }
        let open = if open_only { "（土日・祝日・年末年始を除く）" } else { "" };
        Err(match (first, last) {
            (Some(f), Some(l)) => {
                Fault::Say(format!("{}から{}までの日を入力してください{open}。", f.japanese(), l.japanese()))
            }
            (Some(f), None) => Fault::Say(format!("{}以降の日を入力してください{open}。", f.japanese())),
            _ => Fault::Form("今日までの日付を入力してください。"),
        })
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
}

/// The day in the four parts, or in one ISO value (programs, calendar fields).
fn typed_day(name: &str, input: &Input) -> Result<Option<Day>, Fault> {
    let part = |p: &str| input.get_part(name, p).map(normalise::half_width).filter(|v| !v.is_empty());
    let (year, month, day) = (part("y"), part("m"), part("d"));
    if year.is_none() && month.is_none() && day.is_none() {
        return match input.get(name).map(str::trim).filter(|v| !v.is_empty()) {
            Some(iso) => iso.parse().map(Some).map_err(|_| not_in_calendar()),
            None => Ok(None),
        };
    }
    let (Some(year), Some(month), Some(day)) = (year, month, day) else {
        return Err(Fault::Say("年・月・日をすべて入力してください。".to_owned()));
    };
    let first_year = if year == "元" { "1" } else { year.trim_end_matches('年') };
    let number = |v: &str| v.trim_end_matches(['月', '日']).parse::<i16>();
    let (Ok(y), Ok(m), Ok(d)) = (number(first_year), number(&month), number(&day)) else {
        return Err(Fault::Say("年・月・日を数字で入力してください。".to_owned()));
    };
    let era = match part("era").as_deref().and_then(Era::read) {
        _ if y >= 1000 => Era::Seireki,
        Some(era) => era,
        None => return Err(Fault::Say("令和・平成・昭和などの年号を選んでください。".to_owned())),
    };
    let (Ok(m), Ok(d)) = (i8::try_from(m), i8::try_from(d)) else { return Err(not_in_calendar()) };
    wareki::day(era, y, m, d).map(Some).map_err(|no| match no {
        NoDay::NotInCalendar => not_in_calendar(),
        NoDay::OtherEra(called) => Fault::Say(format!("{called}として入力してください。")),
    })
}

fn not_in_calendar() -> Fault {
    Fault::Say("暦にある日付を入力してください。月と日を確認してください。".to_owned())
}
