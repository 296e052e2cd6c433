//! `line_lane`: who owns a channel.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Millis, TenantId, on};

/// Makes the lane's row where there is none.
pub(crate) async fn ensure(tx: &mut Tx, tenant: TenantId) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "insert into line_lane (tenant_id, owner, fence, lease_until, hold, sending_on) \
         values ($1, '', 0, 0, null, $2) on conflict (tenant_id) do nothing"
    )
    .bind(tenant.to_string())
    .bind(true)
    .execute(c)
    .await
    .map(drop))
}

/// Takes the lane where nobody else holds it (or, `at_once`, whoever does). Answers the new fence.
pub(crate) async fn take(
    tx: &mut Tx,
    tenant: TenantId,
    owner: &str,
    now: Millis,
    until: Millis,
    at_once: bool,
) -> Result<Option<i64>, sqlx::Error> {
    on!(tx, |c| sqlx::query_scalar(
        "update line_lane set owner = $2, fence = fence + 1, lease_until = $3 \
         where tenant_id = $1 and (lease_until <= $4 or owner = $2 or cast($5 as bigint) = 1) returning fence"
    )
    .bind(tenant.to_string())
    .bind(owner)
    .bind(until.0)
    .bind(now.0)
    .bind(i64::from(at_once))
    .fetch_optional(c)
    .await)
}

/// Whether another node holds the lane.
pub(crate) async fn is_held(
    x: &mut impl Exec,
    tenant: TenantId,
    owner: &str,
    now: Millis,
) -> Result<bool, sqlx::Error> {
    let held: Option<i64> = on!(x, |c| sqlx::query_scalar(
        "select fence from line_lane where tenant_id = $1 and owner <> $2 and lease_until > $3"
    )
    .bind(tenant.to_string())
    .bind(owner)
    .bind(now.0)
    .fetch_optional(c)
    .await)?;
    Ok(held.is_some())
}

/// Renews the lease and tells why the lane waits; `false` where the lane is no longer ours.
pub(crate) async fn renew(
    tx: &mut Tx,
    tenant: TenantId,
    owner: &str,
    fence: i64,
    until: Millis,
    hold: Option<&str>,
) -> Result<bool, sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update line_lane set lease_until = $4, hold = $5 where tenant_id = $1 and owner = $2 and fence = $3"
    )
    .bind(tenant.to_string())
    .bind(owner)
    .bind(fence)
    .bind(until.0)
    .bind(hold)
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1))
}

/// Switches sending of a municipality on or off.
pub(crate) async fn set_sending(tx: &mut Tx, tenant: TenantId, on: bool) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query("update line_lane set sending_on = $2 where tenant_id = $1")
        .bind(tenant.to_string())
        .bind(on)
        .execute(c)
        .await
        .map(drop))
}

/// How a municipality's notices stand: state and number of each, and why the lane waits.
pub(crate) async fn counts(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<(String, i64)>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select state, cast(count(*) as bigint) from line_notice where tenant_id = $1 group by state"
    )
    .bind(tenant.to_string())
    .fetch_all(c)
    .await)
}
