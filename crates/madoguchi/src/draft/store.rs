//! Rows of drafts and of their keys.

use std::sync::LazyLock;

use madoguchi_base::db::{Exec, Shapes};
use madoguchi_base::{AccountId, Millis, ProcedureId, TenantId, on};
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

/// A draft to be stored.
pub struct New {
    pub(super) id: Uuid,
    pub(super) account: AccountId,
    pub(super) procedure: ProcedureId,
    pub(super) version: u32,
    pub(super) key: Uuid,
    pub(super) sealed: Vec<u8>,
    pub(super) saved_at: Millis,
    pub(super) expires_at: Millis,
}

/// A draft as stored.
#[derive(Debug, sqlx::FromRow)]
pub struct Row {
    /// Id.
    pub draft_id: String,
    /// Of which procedure.
    pub procedure_id: String,
    /// With which version of its form.
    pub form_version: i64,
    /// Names the key over it.
    pub key_id: String,
    /// What was typed.
    pub sealed: Vec<u8>,
    /// Unix milliseconds.
    pub saved_at: i64,
    /// Unix milliseconds.
    pub expires_at: i64,
}

/// Stores a draft in the place of the earlier one.
pub async fn put(x: &mut impl Exec, tenant: TenantId, new: &New) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "insert into draft (tenant_id, draft_id, account_id, procedure_id, form_version, key_id, sealed, \
             saved_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             on conflict (tenant_id, draft_id) do update set form_version = excluded.form_version, \
             key_id = excluded.key_id, sealed = excluded.sealed, saved_at = excluded.saved_at, \
             expires_at = excluded.expires_at",
        )
        .bind(tenant.to_string())
        .bind(new.id.to_string())
        .bind(new.account.to_string())
        .bind(new.procedure.to_string())
        .bind(i64::from(new.version))
        .bind(new.key.to_string())
        .bind(new.sealed.as_slice())
        .bind(new.saved_at.0)
        .bind(new.expires_at.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// Somebody's drafts, the last saved first; those whose time is over are none.
pub async fn mine(
    x: &mut impl Exec,
    tenant: TenantId,
    account: AccountId,
    now: Millis,
) -> Result<Vec<Row>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select draft_id, procedure_id, form_version, key_id, sealed, saved_at, expires_at from draft \
             where tenant_id = $1 and account_id = $2 and expires_at > $3 order by saved_at desc limit 100",
        )
        .bind(tenant.to_string())
        .bind(account.to_string())
        .bind(now.0)
        .fetch_all(c)
        .await
    })
}

/// Deletes drafts whose time is over, and keys that nothing can lie under any more; returns the keys.
pub async fn expire(
    x: &mut impl Exec,
    tenant: TenantId,
    now: Millis,
    keys_before: Millis,
) -> Result<Vec<String>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query("delete from draft where tenant_id = $1 and expires_at <= $2")
            .bind(tenant.to_string())
            .bind(now.0)
            .execute(c)
            .await
            .map(drop)
    })?;
    on!(x, |c| {
        sqlx::query_scalar(
            "delete from draft_key where tenant_id = $1 and made_at < $2 and key_id not in \
             (select key_id from draft where tenant_id = $1 union \
             select draft_key_id from attachment where tenant_id = $1 and draft_key_id is not null) \
             returning key_id",
        )
        .bind(tenant.to_string())
        .bind(keys_before.0)
        .fetch_all(c)
        .await
    })
}
