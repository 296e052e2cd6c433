//! SQL of staff accounts, their sessions and tries to sign in; in `lists`, what the office's lists read.

mod accounts;
mod lists;
mod today;

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Millis, StaffId, TenantId, on};

pub use accounts::{StaffRow, everybody, save_filters, set_departments, staff};
pub use lists::{
    AuditRow, InboxRow, Listed, PageKey, Scope, audit, by_last_four, counts, inbox, list, names, slugs,
    statements,
};
pub use today::{ContactRow, Due, answered, contacts, due, insert_contact, undelivered, undelivered_among};

/// A staff account as sign-in needs it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Account {
    /// Id.
    pub staff_id: String,
    /// `clerk` or `admin`.
    pub role: String,
    /// Argon2id, PHC text.
    pub password_hash: String,
}

/// A live session.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Session {
    /// Whose.
    pub staff_id: String,
    /// Their name, for the page and the history.
    pub name: String,
    /// `viewer`, `clerk` or `admin`.
    pub role: String,
    /// Departments, ids with spaces between them.
    pub department: String,
    /// Filters of the list, JSON.
    pub filters: String,
    /// Last visit, unix milliseconds; at most a minute behind.
    pub seen_at: i64,
}

/// A new account.
#[derive(Debug, Clone)]
pub struct New {
    pub(super) tenant: TenantId,
    pub(super) id: StaffId,
    pub(super) login: String,
    pub(super) name: String,
    pub(super) role: &'static str,
    pub(super) department: String,
    pub(super) hash: String,
    pub(super) at: Millis,
}

/// Adds an account; `false` where the login name is taken.
pub async fn insert(x: &mut impl Exec, new: &New) -> Result<bool, sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "insert into staff (tenant_id, staff_id, login, name, role, department, password_hash, made_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
        )
        .bind(new.tenant.to_string())
        .bind(new.id.to_string())
        .bind(new.login.as_str())
        .bind(new.name.as_str())
        .bind(new.role)
        .bind(new.department.as_str())
        .bind(new.hash.as_str())
        .bind(new.at.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected() == 1)
    })
}

/// The enabled account of a login name.
pub async fn find(x: &mut impl Exec, tenant: TenantId, login: &str) -> Result<Option<Account>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select staff_id, role, password_hash from staff \
             where tenant_id = $1 and login = $2 and disabled_at is null",
        )
        .bind(tenant.to_string())
        .bind(login)
        .fetch_optional(c)
        .await
    })
}

/// Gives an account another password; the id where there is such an account.
pub async fn set_password(
    x: &mut impl Exec,
    tenant: TenantId,
    login: &str,
    hash: &str,
) -> Result<Option<String>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar(
            "update staff set password_hash = $3 where tenant_id = $1 and login = $2 returning staff_id",
        )
        .bind(tenant.to_string())
        .bind(login)
        .bind(hash)
        .fetch_optional(c)
        .await
    })
}

/// Gives an account another role; the id where there is such an account.
pub async fn set_role(
    x: &mut impl Exec,
    tenant: TenantId,
    login: &str,
    role: &str,
) -> Result<Option<String>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar(
            "update staff set role = $3 where tenant_id = $1 and login = $2 returning staff_id",
        )
        .bind(tenant.to_string())
        .bind(login)
        .bind(role)
        .fetch_optional(c)
        .await
    })
}

/// Closes an account; the id where there is such an account.
pub async fn disable(
    x: &mut impl Exec,
    tenant: TenantId,
    login: &str,
    at: Millis,
) -> Result<Option<String>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar(
            "update staff set disabled_at = coalesce(disabled_at, $3) where tenant_id = $1 and login = $2 \
             returning staff_id",
        )
        .bind(tenant.to_string())
        .bind(login)
        .bind(at.0)
        .fetch_optional(c)
        .await
    })
}

/// Opens a session of an account that is enabled and still has this role; `false` where it is not.
pub async fn insert_session(
    x: &mut impl Exec,
    tenant: TenantId,
    hash: &[u8; 32],
    account: &Account,
    (at, expires): (Millis, Millis),
) -> Result<bool, sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "insert into staff_session (tenant_id, token_hash, staff_id, role, made_at, seen_at, expires_at) \
             select tenant_id, $2, staff_id, role, $6, $6, $7 from staff \
             where tenant_id = $1 and staff_id = $3 and role = $4 and password_hash = $5 and disabled_at is null",
        )
        .bind(tenant.to_string())
        .bind(hash.to_vec())
        .bind(account.staff_id.as_str())
        .bind(account.role.as_str())
        .bind(account.password_hash.as_str())
        .bind(at.0)
        .bind(expires.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected() == 1)
    })
}

/// The session of a token, if it lives: not revoked, not over, seen after `idle_since`, and the account is
/// enabled with the role that it had at sign-in.
pub async fn find_session(
    x: &mut impl Exec,
    tenant: TenantId,
    hash: &[u8; 32],
    (now, idle_since): (Millis, Millis),
) -> Result<Option<Session>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select s.staff_id, f.name, f.role, f.department, s.filters, s.seen_at from staff_session s \
             join staff f on f.tenant_id = s.tenant_id and f.staff_id = s.staff_id \
             where s.tenant_id = $1 and s.token_hash = $2 and s.revoked_at is null and s.expires_at > $3 \
             and s.seen_at > $4 and f.role = s.role and f.disabled_at is null",
        )
        .bind(tenant.to_string())
        .bind(hash.to_vec())
        .bind(now.0)
        .bind(idle_since.0)
        .fetch_optional(c)
        .await
    })
}

/// Remembers a visit.
pub async fn seen(
    x: &mut impl Exec,
    tenant: TenantId,
    hash: &[u8; 32],
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "update staff_session set seen_at = $3 where tenant_id = $1 and token_hash = $2 and seen_at < $3",
        )
        .bind(tenant.to_string())
        .bind(hash.to_vec())
        .bind(at.0)
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
            "update staff_session set revoked_at = $3 \
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

/// Ends every session of a member of staff.
pub async fn revoke_all(
    x: &mut impl Exec,
    tenant: TenantId,
    staff: &str,
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "update staff_session set revoked_at = $3 \
             where tenant_id = $1 and staff_id = $2 and revoked_at is null",
        )
        .bind(tenant.to_string())
        .bind(staff)
        .bind(at.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// What is counted: a scope and the keyed hash of a login name or an address.
#[derive(Clone, Copy, Debug)]
pub struct Counter {
    pub(super) scope: &'static str,
    pub(super) key: [u8; 32],
}

/// Makes sure that there is a row to count in.
pub async fn start_counter(
    x: &mut impl Exec,
    tenant: TenantId,
    counter: &Counter,
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "insert into sign_in_attempt (tenant_id, scope, key_hash, wrong, last_at, next_at) \
             values ($1, $2, $3, 0, $4, 0) on conflict do nothing",
        )
        .bind(tenant.to_string())
        .bind(counter.scope)
        .bind(counter.key.to_vec())
        .bind(at.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// Counts one try, from 1 again after `lapsed_before`, and gives the number; `None` while one has to wait.
pub async fn count(
    x: &mut impl Exec,
    tenant: TenantId,
    counter: &Counter,
    (at, lapsed_before): (Millis, Millis),
) -> Result<Option<i64>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar(
            "update sign_in_attempt set wrong = case when last_at < $5 then 1 else wrong + 1 end, last_at = $4 \
             where tenant_id = $1 and scope = $2 and key_hash = $3 and next_at <= $4 returning wrong",
        )
        .bind(tenant.to_string())
        .bind(counter.scope)
        .bind(counter.key.to_vec())
        .bind(at.0)
        .bind(lapsed_before.0)
        .fetch_optional(c)
        .await
    })
}

/// When the next try is looked at.
pub async fn next_try(x: &mut impl Exec, tenant: TenantId, counter: &Counter) -> Result<i64, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar(
            "select next_at from sign_in_attempt where tenant_id = $1 and scope = $2 and key_hash = $3",
        )
        .bind(tenant.to_string())
        .bind(counter.scope)
        .bind(counter.key.to_vec())
        .fetch_optional(c)
        .await
        .map(|next: Option<i64>| next.unwrap_or(0))
    })
}

/// Looks at no further try before `next`.
pub async fn delay(
    x: &mut impl Exec,
    tenant: TenantId,
    counter: &Counter,
    next: Millis,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "update sign_in_attempt set next_at = $4 where tenant_id = $1 and scope = $2 and key_hash = $3",
        )
        .bind(tenant.to_string())
        .bind(counter.scope)
        .bind(counter.key.to_vec())
        .bind(next.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// Takes back what was counted for a try that was right: the last one, or (`all`) every one.
pub async fn forgive(
    x: &mut impl Exec,
    tenant: TenantId,
    counter: &Counter,
    all: bool,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "update sign_in_attempt set next_at = 0, wrong = case when wrong > $4 then wrong - $4 else 0 end \
             where tenant_id = $1 and scope = $2 and key_hash = $3",
        )
        .bind(tenant.to_string())
        .bind(counter.scope)
        .bind(counter.key.to_vec())
        .bind(if all { 1_000_000_i64 } else { 1 })
        .execute(c)
        .await
        .map(drop)
    })
}

/// Removes sessions and counters that mean nothing any more: ended, or untouched, before `before`.
pub async fn sweep(x: &mut impl Exec, tenant: TenantId, before: Millis) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query("delete from staff_session where tenant_id = $1 and expires_at < $2")
            .bind(tenant.to_string())
            .bind(before.0)
            .execute(c)
            .await
            .map(drop)
    })?;
    on!(x, |c| {
        sqlx::query("delete from sign_in_attempt where tenant_id = $1 and last_at < $2")
            .bind(tenant.to_string())
            .bind(before.0)
            .execute(c)
            .await
            .map(drop)
    })
}

/// Removes every session of staff.
pub async fn delete_sessions(tx: &mut Tx, tenant: TenantId) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query("delete from staff_session where tenant_id = $1")
        .bind(tenant.to_string())
        .execute(c)
        .await
        .map(drop))
}
