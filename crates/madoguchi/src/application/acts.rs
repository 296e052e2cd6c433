//! Moves of an application that other folders may put into their transaction.

use madoguchi_base::db::{Stop, Tx};
use madoguchi_base::keys::Keys;
use madoguchi_base::{ApplicationId, Clock, Millis, NoticeId, TenantId, id};
use madoguchi_line::notice::{self, Notice, NoticeKind, PageToken};
use uuid::Uuid;

use super::store;
use super::store::Event;
use super::{Application, NotAllowed, State};
use crate::audit::{self, Actor, Record};
use crate::procedure::Kind;

/// A wish to move an application; ids and time are drawn before the transaction.
#[derive(Clone, Debug)]
pub struct Go {
    /// Municipality.
    pub tenant: TenantId,
    /// Which application.
    pub application: ApplicationId,
    /// Where to.
    pub to: State,
    /// Kind of its procedure.
    pub kind: Kind,
    /// Who moves it.
    pub by: Actor,
    /// The version that the page showed; another one means that somebody was faster.
    pub seen: i64,
    /// Makes a repeated command a no-op.
    pub command: String,
    /// 標準処理期間 in days, told with `accepted`.
    pub days: Option<u16>,
    /// Reason, sealed under the application's key.
    pub reason_sealed: Option<Vec<u8>>,
    at: Millis,
    event: Uuid,
    notice: NoticeId,
    page: PageToken,
    record: Record,
}

impl Go {
    /// A move of `application` to `to` by `by`, as `command`.
    pub fn new(
        (keys, clock): (&Keys, &Clock),
        (tenant, application): (TenantId, ApplicationId),
        (to, kind): (State, Kind),
        by: Actor,
        (seen, command): (i64, String),
    ) -> Self {
        let record =
            Record::new((keys, clock), tenant, by, "application.move").on(application).detail(to.code());
        Self {
            tenant,
            application,
            to,
            kind,
            by,
            seen,
            command,
            days: None,
            reason_sealed: None,
            at: clock.wall(),
            event: id::new_uuid(clock),
            notice: NoticeId::new(clock),
            page: PageToken::random(),
            record,
        }
    }

    /// Which news the move brings, if any.
    fn news(&self) -> Option<NoticeKind> {
        match self.to {
            State::Accepted => Some(NoticeKind::Accepted),
            State::Correction => Some(NoticeKind::Correction),
            State::PaymentDue => Some(NoticeKind::PaymentDue),
            State::Paid => Some(NoticeKind::Paid),
            State::ReadyForPickup => Some(NoticeKind::Pickup),
            State::Done | State::Rejected => Some(NoticeKind::Result),
            State::Withdrawn => Some(NoticeKind::Withdrawn),
            State::Submitted
            | State::InReview
            | State::PaymentOverdue
            | State::Issuing
            | State::Duplicate => None,
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
    let changed = a.go(g.to, g.kind, g.by, g.at).map_err(|e| Stop::Reject(e.into()))?;
    if !store::change(tx, g.tenant, g.application, &changed, g.reason_sealed.as_deref()).await? {
        return Err(Stop::Reject(GoError::Stale));
    }
    let news = g.news();
    store::insert_events(tx, &[event(g, &a, news.is_some())]).await?;
    audit::acts::record(tx, std::slice::from_ref(&g.record)).await?;
    if let Some(kind) = news {
        notice::enqueue(tx, &[promise(g, &a, kind)]).await?;
    }
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
    let days = if kind == NoticeKind::Accepted { g.days } else { None };
    Notice::new(g.notice, g.tenant, a.account, a.id, a.procedure, kind, a.receipt, None, days, g.page, g.at)
}

// What other folders may read of applications (a store is named by its own folder only).
pub use super::store::{
    EventRow, NoteRow, events, find, find_by_receipt, has_command, insert_note, list_newest, notes,
};
