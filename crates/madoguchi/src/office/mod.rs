//! 役所: the staff side: accounts, roles, sign-in, the inbox, one application, the audit page.
//! Is: who at the city hall may look and act, and the pages with which they do. Is not: the application's states
//! (`application::state`) nor what LINE is told (`madoguchi_line::notice`).
//! A staff session is read from the database on every request: 10 hours at most, 60 minutes without a visit; a
//! change of role or a closed account ends it at the next request. Every look and every move is in the audit log.

pub mod accounts;
pub mod acts;
mod ask;
mod contact;
mod desk;
mod filter;
mod forms;
mod inbox;
mod list_pages;
mod log;
mod moves;
pub mod pages;
pub mod password;
mod people;
mod print;
mod rounds;
mod search;
mod sessions;
mod sign_in;
pub mod staff;
mod steps;
pub mod store;
mod today;
mod who;
mod words;

use madoguchi_base::{Millis, ProcedureId};

use crate::application::state::{By, State};
use crate::application::{Rules, may};
// What the office needs of applications' rows.
use crate::application::acts as records;
use crate::procedure::{Kind, Shelf};

pub use accounts::{Change, NewStaff, StaffError, add, add_staff, change, reset};
pub(crate) use pages::{Banner, Desk, see, show};
pub use sessions::admit;
pub use who::{Clerk, Departments, Role, UnknownRole};

/// Longest life of a staff session.
pub const LIFE_MS: i64 = 10 * 3_600_000;
/// Longest pause between two visits.
pub const IDLE_MS: i64 = 60 * 60_000;
/// A visit is written down at most this often.
const SEEN_EVERY_MS: i64 = 60_000;
/// Wrong tries for one login name from one address after which one has to wait. A stranger elsewhere slows nobody.
const TRIES: i64 = 5;
/// The same from all addresses together: it stops those who have many addresses, not those who make mistakes.
const TRIES_OF_NAME: i64 = 50;
/// Wrong tries from one address for all names together: a whole city hall may share one.
const TRIES_OF_SOURCE: i64 = 300;
/// First delay; it doubles up to the longest one.
const DELAY_MS: i64 = 30_000;
const LONGEST_DELAY_MS: i64 = 15 * 60_000;

/// How long one waits after this many wrong tries, where `free` are without a delay: it doubles, but ends.
fn delay_ms(wrong: i64, free: i64) -> i64 {
    if wrong < free {
        return 0;
    }
    let doubled = DELAY_MS << (wrong - free).clamp(0, 20);
    doubled.min(LONGEST_DELAY_MS)
}

/// The moves that staff have a button for. Asking for a correction is a page of its own (`ask`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// 受付.
    Accept,
    /// 審査をはじめる.
    Review,
    /// 交付準備.
    Issue,
    /// 窓口で渡せる.
    Ready,
    /// 完了.
    Complete,
    /// 却下.
    Reject,
    /// 取下げ, on request of the person.
    Withdraw,
    /// 重複.
    Duplicate,
    /// 再開.
    Reopen,
}

impl Move {
    /// All of them, with the last part of their addresses.
    const ALL: [(Self, &str); 9] = [
        (Self::Accept, "accept"),
        (Self::Review, "review"),
        (Self::Issue, "issue"),
        (Self::Ready, "ready"),
        (Self::Complete, "complete"),
        (Self::Reject, "reject"),
        (Self::Withdraw, "withdraw"),
        (Self::Duplicate, "duplicate"),
        (Self::Reopen, "reopen"),
    ];

    fn read(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == code).map(|(what, _)| *what)
    }

    fn act(self) -> &'static str {
        Self::ALL.iter().find(|(what, _)| *what == self).map_or("", |(_, name)| name)
    }

    fn to(self) -> State {
        match self {
            Self::Accept => State::Accepted,
            Self::Review | Self::Reopen => State::InReview,
            Self::Issue => State::Issuing,
            Self::Ready => State::ReadyForPickup,
            Self::Complete => State::Done,
            Self::Reject => State::Rejected,
            Self::Withdraw => State::Withdrawn,
            Self::Duplicate => State::Duplicate,
        }
    }

    fn is_offered(self, from: State, rules: &Rules) -> bool {
        let again = from.is_finished();
        (again == (self == Self::Reopen)) && may(from, self.to(), By::Staff, rules)
    }

    /// The one that is the next step, if any: what the procedure ends with comes before a bare end.
    fn next(from: State, rules: &Rules) -> Option<Self> {
        let steps = [Self::Accept, Self::Ready, Self::Issue, Self::Complete];
        steps.into_iter().find(|m| m.is_offered(from, rules))
    }

    /// What else can be done.
    fn others(from: State, rules: &Rules) -> impl Iterator<Item = Self> {
        let next = Self::next(from, rules);
        let all = Self::ALL.into_iter().map(|(what, _)| what);
        all.filter(move |m| *m != Self::Reject && Some(*m) != next && m.is_offered(from, rules))
    }
}

/// Are applications of a procedure a clerk's to see? Its present section decides.
fn sees(shelf: &Shelf, clerk: &Clerk, procedure: ProcedureId) -> bool {
    clerk.departments.covers(clerk.role, "")
        || shelf.procedures().any(|p| p.id == procedure && clerk.sees(&p.procedure().section))
}

/// Refusing 申請 and 請求 is an administrative disposition: reason, legal basis and 教示 belong to it
/// (行政手続法 8条, 行政不服審査法 82条).
fn is_disposition(kind: Kind) -> bool {
    matches!(kind, Kind::Application | Kind::Request)
}

/// Whether `code` can be the id of a command that one of our pages made.
fn is_command(code: &str) -> bool {
    (16..=64).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// How long ago, in the largest unit that fits.
fn age(then: Millis, now: Millis) -> String {
    let minutes = (now.0 - then.0).max(0) / 60_000;
    match minutes {
        0 => "たった今".into(),
        1..60 => format!("{minutes}分前"),
        60..1_440 => format!("{}時間前", minutes / 60),
        _ => format!("{}日前", minutes / 1_440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::state::STATES;

    #[test]
    fn the_fifth_wrong_try_costs_time_and_the_delay_ends_at_fifteen_minutes() {
        let secs = |n| delay_ms(n, TRIES) / 1_000;
        assert_eq!([1, 4, 5, 6, 7, 8, 9].map(secs), [0, 0, 30, 60, 120, 240, 480]);
        assert_eq!([10, 11, 1_000, i64::MAX].map(secs), [900, 900, 900, 900], "never for ever");
    }

    const fn rules(kind: Kind, pickup: bool) -> Rules {
        Rules { kind, withdraw: true, identity: false, pickup, post: false, days: None }
    }

    #[test]
    fn a_notification_is_never_rejected_and_there_is_at_most_one_next_step() {
        let (notification, contract) = (rules(Kind::Notification, false), rules(Kind::Contract, false));
        for (state, _) in STATES {
            assert!(!Move::Reject.is_offered(state, &notification), "{state}");
        }
        assert_eq!(Move::next(State::Submitted, &notification), Some(Move::Accept));
        assert_eq!(Move::next(State::Accepted, &contract), Some(Move::Complete));
        assert_eq!(Move::next(State::Done, &contract), None);
        let application = rules(Kind::Application, true);
        assert!(Move::Reject.is_offered(State::Submitted, &application));
        assert!(!Move::Reject.is_offered(State::Withdrawn, &application));
    }

    #[test]
    fn what_is_handed_over_is_made_ready_first_and_a_finished_one_is_only_reopened() {
        let dog = rules(Kind::Application, true);
        assert_eq!(Move::next(State::Accepted, &dog), Some(Move::Ready));
        assert_eq!(Move::next(State::ReadyForPickup, &dog), Some(Move::Complete));
        assert_eq!(Move::others(State::Done, &dog).collect::<Vec<_>>(), [Move::Reopen]);
        let others: Vec<Move> = Move::others(State::Accepted, &dog).collect();
        assert_eq!(others, [Move::Review, Move::Complete, Move::Duplicate]);
        assert_eq!(Move::others(State::Withdrawn, &dog).count(), 0);
        for (what, code) in Move::ALL {
            assert_eq!((Move::read(code), what.act()), (Some(what), code));
        }
    }

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        let ago = |ms| age(Millis(0), Millis(ms));
        assert_eq!(ago(59_999), "たった今");
        assert_eq!(ago(59 * 60_000), "59分前");
        assert_eq!(ago(23 * 3_600_000), "23時間前");
        assert_eq!(ago(49 * 3_600_000), "2日前");
        assert_eq!(age(Millis(5), Millis(0)), "たった今", "clocks of two nodes differ a little");
    }

    #[test]
    fn commands_are_ours_in_shape() {
        assert!(is_command("abcdefghijklmnopqrstuv"));
        for wrong in ["", "short", "ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐ", "has a blank inside it"]
        {
            assert!(!is_command(wrong), "{wrong}");
        }
    }
}
