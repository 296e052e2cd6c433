//! `line_relay`: what became of webhooks that were passed on.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{TenantId, on};

/// Numbers of webhooks passed on.
#[derive(Clone, Default, sqlx::FromRow)]
pub(crate) struct RelayRow {
    pub(crate) passed_on: i64,
    pub(crate) failed: i64,
    pub(crate) dropped: i64,
    pub(crate) last_at: Option<i64>,
    pub(crate) last_failed_at: Option<i64>,
    pub(crate) last_failure: Option<String>,
}

pub(crate) async fn find(x: &mut impl Exec, tenant: TenantId) -> Result<Option<RelayRow>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select passed_on, failed, dropped, last_at, last_failed_at, last_failure from line_relay \
         where tenant_id = $1"
    )
    .bind(tenant.to_string())
    .fetch_optional(c)
    .await)
}

/// Adds to the numbers.
pub(crate) async fn add(tx: &mut Tx, tenant: TenantId, more: &RelayRow) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "insert into line_relay (tenant_id, passed_on, failed, dropped) values ($1, 0, 0, 0) \
         on conflict (tenant_id) do nothing"
    )
    .bind(tenant.to_string())
    .execute(c)
    .await
    .map(drop))?;
    on!(tx, |c| sqlx::query(
        "update line_relay set passed_on = passed_on + $2, failed = failed + $3, dropped = dropped + $4, \
         last_at = coalesce($5, last_at), last_failed_at = coalesce($6, last_failed_at), \
         last_failure = coalesce($7, last_failure) where tenant_id = $1"
    )
    .bind(tenant.to_string())
    .bind(more.passed_on)
    .bind(more.failed)
    .bind(more.dropped)
    .bind(more.last_at)
    .bind(more.last_failed_at)
    .bind(more.last_failure.as_deref())
    .execute(c)
    .await
    .map(drop))
}
