//! The lane: one node owns a municipality's channel and alone sends on it.
//!
//! A cycle is one commit: it renews the lease under the fence, records what came back, ends what is over, and
//! freezes key, recipient and bytes of what is sent next. Only then are requests made. An attempt that a crash
//! leaves without a record is doubtful from its claim on and is asked again under the same key: LINE answers
//! 409 where it had taken it.

mod bucket;
mod commit;
mod gate;
pub(crate) mod lane;
mod look;
pub(crate) mod plan;
mod remind;

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Millis, TenantId};

use crate::store;

/// Switches sending of a municipality off (after a restore) or on again (a person's act).
pub async fn set_sending(tx: &mut Tx, tenant: TenantId, on: bool) -> Result<(), sqlx::Error> {
    store::lane::ensure(tx, tenant).await?;
    store::lane::set_sending(tx, tenant, on).await
}

/// After a restore: sending is off until a person switches it on, and what was not finished then is parked,
/// because LINE may have been told since. Tells how many were parked.
pub async fn after_restore(tx: &mut Tx, tenant: TenantId, at: Millis) -> Result<u64, sqlx::Error> {
    store::lane::ensure(tx, tenant).await?;
    store::lane::set_sending(tx, tenant, false).await?;
    store::outbox::park_unfinished(tx, tenant, at).await
}

/// How many notices of a municipality are in which state (`waiting`, `frozen`, `sending`, `accepted`,
/// `parked`, `refused`, `expired`, `undeliverable`, `stopped`).
pub async fn counts(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<(String, i64)>, sqlx::Error> {
    store::lane::counts(x, tenant).await
}
