//! `line_reminder`: what will be reminded of, and what became of it.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Millis, TenantId, on};

use crate::reminder::Reminder;

/// A reminder whose time has come.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct ReminderRow {
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) application_id: String,
    pub(crate) procedure_id: String,
    pub(crate) occasion: String,
    pub(crate) receipt: String,
    pub(crate) due_on: Option<String>,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
}

/// Promises one; an occasion of an application is promised once.
pub(crate) async fn insert(tx: &mut Tx, r: &Reminder) -> Result<(), sqlx::Error> {
    let (tenant, id, account, application) =
        (r.tenant.to_string(), r.id.to_string(), r.account.to_string(), r.application.to_string());
    on!(tx, |c| sqlx::query(
        "insert into line_reminder (tenant_id, id, account_id, application_id, procedure_id, kind, occasion, \
         receipt, due_on, page, not_before, not_after, state) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'promised') on conflict do nothing"
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(account.as_str())
    .bind(application.as_str())
    .bind(r.procedure.to_string())
    .bind(r.notice(r.not_before).kind.code())
    .bind(r.occasion.to_string())
    .bind(r.receipt.to_string())
    .bind(r.due.map(|d| d.to_string()))
    .bind(r.page.to_string())
    .bind(r.not_before.0)
    .bind(r.not_after.0)
    .execute(c)
    .await
    .map(drop))
}

/// Reminders whose time has come, the longest waiting first.
pub(crate) async fn due(
    x: &mut impl Exec,
    tenant: TenantId,
    now: Millis,
    limit: i64,
) -> Result<Vec<ReminderRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
        "select id, account_id, application_id, procedure_id, occasion, receipt, due_on, not_before, not_after \
         from line_reminder where tenant_id = $1 and state = 'promised' and not_before <= $2 \
         and not exists (select 1 from line_lane l where l.tenant_id = $1 and not l.sending_on) \
         order by not_before limit $3"
    )
    .bind(tenant.to_string())
    .bind(now.0)
    .bind(limit)
    .fetch_all(c)
    .await
    })
}

/// Notes what became of one; `false` where that was noted before.
pub(crate) async fn settle(
    tx: &mut Tx,
    tenant: TenantId,
    (id, state): (&str, &str),
    at: Millis,
) -> Result<bool, sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update line_reminder set state = $3, settled_at = $4 \
         where tenant_id = $1 and id = $2 and state = 'promised'"
    )
    .bind(tenant.to_string())
    .bind(id)
    .bind(state)
    .bind(at.0)
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1))
}

/// Nobody is reminded before `at`.
pub(crate) async fn postpone(tx: &mut Tx, tenant: TenantId, id: &str, at: Millis) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update line_notice set next_at = $3 where tenant_id = $1 and id = $2 \
         and state in ('waiting', 'frozen') and occasion is not null"
    )
    .bind(tenant.to_string())
    .bind(id)
    .bind(at.0)
    .execute(c)
    .await
    .map(drop))
}
