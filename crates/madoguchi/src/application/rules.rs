//! What a procedure says about the moves of its applications, and which moves are refused for it (pure).

use madoguchi_base::{ApplicationId, Day, Millis};

use super::state::{self, By};
use super::{Application, NotAllowed, State, deadline};
use crate::audit::Actor;
use crate::procedure::definition::Deliver;
use crate::procedure::{Assurance, Kind, Procedure};

/// What decides about moves besides the table of states.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts of a procedure, none of which excludes another")]
pub struct Rules {
    /// 申請, 届出 …
    pub kind: Kind,
    /// May the citizen withdraw after the city has accepted it?
    pub withdraw: bool,
    /// Must a clerk have looked at documents before it is accepted (L2)?
    pub identity: bool,
    /// Is something handed over at the counter?
    pub pickup: bool,
    /// Is something sent by post?
    pub post: bool,
    /// 標準処理期間 in business days.
    pub days: Option<u16>,
}

impl Rules {
    /// Those of a procedure.
    pub fn of(p: &Procedure) -> Self {
        Self {
            kind: p.kind,
            withdraw: p.withdraw,
            identity: p.assurance == Assurance::L2,
            pickup: p.deliver.contains(&Deliver::Pickup),
            post: p.deliver.contains(&Deliver::Post),
            days: p.processing_days,
        }
    }
}

/// What a move brings along.
#[derive(Clone, Copy, Debug, Default)]
pub struct With {
    /// 「本人確認書類を確認した」 is ticked.
    pub identity: bool,
    /// A reason was written.
    pub reason: bool,
    /// The day by which a correction should be answered.
    pub reply_by: Option<Day>,
    /// The application that goes on in the place of a duplicate.
    pub survivor: Option<ApplicationId>,
}

/// A move that is allowed, ready to be stored.
#[derive(Clone, Debug)]
pub struct Changed {
    pub(crate) to: State,
    pub(crate) seen: i64,
    pub(crate) at: Millis,
    pub(crate) due: Option<Day>,
    pub(crate) days_left: Option<i64>,
    pub(crate) duplicate_of: Option<ApplicationId>,
}

impl Application {
    /// Whether `by` may move it to `to`, and what that makes of its day.
    pub fn go(
        &self,
        to: State,
        rules: &Rules,
        by: Actor,
        at: Millis,
        with: With,
    ) -> Result<Changed, NotAllowed> {
        let who = match by {
            Actor::Citizen(_) => By::Citizen,
            Actor::Staff(_) => By::Staff,
            Actor::System => By::System,
        };
        if !may(self.state, to, who, rules) {
            return Err(NotAllowed::Move(self.state, to));
        }
        if to == State::Accepted && rules.identity && !with.identity && self.identity_at.is_none() {
            return Err(NotAllowed::Identity);
        }
        let needs_reason = matches!(to, State::Rejected | State::Correction) || self.state.is_finished();
        if needs_reason && !with.reason {
            return Err(NotAllowed::Reason);
        }
        if to == State::Correction && with.reply_by.is_none() {
            return Err(NotAllowed::Day);
        }
        if to == State::Duplicate && with.survivor.is_none_or(|other| other == self.id) {
            return Err(NotAllowed::Survivor);
        }
        let (due, days_left) = deadline::after(self, to, rules, Day::of(at), with.reply_by);
        Ok(Changed { to, seen: self.version, at, due, days_left, duplicate_of: with.survivor })
    }
}

/// The table of moves, less what the procedure does not have. A citizen answers a correction by `acts::answer`.
pub fn may(from: State, to: State, by: By, rules: &Rules) -> bool {
    let fits = match to {
        State::Withdrawn if by == By::Citizen => from != State::Accepted || rules.withdraw,
        State::ReadyForPickup => rules.pickup,
        State::Issuing => rules.post,
        _ => true,
    };
    let answers = from == State::Correction && by == By::Citizen && to != State::Withdrawn;
    fits && !answers && state::may_move(from, to, by, rules.kind)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use madoguchi_base::{AccountId, Clock, ProcedureId, Receipt, StaffId};

    pub(in super::super) const RULES: Rules = Rules {
        kind: Kind::Application,
        withdraw: false,
        identity: true,
        pickup: true,
        post: false,
        days: Some(5),
    };

    pub(in super::super) fn application(state: State) -> Application {
        let clock = Clock::fixed(Millis(1_795_482_000_000));
        let tenant = "232131".parse().expect("tenant");
        Application {
            tenant,
            id: ApplicationId::new(&clock),
            account: AccountId::new(&clock),
            procedure: ProcedureId::derive(tenant, "dog-register"),
            form_version: 1,
            receipt: Receipt::random(),
            round: 0,
            state,
            version: 1,
            arrived_at: clock.wall(),
            changed_at: clock.wall(),
            channel: super::super::Channel::Line,
            due: None,
            days_left: None,
            answered_at: None,
            identity_at: None,
            duplicate_of: None,
        }
    }

    fn staff() -> Actor {
        Actor::Staff(StaffId::new(&Clock::fixed(Millis(0))))
    }

    #[test]
    fn without_a_look_at_the_documents_nothing_is_accepted() {
        let a = application(State::Submitted);
        let go = |with| a.go(State::Accepted, &RULES, staff(), a.arrived_at, with).map(|c| c.to);
        assert_eq!(go(With::default()), Err(NotAllowed::Identity));
        assert_eq!(go(With { identity: true, ..With::default() }), Ok(State::Accepted));
    }

    #[test]
    fn a_correction_needs_a_reason_and_a_day_a_reopening_a_reason_a_duplicate_a_survivor() {
        let a = application(State::Submitted);
        let go = |a: &Application, to, with| a.go(to, &RULES, staff(), a.arrived_at, with).map(|c| c.due);
        let day = Day::new(2026, 12, 8);
        let with = |reason, reply_by| With { reason, reply_by, ..With::default() };
        assert_eq!(go(&a, State::Correction, with(false, day)), Err(NotAllowed::Reason));
        assert_eq!(go(&a, State::Correction, with(true, None)), Err(NotAllowed::Day));
        assert_eq!(go(&a, State::Correction, with(true, day)), Ok(day));
        let own = With { survivor: Some(a.id), ..With::default() };
        assert_eq!(go(&a, State::Duplicate, own), Err(NotAllowed::Survivor));
        let done = application(State::Done);
        assert_eq!(go(&done, State::InReview, With::default()), Err(NotAllowed::Reason));
        assert!(go(&done, State::InReview, with(true, None)).is_ok());
    }

    #[test]
    fn a_citizen_withdraws_early_and_later_only_where_the_procedure_allows_it() {
        let may =
            |from, withdraw| super::may(from, State::Withdrawn, By::Citizen, &Rules { withdraw, ..RULES });
        assert!(may(State::Submitted, false) && may(State::Correction, false) && may(State::Accepted, true));
        assert!(!may(State::Accepted, false) && !may(State::InReview, true) && !may(State::Done, true));
        let back = super::may(State::Correction, State::Accepted, By::Citizen, &RULES);
        assert!(!back, "only an answer leads back");
    }
}
