//! Moves of an application that other folders may put into their transaction.

use madoguchi_base::db::{Stop, Tx};
use madoguchi_base::keys::Keys;
use madoguchi_base::{ApplicationId, Clock, Millis, NoticeId, TenantId, id};
use madoguchi_line::notice::{self, Notice, NoticeKind, PageToken};
use madoguchi_line::reminder;
use uuid::Uuid;

use super::store::{self, Event, NewCorrection};
use super::{Application, Channel, NotAllowed, Rules, State, With};
use crate::attachment;
use crate::audit::{self, Actor, Record};

/// A wish to move an application; ids and time are drawn before the transaction.
#[derive(Clone, Debug)]
pub struct Go {
    /// Municipality.
    pub tenant: TenantId,
    /// Which application.
    pub application: ApplicationId,
    /// Where to.
    pub to: State,
    /// What its procedure says.
    pub rules: Rules,
    /// Who moves it.
    pub by: Actor,
    /// The version that the page showed; another one means that somebody was faster.
    pub seen: i64,
    /// Makes a repeated command a no-op.
    pub command: String,
    /// What the move brings along.
    pub with: With,
    /// Reason of a rejection, sealed under the application's key.
    pub reason_sealed: Option<Vec<u8>>,
    /// What is to be corrected and why, sealed.
    pub asked_sealed: Option<Vec<u8>>,
    /// A note for colleagues, sealed: id and text.
    pub note: Option<(Uuid, Vec<u8>)>,
    at: Millis,
    event: Uuid,
    notice: NoticeId,
    page: PageToken,
    later: [(NoticeId, PageToken); 2],
    record: Record,
}

impl Go {
    /// A move of `application` to `to` by `by`, as `command`.
    pub fn new(
        (keys, clock): (&Keys, &Clock),
        (tenant, application): (TenantId, ApplicationId),
        (to, rules): (State, Rules),
        by: Actor,
        (seen, command): (i64, String),
    ) -> Self {
        let record =
            Record::new((keys, clock), tenant, by, "application.move").on(application).detail(to.code());
        Self {
            tenant,
            application,
            to,
            rules,
            by,
            seen,
            command,
            with: With::default(),
            reason_sealed: None,
            asked_sealed: None,
            note: None,
            at: clock.wall(),
            event: id::new_uuid(clock),
            notice: NoticeId::new(clock),
            page: PageToken::random(),
            later: [0, 1].map(|_| (NoticeId::new(clock), PageToken::random())),
            record,
        }
    }

    /// When the wish was made.
    pub(super) fn made_at(&self) -> Millis {
        self.at
    }

    /// The step of history that this move will be: what is sealed with it is bound to it.
    pub fn event(&self) -> Uuid {
        self.event
    }

    /// Which news the move brings, if any. Who came on paper is told on paper.
    fn news(&self, a: &Application) -> Option<NoticeKind> {
        // Who has just been handed something at the counter knows.
        let handed = (a.state, self.to) == (State::ReadyForPickup, State::Done);
        if a.channel != Channel::Line || handed {
            return None;
        }
        match (a.state, self.to) {
            (_, State::Accepted) => Some(NoticeKind::Accepted),
            (_, State::Correction) => Some(NoticeKind::Correction),
            (_, State::PaymentDue) => Some(NoticeKind::PaymentDue),
            (_, State::Paid) => Some(NoticeKind::Paid),
            (_, State::ReadyForPickup) => Some(NoticeKind::Pickup),
            (State::Issuing, State::Done) => Some(NoticeKind::Posted),
            (_, State::Done | State::Rejected) => Some(NoticeKind::Result),
            (_, State::Withdrawn) => Some(NoticeKind::Withdrawn),
            (
                _,
                State::Submitted
                | State::InReview
                | State::PaymentOverdue
                | State::Issuing
                | State::Duplicate,
            ) => None,
        }
    }

    fn identity(&self) -> store::Identity {
        match self.by {
            Actor::Staff(staff) if self.with.identity => Some(staff),
            _ => None,
        }
    }
}

/// Why an application did not move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GoError {
    /// No such application here.
    #[error("no such application")]
    NotFound,
    /// The table of moves refuses it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// Somebody else moved it meanwhile.
    #[error("somebody else changed the application")]
    Stale,
    /// The same key with other answers.
    #[error("this key was used for other answers")]
    Conflict,
}

/// Moves an application: row, history, audit and notice in one transaction. A repeated command does nothing.
pub async fn go(tx: &mut Tx, g: &Go) -> Result<(), Stop<GoError>> {
    if store::has_command(tx, g.tenant, g.application, &g.command).await? {
        return Ok(());
    }
    let Some(a) = store::find(tx, g.tenant, g.application).await? else {
        return Err(Stop::Reject(GoError::NotFound));
    };
    if a.version != g.seen {
        return Err(Stop::Reject(GoError::Stale));
    }
    let changed = a.go(g.to, &g.rules, g.by, g.at, g.with).map_err(|e| Stop::Reject(e.into()))?;
    let with = (g.reason_sealed.as_deref(), g.identity());
    let done = match g.by {
        Actor::Citizen(_) => store::withdraw(tx, g.tenant, g.application, &changed).await?,
        _ => store::change(tx, g.tenant, g.application, &changed, with).await?,
    };
    if !done {
        return Err(Stop::Reject(GoError::Stale));
    }
    if let (Some(sealed), Some(due), Actor::Staff(staff)) = (&g.asked_sealed, g.with.reply_by, g.by) {
        let from = a.state.code();
        let new = NewCorrection { event: g.event, round: a.round, from, due, staff, sealed, at: g.at };
        store::insert_correction(tx, g.tenant, g.application, &new).await?;
    }
    if let (Some((id, sealed)), Actor::Staff(staff)) = (&g.note, g.by) {
        let note = (*id, staff.to_string(), g.at, sealed.as_slice());
        store::insert_note(tx, g.tenant, g.application, note).await?;
    }
    let news = g.news(&a);
    store::insert_events(tx, &[event(g, &a, news.is_some())]).await?;
    audit::acts::record(tx, std::slice::from_ref(&g.record)).await?;
    if let Some(kind) = news {
        notice::enqueue(tx, &[promise(g, &a, kind)]).await?;
    }
    reminder::promise(tx, &super::still::reminders(g, &a, &g.later)).await?;
    Ok(())
}

fn event(g: &Go, a: &Application, told: bool) -> Event {
    Event {
        tenant: g.tenant,
        id: g.event,
        application: g.application,
        command: g.command.clone(),
        at: g.at,
        actor_kind: g.by.kind(),
        actor_id: g.by.id(),
        from: Some(a.state.code()),
        to: g.to.code(),
        round: a.round,
        notice: told.then(|| g.notice.to_string()),
    }
}

fn promise(g: &Go, a: &Application, kind: NoticeKind) -> Notice {
    let days = if kind == NoticeKind::Accepted { g.rules.days } else { None };
    let due = if kind == NoticeKind::Correction { g.with.reply_by } else { None };
    Notice::new(g.notice, g.tenant, a.account, a.id, a.procedure, kind, a.receipt, due, days, g.page, g.at)
}

// What other folders may read of applications (a store is named by its own folder only).
pub use super::correction::{Answered, answer};
pub use super::store::{
    CorrectionRow, Ended, EventRow, NoteRow, RoundRow, corrections, ended, events, find, find_by_receipt,
    has_command, insert_note, list_newest, notes, rounds,
};

/// Destroys what an application that has ended holds, files included; `false` where it is destroyed already or was
/// reopened.
pub async fn destroy(
    tx: &mut Tx,
    tenant: TenantId,
    application: ApplicationId,
    at: Millis,
) -> Result<bool, sqlx::Error> {
    let destroyed = store::destroy(tx, tenant, application, (at, false)).await?;
    if destroyed {
        attachment::acts::delete_of(tx, tenant, application).await?;
    }
    Ok(destroyed)
}

/// As [`destroy`], whatever its state: what was destroyed once stays destroyed in a database that was brought back.
pub async fn destroy_again(
    tx: &mut Tx,
    tenant: TenantId,
    application: ApplicationId,
    at: Millis,
) -> Result<bool, sqlx::Error> {
    attachment::acts::delete_of(tx, tenant, application).await?;
    store::destroy(tx, tenant, application, (at, true)).await
}
