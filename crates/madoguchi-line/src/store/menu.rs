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
