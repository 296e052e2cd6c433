//! A month in two fields with a choice of era; stored as `2026-11`.

use madoguchi_base::Day;

use super::date::{era_and_year, not_in_calendar, number, part};
use super::{Fault, Got, ReadContext};
use crate::application::answers::Value;
use crate::procedure::Input;
use crate::procedure::wareki::{self, Era, NoDay};

/// A month.
#[derive(Debug, Clone, Default)]
pub struct Month {
    /// Not later than this month.
    pub past: bool,
    /// Not earlier than this month.
    pub future: bool,
}

impl Month {
    pub(super) fn read(&self, name: &str, input: &Input, ctx: &ReadContext<'_>) -> Got {
        let (year, month) = (part(name, "y", input), part(name, "m", input));
        let first = match (year, month) {
            (None, None) => {
                let Some(iso) = input.get(name).map(str::trim).filter(|v| !v.is_empty()) else {
                    return Ok(None);
                };
                first_day(iso).ok_or_else(not_in_calendar)?
            }
            (Some(year), Some(month)) => typed(name, (&year, &month), input)?,
            _ => return Err(Fault::Say("年と月をすべて入力してください。".to_owned())),
        };
        let this = month_of(ctx.today);
        let value = month_of(first);
        if self.past && value > this || self.future && value < this {
            let until = if self.past { "まで" } else { "以降" };
            return Err(Fault::Say(format!(
                "今月（{}）{until}の年月を入力してください。",
                Self::display(&this)
            )));
        }
        Ok(Some(Value::text(value)))
    }

    pub(super) fn display(value: &str) -> String {
        first_day(value).map_or_else(
            || value.to_owned(),
            |day| {
                let (era, year) = Era::of(day);
                let year = if year == 1 { "元".to_owned() } else { year.to_string() };
                format!("{}{year}年{}月", era.name(), day.date().month())
            },
        )
    }

    pub(super) fn put_back(name: &str, value: &str, input: &mut Input) {
        let Some(day) = first_day(value) else { return };
        let (era, year) = Era::of(day);
        input.push(format!("{name}.era"), era.code());
        input.push(format!("{name}.y"), year.to_string());
        input.push(format!("{name}.m"), day.date().month().to_string());
    }
}

fn first_day(month: &str) -> Option<Day> {
    format!("{month}-01").parse().ok()
}

fn month_of(day: Day) -> String {
    day.to_string()[..7].to_owned()
}

/// The last day of a month decides its era: 平成31年5月 is 令和元年5月, 平成31年4月 and 昭和64年1月 exist.
fn typed(name: &str, (year, month): (&str, &str), input: &Input) -> Result<Day, Fault> {
    let (era, y) = era_and_year(name, year, input)?;
    let m = number(month).and_then(|m| i8::try_from(m).ok()).filter(|m| (1..=12).contains(m));
    let Some(m) = m else {
        return Err(Fault::Say("月を1から12の数字で入力してください。".to_owned()));
    };
    let found = [1, 7, 15, 28].into_iter().find_map(|d| wareki::day(era, y, m, d).ok());
    match (found, wareki::day(era, y, m, 28)) {
        (Some(day), _) => {
            let date = day.date();
            Day::new(date.year(), date.month(), 1).ok_or_else(not_in_calendar)
        }
        (None, Err(NoDay::OtherEra(called))) => {
            let month = called.split_inclusive('月').next().unwrap_or_default().to_owned();
            Err(Fault::Say(format!("{month}として入力してください。")))
        }
        _ => Err(not_in_calendar()),
    }
}
