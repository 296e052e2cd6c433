//! `line_setting` and `line_relay`: what a municipality chose, and what became of webhooks passed on.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Millis, TenantId, on};

/// What a municipality chose.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct SettingRow {
    pub(crate) mode: String,
    pub(crate) relay_to: Option<String>,
}

pub(crate) async fn find(x: &mut impl Exec, tenant: TenantId) -> Result<Option<SettingRow>, sqlx::Error> {
    on!(x, |c| sqlx::query_as("select mode, relay_to from line_setting where tenant_id = $1")
        .bind(tenant.to_string())
        .fetch_optional(c)
        .await)
}

/// Makes the row where there is none, with the smaller mode.
pub(crate) async fn ensure(tx: &mut Tx, tenant: TenantId, at: Millis) -> Result<(), sqlx::Error> {
    on!(tx, |c| {
        sqlx::query(
        "insert into line_setting (tenant_id, mode, relay_to, changed_at) values ($1, 'notify_only', null, $2) \
         on conflict (tenant_id) do nothing"
    )
    .bind(tenant.to_string())
    .bind(at.0)
    .execute(c)
    .await
    .map(drop)
    })
}

pub(crate) async fn set_mode(
    tx: &mut Tx,
    tenant: TenantId,
    mode: &'static str,
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query("update line_setting set mode = $2, changed_at = $3 where tenant_id = $1")
        .bind(tenant.to_string())
        .bind(mode)
        .bind(at.0)
        .execute(c)
        .await
        .map(drop))
}

pub(crate) async fn set_relay(
    tx: &mut Tx,
    tenant: TenantId,
    relay_to: Option<&str>,
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query("update line_setting set relay_to = $2, changed_at = $3 where tenant_id = $1")
        .bind(tenant.to_string())
        .bind(relay_to)
        .bind(at.0)
        .execute(c)
        .await
        .map(drop))
}

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

pub(crate) async fn relayed(x: &mut impl Exec, tenant: TenantId) -> Result<Option<RelayRow>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select passed_on, failed, dropped, last_at, last_failed_at, last_failure from line_relay \
         where tenant_id = $1"
    )
    .bind(tenant.to_string())
    .fetch_optional(c)
    .await)
}

/// Adds to the numbers.
pub(crate) async fn add_relayed(tx: &mut Tx, tenant: TenantId, more: &RelayRow) -> Result<(), sqlx::Error> {
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
