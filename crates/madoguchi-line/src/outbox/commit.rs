//! The lane's transactions.

use std::time::Duration;

use madoguchi_base::db::{Class, Never, Stop, Tx, WriteError};
use madoguchi_base::{Millis, TenantId};

use super::remind::Settled;
use crate::line::Inner;
use crate::store::friend::{self, Reached};
use crate::store::lane;
use crate::store::notice as notices;
use crate::store::outbox::{self, Claim, Record, Settle};
use crate::store::reminder;

/// How long a lane belongs to its owner without renewal.
pub(super) const LEASE: Duration = Duration::from_secs(5);
/// Webhook events are remembered this long; LINE does not say how late it delivers again.
const EVENT_LIFE_SECS: i64 = 30 * 86_400;

/// The fence is another's.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotOurs;

/// One cycle's commit.
pub(super) struct Commit {
    pub(super) tenant: TenantId,
    pub(super) owner: String,
    pub(super) fence: i64,
    pub(super) lease_until: Millis,
    pub(super) hold: Option<&'static str>,
    pub(super) channel_id: String,
    pub(super) now: Millis,
    pub(super) reopen: bool,
    pub(super) records: Vec<Record>,
    pub(super) reached: Vec<Reached>,
    pub(super) ends: Vec<Settle>,
    pub(super) claims: Vec<Claim>,
    pub(super) reminders: Vec<Settled>,
    pub(super) postponed: Vec<(String, Millis)>,
    pub(super) wall: Millis,
}

/// Lease, records, ends and freezes in one commit. Answers the ids that were frozen.
pub(super) async fn write(inner: &Inner, commit: Commit) -> Result<Vec<String>, WriteError<NotOurs>> {
    let tenant = commit.tenant;
    inner.db.write("line-lane", Class::Machine, tenant, commit, |c, tx| Box::pin(run(c, tx))).await
}

async fn run(c: &Commit, tx: &mut Tx) -> Result<Vec<String>, Stop<NotOurs>> {
    if !lane::renew(tx, c.tenant, &c.owner, c.fence, c.lease_until, c.hold).await? {
        return Err(Stop::Reject(NotOurs));
    }
    outbox::record(tx, c.tenant, c.now, &c.records).await?;
    friend::set(tx, c.tenant, &c.reached).await?;
    outbox::settle(tx, c.tenant, c.now, &c.ends).await?;
    for r in &c.reminders {
        // One that another owner has settled meanwhile is not told again.
        if reminder::settle(tx, c.tenant, (&r.id, r.state), c.wall).await?
            && let Some(notice) = r.notice
        {
            notices::enqueue(tx, &[notice]).await?;
        }
    }
    for (id, at) in &c.postponed {
        reminder::postpone(tx, c.tenant, id, *at).await?;
    }
    if c.reopen {
        outbox::reopen(tx, c.tenant, c.now).await?;
    }
    Ok(outbox::claim(tx, c.tenant, &c.channel_id, c.now, &c.claims).await?)
}

struct Take {
    tenant: TenantId,
    owner: String,
    now: Millis,
    until: Millis,
    at_once: bool,
    steady: Millis,
    /// Webhook events before this are forgotten.
    forget: Millis,
}

/// Takes the lane and, with it, what an earlier owner left under way. `None` where another node holds it.
pub(super) async fn take(inner: &Inner, tenant: TenantId, at_once: bool) -> Result<Option<i64>, ()> {
    let now = inner.clock.lease();
    let input = Take {
        tenant,
        owner: inner.owner.clone(),
        now,
        until: now.plus_ms(LEASE.as_millis() as i64),
        at_once,
        steady: inner.steady.now(),
        forget: if inner.clock.may_expire() {
            inner.clock.wall().plus_secs(-EVENT_LIFE_SECS)
        } else {
            Millis(i64::MIN)
        },
    };
    let taken = inner.db.write("line-lane-take", Class::Machine, tenant, input, |t, tx| {
        Box::pin(async move {
            lane::ensure(tx, t.tenant).await?;
            let fence = lane::take(tx, t.tenant, &t.owner, t.now, t.until, t.at_once).await?;
            if fence.is_some() {
                outbox::take_over(tx, t.tenant, t.steady).await?;
                crate::store::identity::forget_events(tx, t.tenant, t.forget).await?;
            }
            Ok::<_, Stop<Never>>(fence)
        })
    });
    taken.await.map_err(|_| ())
}

/// Whether another node holds the lane: then nothing is written to find that out.
pub(super) async fn is_held(inner: &Inner, tenant: TenantId) -> Result<bool, sqlx::Error> {
    let mut reader = inner.db.reader().await?;
    lane::is_held(&mut reader, tenant, &inner.owner, inner.clock.lease()).await
}

/// Lets the lane go, so that another node need not wait for the lease.
pub(super) async fn release(inner: &Inner, tenant: TenantId, fence: i64, hold: Option<&'static str>) {
    let input = (tenant, inner.owner.clone(), fence, hold);
    let released = inner.db.write("line-lane-release", Class::Machine, tenant, input, |i, tx| {
        Box::pin(async move { Ok::<_, Stop<Never>>(lane::renew(tx, i.0, &i.1, i.2, Millis(0), i.3).await?) })
    });
    // Where this fails the lease runs out by itself.
    let _lapses = released.await;
}
