//! What the office's lists read: applications and the audit log, without a single answer. Writes nothing.

use std::sync::LazyLock;

use madoguchi_base::db::{Exec, Shapes};
use madoguchi_base::{Millis, TenantId, on};

use crate::application::State;
use crate::application::state::STATES;
use crate::sql::{in_lists, shape};

/// Counting ends here: 「999+」 says enough, and the page stays fast with millions of rows.
const COUNT_TO: usize = 1_000;

/// One part per state, so that each is read in the order of the index (tenant, state, arrival).
static INBOX: LazyLock<Shapes> = LazyLock::new(|| {
    let columns = "application_id, receipt, procedure_id, form_version, state, arrived_at";
    let part = |n: usize| {
        format!(
            "select {columns} from (select {columns} from application where tenant_id = $1 and state = ${} \
             and (arrived_at, application_id) < ($2, $3) \
             order by arrived_at desc, application_id desc limit $4) as p{n}",
            n + 5
        )
    };
    let texts = (1..=STATES.len())
        .map(|n| {
            let parts: Vec<String> = (0..n).map(part).collect();
            format!(
                "select {columns} from ({}) as every_state order by arrived_at desc, application_id desc limit $4",
                parts.join(" union all ")
            )
        })
        .collect();
    Shapes::new(texts)
});

static COUNTS: LazyLock<Shapes> = LazyLock::new(|| {
    let part = |(_, code): &(State, &str)| {
        format!(
            "select '{code}' as state, cast(count(*) as bigint) as n from (select 1 as one from application \
             where tenant_id = $1 and state = '{code}' limit {COUNT_TO}) as {code}_rows"
        )
    };
    Shapes::new(vec![STATES.iter().map(part).collect::<Vec<_>>().join(" union all ")])
});

static NAMES: LazyLock<Shapes> =
    LazyLock::new(|| in_lists("select staff_id, name from staff where tenant_id = $1 and staff_id", 2, ""));

/// Statements made at run time, for the test that prepares them all.
pub fn statements() -> Vec<String> {
    [INBOX.statements(), COUNTS.statements(), NAMES.statements()].concat()
}

/// A line of the inbox.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct InboxRow {
    /// Id.
    pub application_id: String,
    /// Twelve digits.
    pub receipt: String,
    /// What it asks for.
    pub procedure_id: String,
    /// Version of the form.
    pub form_version: i64,
    /// Code of the state.
    pub state: String,
    /// Unix milliseconds.
    pub arrived_at: i64,
}

/// Where a page of a list begins: everything before this time and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageKey {
    /// Unix milliseconds.
    pub at: i64,
    /// Id of the last row of the page before.
    pub id: String,
}

/// Applications in one of `states`, newest first.
pub async fn inbox(
    x: &mut impl Exec,
    tenant: TenantId,
    states: &[State],
    from: &PageKey,
    limit: i64,
) -> Result<Vec<InboxRow>, sqlx::Error> {
    let sql = shape(&INBOX, x, states.len())?;
    on!(x, |c| {
        let mut q =
            sqlx::query_as(sql).bind(tenant.to_string()).bind(from.at).bind(from.id.as_str()).bind(limit);
        for state in states {
            q = q.bind(state.code());
        }
        q.fetch_all(c).await
    })
}

/// Applications that arrived on a day and whose number ends with these four digits.
pub async fn by_last_four(
    x: &mut impl Exec,
    tenant: TenantId,
    four: &str,
    (from, to): (Millis, Millis),
) -> Result<Vec<InboxRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select application_id, receipt, procedure_id, form_version, state, arrived_at from application \
             where tenant_id = $1 and state in ('submitted', 'accepted', 'in_review', 'correction', 'payment_due', \
             'payment_overdue', 'paid', 'issuing', 'ready_for_pickup', 'done', 'rejected', 'withdrawn', \
             'duplicate') and arrived_at >= $3 and arrived_at < $4 and substr(receipt, 9, 4) = $2 \
             order by arrived_at desc limit 50",
        )
        .bind(tenant.to_string())
        .bind(four)
        .bind(from.0)
        .bind(to.0)
        .fetch_all(c)
        .await
    })
}

/// How many applications each state holds, counted to a thousand.
pub async fn counts(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let sql = shape(&COUNTS, x, 1)?;
    on!(x, |c| sqlx::query_as(sql).bind(tenant.to_string()).fetch_all(c).await)
}

/// Names of up to 64 members of staff.
pub async fn names(
    x: &mut impl Exec,
    tenant: TenantId,
    staff: &[&str],
) -> Result<Vec<(String, String)>, sqlx::Error> {
    if staff.is_empty() {
        return Ok(Vec::new());
    }
    let sql = shape(&NAMES, x, staff.len())?;
    on!(x, |c| {
        let mut q = sqlx::query_as(sql).bind(tenant.to_string());
        for id in staff {
            q = q.bind(*id);
        }
        q.fetch_all(c).await
    })
}

/// A line of the audit page.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AuditRow {
    /// Id, the key of paging.
    pub audit_id: String,
    /// Unix milliseconds.
    pub at: i64,
    /// `citizen`, `staff` or `system`.
    pub actor_kind: String,
    /// Account or staff id.
    pub actor_id: String,
    /// Dotted code.
    pub act: String,
    /// Codes and counts.
    pub detail: String,
    /// Application, if any.
    pub application_id: Option<String>,
    /// Its twelve digits.
    pub receipt: Option<String>,
}

/// Records before `before`, newest first.
pub async fn audit(
    x: &mut impl Exec,
    tenant: TenantId,
    before: &str,
    limit: i64,
) -> Result<Vec<AuditRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select a.audit_id, a.at, a.actor_kind, a.actor_id, a.act, a.detail, a.application_id, p.receipt \
             from audit a left join application p \
             on p.tenant_id = a.tenant_id and p.application_id = a.application_id \
             where a.tenant_id = $1 and a.audit_id < $2 order by a.audit_id desc limit $3",
        )
        .bind(tenant.to_string())
        .bind(before)
        .bind(limit)
        .fetch_all(c)
        .await
    })
}

/// Names in addresses of the municipalities.
pub async fn slugs(x: &mut impl Exec) -> Result<Vec<String>, sqlx::Error> {
    on!(x, |c| sqlx::query_scalar("select slug from tenant order by tenant_id limit 500").fetch_all(c).await)
}

/// An account as the command line lists it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Listed {
    /// Sign-in name.
    pub login: String,
    /// Name as colleagues read it.
    pub name: String,
    /// `clerk` or `admin`.
    pub role: String,
    /// When it was closed (unix milliseconds).
    pub disabled_at: Option<i64>,
}

/// Every account of a municipality.
pub async fn list(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<Listed>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as("select login, name, role, disabled_at from staff where tenant_id = $1 order by login")
            .bind(tenant.to_string())
            .fetch_all(c)
            .await
    })
}
