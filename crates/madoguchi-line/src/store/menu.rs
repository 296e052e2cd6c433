//! `line_menu`: rich menus of ours, from the intent on.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Millis, TenantId, on};

/// A menu that was intended, and how far it came.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct MenuRow {
    pub(crate) marker: String,
    pub(crate) menu_id: Option<String>,
    pub(crate) state: String,
    pub(crate) content_hash: String,
}

/// Everything that may still be at LINE.
pub(crate) async fn list(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<MenuRow>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select marker, menu_id, state, content_hash from line_menu \
         where tenant_id = $1 and state <> 'deleted' order by made_at, marker"
    )
    .bind(tenant.to_string())
    .fetch_all(c)
    .await)
}

/// Stores the intent, before anything is asked of LINE.
pub(crate) async fn intend(
    tx: &mut Tx,
    tenant: TenantId,
    marker: &str,
    content_hash: &str,
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "insert into line_menu (tenant_id, marker, menu_id, state, content_hash, made_at) \
         values ($1, $2, null, 'intended', $3, $4) on conflict (tenant_id, marker) do nothing"
    )
    .bind(tenant.to_string())
    .bind(marker)
    .bind(content_hash)
    .bind(at.0)
    .execute(c)
    .await
    .map(drop))
}

/// Notes how far a menu has come.
pub(crate) async fn set_state(
    tx: &mut Tx,
    tenant: TenantId,
    marker: &str,
    menu_id: Option<&str>,
    state: &'static str,
) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update line_menu set state = $3, menu_id = coalesce($4, menu_id) \
         where tenant_id = $1 and marker = $2"
    )
    .bind(tenant.to_string())
    .bind(marker)
    .bind(state)
    .bind(menu_id)
    .execute(c)
    .await
    .map(drop))
}

/// The menu that people see becomes `marker`'s; the former one is retired.
pub(crate) async fn make_current(tx: &mut Tx, tenant: TenantId, marker: &str) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update line_menu set state = 'retired' where tenant_id = $1 and state = 'current' and marker <> $2"
    )
    .bind(tenant.to_string())
    .bind(marker)
    .execute(c)
    .await
    .map(drop))?;
    set_state(tx, tenant, marker, None, "current").await
}

/// State and time of the menu that people see, or of the last one that they saw.
pub(crate) async fn last(x: &mut impl Exec, tenant: TenantId) -> Result<Option<(String, i64)>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select state, made_at from line_menu where tenant_id = $1 and menu_id is not null \
         order by case when state = 'current' then 0 else 1 end, made_at desc limit 1"
    )
    .bind(tenant.to_string())
    .fetch_optional(c)
    .await)
}

/// Replaces the menu that is ready.
pub(crate) async fn set_draft(
    tx: &mut Tx,
    tenant: TenantId,
    (spec, picture): (&str, &[u8]),
    at: Millis,
) -> Result<(), sqlx::Error> {
    let new = on!(tx, |c| sqlx::query(
        "insert into line_menu_draft (tenant_id, spec, picture, changed_at) values ($1, $2, $3, $4) \
         on conflict (tenant_id) do nothing"
    )
    .bind(tenant.to_string())
    .bind(spec)
    .bind(picture)
    .bind(at.0)
    .execute(c)
    .await
    .map(|r| r.rows_affected()))?;
    if new == 1 {
        return Ok(());
    }
    on!(tx, |c| sqlx::query(
        "update line_menu_draft set spec = $2, picture = $3, changed_at = $4 where tenant_id = $1"
    )
    .bind(tenant.to_string())
    .bind(spec)
    .bind(picture)
    .bind(at.0)
    .execute(c)
    .await
    .map(drop))
}

/// The menu that is ready: spec, picture, time.
pub(crate) async fn draft(
    x: &mut impl Exec,
    tenant: TenantId,
) -> Result<Option<(String, Vec<u8>, i64)>, sqlx::Error> {
    on!(x, |c| sqlx::query_as("select spec, picture, changed_at from line_menu_draft where tenant_id = $1")
        .bind(tenant.to_string())
        .fetch_optional(c)
        .await)
}
