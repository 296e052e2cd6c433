//! `line_notice` as the window uses it: promise, look up.

use std::sync::LazyLock;

use madoguchi_base::db::{Exec, Shapes, Tx};
use madoguchi_base::{AccountId, ApplicationId, TenantId, on};

use super::groups;
use crate::notice::Notice;

/// Rows in one statement at most.
pub(crate) const ENQUEUE_MAX: usize = 64;
const ENQUEUE_COLUMNS: usize = 15;

/// One text per number of rows, so that prepared statements are used again.
static ENQUEUE: LazyLock<Shapes> = LazyLock::new(|| {
    let texts = (1..=ENQUEUE_MAX)
        .map(|n| {
            format!(
                "insert into line_notice (tenant_id, id, account_id, application_id, procedure_id, kind, \
                 receipt, due_on, days, page, created_at, not_after, state, next_at, occasion) values {} \
                 on conflict (tenant_id, id) do nothing",
                groups(n, ENQUEUE_COLUMNS, 1)
            )
        })
        .collect();
    Shapes::new(texts)
});

pub(super) fn statements() -> Vec<String> {
    ENQUEUE.statements()
}

/// One multi-row insert of 1 to 64 notices. A notice whose id is already there is left alone.
pub(crate) async fn enqueue(tx: &mut Tx, notices: &[Notice]) -> Result<(), sqlx::Error> {
    let Some(sql) = notices.len().checked_sub(1).and_then(|i| ENQUEUE.text(tx, i)) else { return Ok(()) };
    on!(tx, |c| {
        let mut q = sqlx::query(sql);
        for n in notices {
            q = q
                .bind(n.tenant.to_string())
                .bind(n.id.to_string())
                .bind(n.account.to_string())
                .bind(n.application.to_string())
                .bind(n.procedure.to_string())
                .bind(n.kind.code())
                .bind(n.receipt.to_string())
                .bind(n.due.map(|d| d.to_string()))
                .bind(n.days.map(i64::from))
                .bind(n.page.to_string())
                .bind(n.at.0)
                .bind(n.not_after.0)
                .bind("waiting")
                .bind(n.at.0)
                .bind(n.occasion.map(|o| o.to_string()));
        }
        q.execute(c).await.map(drop)
    })
}

/// A notice for pages.
#[derive(sqlx::FromRow)]
pub(crate) struct ViewRow {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) created_at: i64,
    pub(crate) state: String,
    pub(crate) first_unknown_at: Option<i64>,
    pub(crate) accepted_at: Option<i64>,
    pub(crate) body: Option<String>,
    pub(crate) attempts: i64,
    pub(crate) request_id: Option<String>,
    pub(crate) last_outcome: Option<String>,
    pub(crate) hold: Option<String>,
    pub(crate) lane_hold: Option<String>,
}

pub(crate) async fn of_application(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<ViewRow>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select n.id, n.kind, n.created_at, n.state, n.first_unknown_at, n.accepted_at, n.body, n.attempts, \
         n.request_id, n.last_outcome, n.hold, l.hold as lane_hold \
         from line_notice n left join line_lane l on l.tenant_id = n.tenant_id \
         where n.tenant_id = $1 and n.application_id = $2 order by n.seq"
    )
    .bind(tenant.to_string())
    .bind(application.to_string())
    .fetch_all(c)
    .await)
}

pub(crate) async fn by_page(
    x: &mut impl Exec,
    tenant: TenantId,
    token: &str,
) -> Result<Option<(String, String)>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select account_id, application_id from line_notice where tenant_id = $1 and page = $2"
    )
    .bind(tenant.to_string())
    .bind(token)
    .fetch_optional(c)
    .await)
}

/// Stops what is not under way: the person has ended the link.
pub(crate) async fn stop_all(tx: &mut Tx, tenant: TenantId, account: AccountId) -> Result<u64, sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update line_notice set state = 'stopped', last_outcome = 'unlinked', hold = null \
         where tenant_id = $1 and account_id = $2 and state in ('waiting', 'frozen')"
    )
    .bind(tenant.to_string())
    .bind(account.to_string())
    .execute(c)
    .await
    .map(|r| r.rows_affected()))
}
