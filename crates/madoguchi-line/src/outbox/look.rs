//! What the lane finds to do.

use madoguchi_base::{Millis, TenantId};

use super::plan::{self, Around, Decision, Job};
use super::remind::{self, Settled};
use crate::channel::Channel;
use crate::line::Inner;
use crate::store::due;
use crate::store::outbox::{self, Claim, Settle};

/// Work for one commit.
#[derive(Default)]
pub(super) struct Found {
    pub(super) claims: Vec<Claim>,
    /// The requests of `claims`, in the same order.
    pub(super) jobs: Vec<Job>,
    pub(super) ends: Vec<Settle>,
    /// Reminders whose time has come.
    pub(super) reminders: Vec<Settled>,
    /// Reminders that wait for the morning.
    pub(super) postponed: Vec<(String, Millis)>,
}

impl Found {
    pub(super) fn is_empty(&self) -> bool {
        let ends = self.ends.is_empty() && self.reminders.is_empty() && self.postponed.is_empty();
        ends && self.claims.is_empty()
    }
}

/// Reads what is due by `horizon` and decides about each. `after`: the account at which a walk goes on.
pub(super) async fn waiting(
    inner: &Inner,
    channel: &Channel,
    horizon: Millis,
    limit: usize,
    (after, found): (&mut String, &mut Found),
) -> Result<(), sqlx::Error> {
    let mut reader = inner.db.reader().await?;
    let (rows, walked) = due::due(&mut reader, channel.tenant, (horizon, alive(inner)), limit, after).await?;
    drop(reader);
    let rows = remind::hold_back(inner, channel.tenant, rows, found).await;
    if let Some(walked) = walked {
        *after = walked;
    }
    let around = Around {
        keys: &inner.keys,
        tenant: channel.tenant,
        channel_id: &channel.messaging_id,
        callback_base: &channel.callback_base,
        wall: inner.clock.wall(),
        now: inner.steady.now(),
        asks: channel.mode == crate::mode::LineMode::NotifyOnly,
    };
    for row in rows {
        match plan::decide(&around, row) {
            Decision::End(end) => found.ends.push(end),
            Decision::Send(both) => {
                found.claims.push(both.0);
                found.jobs.push(both.1);
            }
        }
    }
    Ok(())
}

/// What is too late is neither sent nor ended while a jump of the clock waits for somebody.
fn alive(inner: &Inner) -> Millis {
    if inner.clock.may_expire() { Millis(i64::MIN) } else { inner.clock.wall() }
}

/// Finds what is over, whether it is due or not: too late for its news, or doubtful for too long.
pub(super) async fn over(inner: &Inner, tenant: TenantId, found: &mut Found) -> Result<(), sqlx::Error> {
    let wall = inner.clock.wall();
    let before = inner.steady.now().plus_secs(-plan::KEY_LIFE_SECS);
    let late = if inner.clock.may_expire() { wall } else { Millis(i64::MIN) };
    let rows = outbox::overdue(&mut inner.db.reader().await?, tenant, late, before).await?;
    for (id, not_after) in rows {
        if found.claims.iter().any(|c| c.id == id) {
            continue;
        }
        let late = not_after <= wall.0;
        let (state, outcome) = if late { ("expired", "too-late") } else { ("parked", "unknown") };
        found.ends.push(Settle { id, state, outcome });
    }
    Ok(())
}

/// Whether attempts wait for an owner: of an earlier start, or of a node that is gone.
pub(super) async fn is_under_way(inner: &Inner, tenant: TenantId) -> Result<bool, sqlx::Error> {
    outbox::is_under_way(&mut inner.db.reader().await?, tenant).await
}
