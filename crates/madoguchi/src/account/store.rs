//! SQL of accounts and citizens' sessions.

use madoguchi_base::db::Exec;
use madoguchi_base::{AccountId, Millis, TenantId, on};

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
            "insert into session (tenant_id, token_hash, account_id, made_at, expires_at, changed_at) \
             values ($1, $2, $3, $4, $5, $4) on conflict do nothing",
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
pub async fn revoke(
    x: &mut impl Exec,
    tenant: TenantId,
    hash: &[u8; 32],
    at: Millis,
) -> Result<(), sqlx::Error> {
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

/// The account of a live session.
pub async fn find_session(
    x: &mut impl Exec,
    tenant: TenantId,
    hash: &[u8; 32],
    now: Millis,
) -> Result<Option<(String, i64)>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select account_id, expires_at from session \
             where tenant_id = $1 and token_hash = $2 and revoked_at is null and expires_at > $3",
        )
        .bind(tenant.to_string())
        .bind(hash.to_vec())
        .bind(now.0)
        .fetch_optional(c)
        .await
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
