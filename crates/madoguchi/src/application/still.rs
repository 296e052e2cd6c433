//! Whether a reminder is still true: the state is looked at when LINE is about to be told, not when the reminder
//! was promised.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use madoguchi_base::db::Db;
use madoguchi_base::{Day, NoticeId};
use madoguchi_line::notice::PageToken;
use madoguchi_line::reminder::{self, Asked, NotSaid, Occasion, Reminder, Still};

use super::acts::Go;
use super::{Application, State, store};

/// Days before a correction is due on which the person is reminded.
const BEFORE_DUE: [u16; 2] = [3, 1];
/// Days after which somebody is reminded of what waits at the counter.
const AFTER_READY: u16 = 7;
/// So long a reminder of something at the counter may wait for LINE.
const PICKUP_LIFE_DAYS: i32 = 3;

/// Asks the database.
pub struct StillTrue(Db);

impl StillTrue {
    /// Over the window's own database.
    pub fn new(db: Db) -> Self {
        Self(db)
    }
}

impl Still for StillTrue {
    fn ask<'a>(&'a self, asked: &'a [Asked]) -> BoxFuture<'a, Result<Vec<bool>, NotSaid>> {
        async move {
            let mut x = self.0.reader().await.map_err(|_| NotSaid)?;
            let mut answers = Vec::with_capacity(asked.len());
            for one in asked {
                let now = store::standing(&mut x, one.tenant, one.application).await.map_err(|_| NotSaid)?;
                answers.push(now.is_some_and(|(state, round)| is_true(one.occasion, state, round)));
            }
            Ok(answers)
        }
        .boxed()
    }
}

/// Whether somebody still has to be reminded of that.
fn is_true(occasion: Occasion, state: State, in_round: u32) -> bool {
    match occasion {
        Occasion::Correction { round, .. } => state == State::Correction && in_round == round,
        Occasion::Pickup { .. } => state == State::ReadyForPickup,
    }
}

/// What a move makes somebody be reminded of later.
pub(super) fn reminders(g: &Go, a: &Application, ids: &[(NoticeId, PageToken); 2]) -> Vec<Reminder> {
    let make = |at: usize, occasion, due, day: Day, last: Day| Reminder {
        id: ids[at].0,
        page: ids[at].1,
        tenant: g.tenant,
        account: a.account,
        application: a.id,
        procedure: a.procedure,
        receipt: a.receipt,
        occasion,
        due,
        not_before: reminder::begins(day),
        not_after: reminder::ends(last),
    };
    let today = Day::of(g.made_at());
    match (g.to, g.with.reply_by) {
        (State::Correction, Some(due)) => {
            let days = BEFORE_DUE.iter().enumerate().filter_map(|(at, days)| {
                let day = due.plus_days(-i32::from(*days));
                // The next one begins on the day after the last on which this one may be told.
                let last = BEFORE_DUE.get(at + 1).map_or(due, |next| due.plus_days(-i32::from(*next) - 1));
                let occasion = Occasion::Correction { round: a.round, days: *days };
                (day > today).then(|| make(at, occasion, Some(due), day, last))
            });
            days.collect()
        }
        (State::ReadyForPickup, _) => {
            let day = today.plus_days(i32::from(AFTER_READY));
            let occasion = Occasion::Pickup { days: AFTER_READY };
            vec![make(0, occasion, None, day, day.plus_days(PICKUP_LIFE_DAYS))]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_is_true_while_its_own_thing_waits() {
        let correction = Occasion::Correction { round: 1, days: 3 };
        assert!(is_true(correction, State::Correction, 1));
        assert!(!is_true(correction, State::Correction, 2), "another correction");
        assert!(!is_true(correction, State::InReview, 1), "answered");
        assert!(is_true(Occasion::Pickup { days: 7 }, State::ReadyForPickup, 0));
        assert!(!is_true(Occasion::Pickup { days: 7 }, State::Done, 0), "fetched");
    }
}
