//! Rows of drafts and of their keys.

use std::sync::LazyLock;

use madoguchi_base::db::{Exec, Shapes};
use madoguchi_base::{Millis, TenantId, on};
use uuid::Uuid;

use crate::sql::{in_lists, shape};

/// A stored draft key.
#[derive(sqlx::FromRow)]
pub struct KeyRow {
    /// Id.
    pub key_id: String,
    /// Under the root key.
    pub sealed: Vec<u8>,
    /// Unix milliseconds.
    pub made_at: i64,
}

/// Stores a new key, before it is used.
pub async fn insert_key(
    x: &mut impl Exec,
    tenant: TenantId,
    id: Uuid,
    sealed: &[u8],
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query("insert into draft_key (tenant_id, key_id, sealed, made_at) values ($1, $2, $3, $4)")
            .bind(tenant.to_string())
            .bind(id.to_string())
            .bind(sealed)
            .bind(at.0)
            .execute(c)
            .await
            .map(drop)
    })
}

/// One key.
pub async fn find_key(x: &mut impl Exec, tenant: TenantId, id: &str) -> Result<Option<KeyRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as("select key_id, sealed, made_at from draft_key where tenant_id = $1 and key_id = $2")
            .bind(tenant.to_string())
            .bind(id)
            .fetch_optional(c)
            .await
    })
}

/// The newest key made between two times.
pub async fn newest_key(
    x: &mut impl Exec,
    tenant: TenantId,
    after: Millis,
    until: Millis,
) -> Result<Option<KeyRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select key_id, sealed, made_at from draft_key where tenant_id = $1 and made_at > $2 and made_at <= $3 \
             order by made_at desc limit 1",
        )
        .bind(tenant.to_string())
        .bind(after.0)
        .bind(until.0)
        .fetch_optional(c)
        .await
    })
}

static DELETE: LazyLock<Shapes> =
    LazyLock::new(|| in_lists("delete from draft where tenant_id = $1 and draft_id", 2, ""));

/// Statements made at run time, for the test that prepares each.
pub fn statements() -> Vec<String> {
    DELETE.statements()
}

/// Deletes up to 64 drafts.
pub async fn delete_all(x: &mut impl Exec, tenant: TenantId, ids: &[Uuid]) -> Result<(), sqlx::Error> {
    let sql = shape(&DELETE, x, ids.len())?;
    on!(x, |c| {
        let mut q = sqlx::query(sql).bind(tenant.to_string());
        for id in ids {
            q = q.bind(id.to_string());
        }
        q.execute(c).await.map(drop)
    })
}
