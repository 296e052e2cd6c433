//! `line_identity`, `line_friend`, `line_webhook_event`: who a LINE user is to us.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{AccountId, Millis, TenantId, on};

/// The account of a LINE user.
pub(crate) async fn account_of(
    x: &mut impl Exec,
    tenant: TenantId,
    user_hash: &str,
) -> Result<Option<String>, sqlx::Error> {
    on!(x, |c| sqlx::query_scalar(
        "select account_id from line_identity where tenant_id = $1 and user_hash = $2"
    )
    .bind(tenant.to_string())
    .bind(user_hash)
    .fetch_optional(c)
    .await)
}

/// Links a LINE user to an account; `false` where the user is already somebody's.
pub(crate) async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
    user_hash: &str,
    user_sealed: &[u8],
    at: Millis,
) -> Result<bool, sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "insert into line_identity (tenant_id, account_id, user_hash, user_sealed, linked_at) \
         values ($1, $2, $3, $4, $5) on conflict do nothing"
    )
    .bind(tenant.to_string())
    .bind(account.to_string())
    .bind(user_hash)
    .bind(user_sealed)
    .bind(at.0)
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1))
}

/// A person who had unlinked has signed in again.
pub(crate) async fn relink(
    tx: &mut Tx,
    tenant: TenantId,
    user_hash: &str,
    user_sealed: &[u8],
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update line_identity set user_sealed = $3, linked_at = $4, unlinked_at = null \
         where tenant_id = $1 and user_hash = $2 and unlinked_at is not null"
    )
    .bind(tenant.to_string())
    .bind(user_hash)
    .bind(user_sealed)
    .bind(at.0)
    .execute(c)
    .await
    .map(drop))
}

/// Ends the link; the LINE user id is erased, its keyed hash stays so that the person finds the account again.
pub(crate) async fn unlink(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
    at: Millis,
) -> Result<bool, sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update line_identity set user_sealed = null, unlinked_at = $3 \
         where tenant_id = $1 and account_id = $2 and unlinked_at is null"
    )
    .bind(tenant.to_string())
    .bind(account.to_string())
    .bind(at.0)
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1))
}

/// Friend or not at `at`; a later state that is known already stays.
pub(crate) async fn set_friend(
    tx: &mut Tx,
    tenant: TenantId,
    user_hash: &str,
    friend: bool,
    at: Millis,
) -> Result<(), sqlx::Error> {
    let new = on!(tx, |c| sqlx::query(
        "insert into line_friend (tenant_id, user_hash, friend, friend_at) values ($1, $2, $3, $4) \
         on conflict (tenant_id, user_hash) do nothing"
    )
    .bind(tenant.to_string())
    .bind(user_hash)
    .bind(friend)
    .bind(at.0)
    .execute(c)
    .await
    .map(|r| r.rows_affected()))?;
    if new == 1 {
        return Ok(());
    }
    on!(tx, |c| sqlx::query(
        "update line_friend set friend = $3, friend_at = $4 \
         where tenant_id = $1 and user_hash = $2 and friend_at <= $4"
    )
    .bind(tenant.to_string())
    .bind(user_hash)
    .bind(friend)
    .bind(at.0)
    .execute(c)
    .await
    .map(drop))
}

/// Whether an account's LINE user is a friend, and whether the link stands.
pub(crate) async fn friend_of(
    x: &mut impl Exec,
    tenant: TenantId,
    account: AccountId,
) -> Result<Option<(Option<bool>, Option<i64>)>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select f.friend, i.unlinked_at from line_identity i left join line_friend f \
         on f.tenant_id = i.tenant_id and f.user_hash = i.user_hash \
         where i.tenant_id = $1 and i.account_id = $2"
    )
    .bind(tenant.to_string())
    .bind(account.to_string())
    .fetch_optional(c)
    .await)
}

/// Remembers a webhook event; `false` where it has had its effect already.
pub(crate) async fn insert_event(
    tx: &mut Tx,
    tenant: TenantId,
    event_id: &str,
    kind: &str,
    at: Millis,
) -> Result<bool, sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "insert into line_webhook_event (tenant_id, event_id, kind, received_at) values ($1, $2, $3, $4) \
         on conflict (tenant_id, event_id) do nothing"
    )
    .bind(tenant.to_string())
    .bind(event_id)
    .bind(kind)
    .bind(at.0)
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1))
}

/// Forgets events received before `before`, a hundred at a time.
pub(crate) async fn forget_events(tx: &mut Tx, tenant: TenantId, before: Millis) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "delete from line_webhook_event where tenant_id = $1 and event_id in (select event_id \
         from line_webhook_event where tenant_id = $1 and received_at < $2 order by received_at limit 100)"
    )
    .bind(tenant.to_string())
    .bind(before.0)
    .execute(c)
    .await
    .map(drop))
}
