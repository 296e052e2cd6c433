//! `line_setting`: what a municipality chose.

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
