//! SQL of accounts and citizens' sessions.

use std::sync::LazyLock;

use madoguchi_base::db::{Exec, Shapes, Tx};
use madoguchi_base::{AccountId, Millis, TenantId, on};

use crate::sql::{shape, values};

/// Makes the account, or notes that the person agreed again.
pub async fn upsert(
    x: &mut impl Exec,
    tenant: TenantId,
    account: AccountId,
    consent_version: &str,
    at: Millis,
) -> Result<(), sqlx::Error> {
    let added = on!(x, |c| {
        sqlx::query(
            "insert into account (tenant_id, account_id, consent_version, consented_at, made_at) \
             values ($1, $2, $3, $4, $4) on conflict do nothing",
        )
        .bind(tenant.to_string())
        .bind(account.to_string())
        .bind(consent_version)
        .bind(at.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected())
    })?;
    if added == 1 {
        return Ok(());
    }
    on!(x, |c| {
        sqlx::query(
            "update account set consent_version = $3, consented_at = $4 \
             where tenant_id = $1 and account_id = $2 and consent_version <> $3",
        )
        .bind(tenant.to_string())
        .bind(account.to_string())
        .bind(consent_version)
        .bind(at.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// Stores a session by the hash of its token.
pub async fn insert_session(
    x: &mut impl Exec,
    tenant: TenantId,
    hash: &[u8; 32],
    account: AccountId,
    (at, expires): (Millis, Millis),
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "insert into session (tenant_id, token_hash, account_id, made_at, expires_at, seen_at, changed_at) \
             values ($1, $2, $3, $4, $5, $4, $4) on conflict do nothing",
        )
        .bind(tenant.to_string())
        .bind(hash.to_vec())
        .bind(account.to_string())
        .bind(at.0)
        .bind(expires.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// Ends a session.
pub async fn revoke(x: &mut impl Exec, tenant: TenantId, hash: &[u8], at: Millis) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "update session set revoked_at = $3, changed_at = $3 \
             where tenant_id = $1 and token_hash = $2 and revoked_at is null",
        )
        .bind(tenant.to_string())
        .bind(hash.to_vec())
        .bind(at.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// Live sessions of an account beyond the newest `keep`.
pub async fn older_sessions(
    x: &mut impl Exec,
    tenant: TenantId,
    account: AccountId,
    (now, keep): (Millis, i64),
) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar(
            "select token_hash from session where tenant_id = $1 and account_id = $2 and revoked_at is null \
             and expires_at > $3 order by made_at desc, token_hash limit 100 offset $4",
        )
        .bind(tenant.to_string())
        .bind(account.to_string())
        .bind(now.0)
        .bind(keep)
        .fetch_all(c)
        .await
    })
}

/// A live session.
#[derive(sqlx::FromRow)]
pub struct SessionRow {
    /// Whose it is.
    pub account_id: String,
    /// Unix milliseconds.
    pub expires_at: i64,
    /// Last visit that was written down (a few minutes behind at most).
    pub seen_at: i64,
}

/// A session that is neither revoked, nor over, nor left alone since `seen_after`.
pub async fn find_session(
    x: &mut impl Exec,
    tenant: TenantId,
    hash: &[u8; 32],
    (now, seen_after): (Millis, Millis),
) -> Result<Option<SessionRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select account_id, expires_at, seen_at from session \
             where tenant_id = $1 and token_hash = $2 and revoked_at is null and expires_at > $3 and seen_at > $4",
        )
        .bind(tenant.to_string())
        .bind(hash.to_vec())
        .bind(now.0)
        .bind(seen_after.0)
        .fetch_optional(c)
        .await
    })
}

static SEEN: LazyLock<Shapes> = LazyLock::new(|| {
    values(
        "update session set seen_at = v.column2 from (values ",
        2,
        2,
        ") as v where session.tenant_id = $1 and session.token_hash = v.column1",
    )
});

/// Statements made at run time, for the test that prepares them all.
pub fn statements() -> Vec<String> {
    SEEN.statements()
}

/// Writes down the last visits of up to 64 sessions.
pub async fn set_seen(
    x: &mut impl Exec,
    tenant: TenantId,
    visits: &[([u8; 32], Millis)],
) -> Result<(), sqlx::Error> {
    let sql = shape(&SEEN, x, visits.len())?;
    on!(x, |c| {
        let mut q = sqlx::query(sql).bind(tenant.to_string());
        for (hash, at) in visits {
            q = q.bind(hash.to_vec()).bind(at.0);
        }
        q.execute(c).await.map(drop)
    })
}

/// Sessions that were revoked since `since`, so that other nodes forget them.
pub async fn revoked_since(x: &mut impl Exec, since: Millis) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar("select token_hash from session where changed_at >= $1 and revoked_at is not null")
            .bind(since.0)
            .fetch_all(c)
            .await
    })
}

/// Removes sessions that ended before `before` (they open nothing any more).
pub async fn delete_ended(x: &mut impl Exec, tenant: TenantId, before: Millis) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query("delete from session where tenant_id = $1 and expires_at < $2")
            .bind(tenant.to_string())
            .bind(before.0)
            .execute(c)
            .await
            .map(drop)
    })
}

/// Removes every session.
pub async fn delete_sessions(tx: &mut Tx, tenant: TenantId) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query("delete from session where tenant_id = $1")
        .bind(tenant.to_string())
        .execute(c)
        .await
        .map(drop))
}
