//! The day that an application has: until when the citizen should answer, or when the 標準処理期間 ends (pure).
//!
//! The period begins with acceptance, is counted in business days, and stands still during a correction
//! (行政手続法 6条 and its usual reading: time for corrections is not counted).

use madoguchi_base::Day;

use super::rules::Rules;
use super::{Application, State};
use crate::procedure::calendar;

/// Business days that a correction may take where the clerk says nothing else.
pub const REPLY_DAYS: u16 = 10;
/// How far ahead a clerk may set the day, in days.
pub const LONGEST_REPLY: i32 = 180;

/// The usual last day for an answer to a correction that is asked today.
pub fn usual_reply(today: Day) -> Day {
    calendar::business_days_after(today, REPLY_DAYS)
}

/// May a correction be asked for by that day? Later than today, within half a year, never a closed day.
pub fn is_reply_day(day: Day, today: Day) -> bool {
    day > today && day <= today.plus_days(LONGEST_REPLY) && calendar::is_open(day)
}

/// Business days from `from` (not counted) to `to` (counted); negative where `to` has passed.
pub fn business_days(from: Day, to: Day) -> i64 {
    let (mut at, end, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
    let mut n = 0;
    // Bounded, whatever a row says.
    for _ in 0..3_660 {
        if at >= end {
            break;
        }
        at = at.plus_days(1);
        n += i64::from(calendar::is_open(at));
    }
    n * sign
}

fn plus_business_days(day: Day, n: i64) -> Day {
    let size = u16::try_from(n.unsigned_abs()).unwrap_or(u16::MAX);
    if n < 0 { calendar::business_days_before(day, size) } else { calendar::business_days_after(day, size) }
}

/// The day and the stopped rest after a move to `to` on `today`.
pub(super) fn after(
    a: &Application,
    to: State,
    rules: &Rules,
    today: Day,
    reply_by: Option<Day>,
) -> (Option<Day>, Option<i64>) {
    let whole = || rules.days.map(|days| calendar::business_days_after(today, days));
    match (a.state, to) {
        (_, to) if to.is_finished() => (None, None),
        (_, State::Correction) => (reply_by, a.due.map(|due| business_days(today, due))),
        (State::Correction, _) => (a.days_left.map(|n| plus_business_days(today, n)), None),
        (State::Submitted, State::Accepted) => (whole(), None),
        // Reopened: somebody waits again, and the period begins anew.
        (from, _) if from.is_finished() => (whole(), None),
        _ => (a.due, a.days_left),
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::{RULES, application};
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect(text)
    }

    #[test]
    fn the_usual_day_is_ten_business_days_away_and_never_a_closed_one() {
        // 22 to 28 November 2026: a weekend, a holiday on Monday.
        assert_eq!(usual_reply(day("2026-11-20")), day("2026-12-07"));
        assert!(is_reply_day(day("2026-12-07"), day("2026-11-20")));
        for closed in ["2026-11-20", "2026-11-21", "2026-11-23", "2026-12-29", "2027-12-01"] {
            assert!(!is_reply_day(day(closed), day("2026-11-20")), "{closed}");
        }
    }

    #[test]
    fn the_period_stands_still_while_the_citizen_corrects() {
        let mut a = application(State::Submitted);
        let (due, _) = after(&a, State::Accepted, &RULES, day("2026-11-24"), None);
        assert_eq!(due, Some(day("2026-12-01")), "five business days");
        (a.state, a.due) = (State::Accepted, due);
        let asked = after(&a, State::Correction, &RULES, day("2026-11-26"), Some(day("2026-12-10")));
        assert_eq!(asked, (Some(day("2026-12-10")), Some(3)));
        (a.state, a.due, a.days_left) = (State::Correction, asked.0, asked.1);
        let back = after(&a, State::Accepted, &RULES, day("2026-12-07"), None);
        assert_eq!(back, (Some(day("2026-12-10")), None), "three days are left, as before");
        assert_eq!(after(&a, State::Withdrawn, &RULES, day("2026-12-07"), None), (None, None));
    }

    #[test]
    fn a_period_that_was_over_stays_over() {
        assert_eq!(business_days(day("2026-11-26"), day("2026-11-24")), -2);
        assert_eq!(business_days(day("2026-11-24"), day("2026-11-24")), 0);
        let mut a = application(State::InReview);
        a.due = Some(day("2026-11-24"));
        let (_, left) = after(&a, State::Correction, &RULES, day("2026-11-26"), Some(day("2026-12-10")));
        assert_eq!(left, Some(-2));
        (a.state, a.days_left) = (State::Correction, left);
        assert_eq!(after(&a, State::InReview, &RULES, day("2026-12-08"), None).0, Some(day("2026-12-04")));
    }
}
