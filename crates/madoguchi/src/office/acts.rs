//! Acts of the office, for a transaction of the caller's; and whose a staff session is, for the key agent.

use madoguchi_base::db::{Exec, Stop, Tx};
use madoguchi_base::{Millis, ProcedureId, StaffId, TenantId};

pub use super::store::Listed;
use super::store::{self, Account, Counter};
use super::{Departments, IDLE_MS, LIFE_MS, Role, TRIES, TRIES_OF_NAME, TRIES_OF_SOURCE, delay_ms};
use crate::account::token_hash;
use crate::audit::{self, Actor, Record};
use crate::procedure::acts as procedures;

/// Wrong tries for a login name from an address are forgotten after a day without one, those of a name or an address
/// alone after an hour.
const PAIR_LAPSES_MS: i64 = 24 * 3_600_000;
const LAPSES_MS: i64 = 3_600_000;

/// The member of staff of a live session who may see this application, from the database: what the key agent trusts.
pub async fn opener(
    x: &mut impl Exec,
    tenant: TenantId,
    (token, procedure): (&str, ProcedureId),
    now: Millis,
) -> Result<Option<StaffId>, sqlx::Error> {
    let limits = (now, now.plus_ms(-IDLE_MS));
    let Some(session) = store::find_session(x, tenant, &token_hash(token), limits).await? else {
        return Ok(None);
    };
    let (Ok(staff), Ok(role)) = (session.staff_id.parse(), session.role.parse::<Role>()) else {
        return Ok(None);
    };
    let departments = Departments::read(&session.department);
    if departments.covers(role, "") {
        return Ok(Some(staff));
    }
    let section = procedures::section_of(x, tenant, procedure).await?;
    Ok(section.filter(|section| departments.covers(role, section)).map(|_| staff))
}

/// Every account of a municipality.
pub async fn list(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<Listed>, sqlx::Error> {
    store::list(x, tenant).await
}

/// One try to sign in, before the password is looked at.
pub(super) struct Try {
    pub(super) tenant: TenantId,
    /// This name from this address.
    pub(super) pair: Counter,
    /// This name from anywhere.
    pub(super) target: Counter,
    /// Any name from this address.
    pub(super) source: Option<Counter>,
    pub(super) at: Millis,
}

/// One has to wait until this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait(pub(super) Millis);

/// Counts the try as a wrong one first (a right one is forgiven), so that tries at the same moment count too.
pub(super) async fn count(tx: &mut Tx, t: &Try) -> Result<(), Stop<Wait>> {
    let pair = (t.pair, TRIES, PAIR_LAPSES_MS);
    let target = (t.target, TRIES_OF_NAME, LAPSES_MS);
    let source = t.source.map(|source| (source, TRIES_OF_SOURCE, LAPSES_MS));
    for (counter, free, lapses) in [Some(pair), Some(target), source].into_iter().flatten() {
        store::start_counter(tx, t.tenant, &counter, t.at).await?;
        let Some(wrong) = store::count(tx, t.tenant, &counter, (t.at, t.at.plus_ms(-lapses))).await? else {
            let next = store::next_try(tx, t.tenant, &counter).await?;
            return Err(Stop::Reject(Wait(Millis(next))));
        };
        let delay = delay_ms(wrong, free);
        if delay > 0 {
            store::delay(tx, t.tenant, &counter, t.at.plus_ms(delay)).await?;
        }
    }
    Ok(())
}

/// Takes back what [`count`] counted, for a try that nobody looked at or that was right; a right one (`is_right`) also
/// clears what the same person mistyped before.
pub(super) async fn forgive(tx: &mut Tx, t: &Try, is_right: bool) -> Result<(), sqlx::Error> {
    store::forgive(tx, t.tenant, &t.pair, is_right).await?;
    for counter in [Some(t.target), t.source].into_iter().flatten() {
        store::forgive(tx, t.tenant, &counter, false).await?;
    }
    Ok(())
}

/// A right password, ready to become a session.
pub(super) struct SignIn {
    pub(super) tried: Try,
    pub(super) account: Account,
    pub(super) staff: StaffId,
    pub(super) hash: [u8; 32],
    /// The session that this browser had before.
    pub(super) old: Option<[u8; 32]>,
    pub(super) record: Record,
}

/// Opens the session; `false` where the account was changed while the password was checked.
pub(super) async fn sign_in(tx: &mut Tx, s: &SignIn) -> Result<bool, sqlx::Error> {
    let (tenant, at) = (s.tried.tenant, s.tried.at);
    if !store::insert_session(tx, tenant, &s.hash, &s.account, (at, at.plus_ms(LIFE_MS))).await? {
        return Ok(false);
    }
    if let Some(old) = &s.old {
        store::revoke(tx, tenant, old, at).await?;
    }
    forgive(tx, &s.tried, true).await?;
    let mut record = s.record.clone();
    record.actor = Actor::Staff(s.staff);
    audit::acts::record(tx, &[record]).await?;
    Ok(true)
}

/// Forgets sessions that ended and counters untouched since `before` (they decide nothing any more): for a job.
pub async fn sweep(tx: &mut Tx, tenant: TenantId, before: Millis) -> Result<(), sqlx::Error> {
    store::sweep(tx, tenant, before).await
}

/// Nobody stays signed in: after a restore, sessions that were ended since would live again.
pub async fn end_all_sessions(tx: &mut Tx, tenant: TenantId) -> Result<(), sqlx::Error> {
    store::delete_sessions(tx, tenant).await
}

/// The name of a member of staff, as colleagues read it; empty where there is none of that id.
pub async fn name_of(x: &mut impl Exec, tenant: TenantId, staff: &str) -> Result<String, sqlx::Error> {
    let found = store::names(x, tenant, &[staff]).await?;
    Ok(found.into_iter().next().map(|(_, name)| name).unwrap_or_default())
}
