//! 保存: how long an application is kept, and how it is destroyed afterwards.
//! Is: the rule of the date, lists that one administrator makes and another approves, holds, the 廃棄記録. Is not:
//! drafts (they go by themselves after 30 days), and nothing is ever destroyed by a clock alone.
//!
//! What is destroyed is the application's key, and with it everything sealed under it, here at once and in every
//! backup within 35 days (`backup`). Receipt number, procedure, states and days stay: they are the record.

pub mod acts;
pub mod job;
pub mod staff;
pub mod store;
mod views;

use madoguchi_base::{Day, Millis};

use crate::application::State;

/// Years that are kept where a procedure does not say otherwise.
pub const YEARS: u16 = 5;

/// States in which an application has come to its end.
pub const ENDED: [State; 4] = [State::Done, State::Rejected, State::Withdrawn, State::Duplicate];

/// The first day on which an application that ended on `ended` may be destroyed. Municipalities' rules for documents
/// count full fiscal years from the 1 April after the one in which the matter ended.
pub fn due(ended: Day, years: u16) -> Option<Day> {
    let date = ended.date();
    let fiscal = if date.month() >= 4 { date.year() } else { date.year() - 1 };
    Day::new(fiscal + 1 + i16::try_from(years).ok()?, 4, 1)
}

/// Whether it may be destroyed on `today`.
pub fn is_due(ended: Millis, years: u16, today: Day) -> bool {
    due(Day::of(ended), years).is_some_and(|due| due <= today)
}

/// Why something is kept beyond its time: stored code and words.
pub const HOLDS: [(&str, &str); 3] =
    [("dispute", "審査請求や訴訟があるため"), ("inquiry", "調査や監査のため"), ("other", "そのほかの理由")];

/// Where a list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListState {
    /// The job is still looking.
    Collecting,
    /// Complete; waits for the second person.
    Proposed,
    /// The job is destroying.
    Approved,
    /// Everything on it is destroyed, or held.
    Done,
    /// The second person said no.
    Cancelled,
}

impl ListState {
    /// Each with its stored code and words.
    const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Collecting, "collecting", "対象を集めています"),
        (Self::Proposed, "proposed", "承認待ち"),
        (Self::Approved, "approved", "廃棄しています"),
        (Self::Done, "done", "廃棄済み"),
        (Self::Cancelled, "cancelled", "取りやめ"),
    ];

    /// From the stored code.
    pub fn read(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, c, _)| *c == code).map(|(state, ..)| *state)
    }

    /// In words.
    pub fn words(self) -> &'static str {
        Self::ALL.iter().find(|(state, ..)| *state == self).map_or("", |(_, _, words)| words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    #[test]
    fn years_are_full_fiscal_years_from_the_april_after() {
        assert_eq!(due(day("2026-11-22"), 5), Some(day("2032-04-01")));
        assert_eq!(due(day("2027-03-31"), 5), Some(day("2032-04-01")), "the same fiscal year");
        assert_eq!(due(day("2027-04-01"), 5), Some(day("2033-04-01")), "the next one");
        assert_eq!(due(day("2028-02-29"), 1), Some(day("2029-04-01")));
        let ended = day("2026-11-22").start();
        assert!(!is_due(ended, 5, day("2032-03-31")) && is_due(ended, 5, day("2032-04-01")));
    }

    #[test]
    fn states_of_a_list_are_read_again() {
        for (state, code, words) in ListState::ALL {
            assert_eq!(ListState::read(code), Some(state));
            assert_eq!(state.words(), words);
        }
        assert_eq!(ListState::read("x"), None);
    }
}
