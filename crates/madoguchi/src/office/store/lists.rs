//! What the office's lists read: applications and the audit log, without a single answer. Writes nothing.

use std::sync::LazyLock;

use madoguchi_base::db::{Exec, Shapes};
use madoguchi_base::{Millis, ProcedureId, TenantId, on};

use crate::application::State;
use crate::application::state::STATES;
use crate::sql::{in_lists, shape};

/// Counting ends here: 「999+」 says enough, and the page stays fast with millions of rows.
const COUNT_TO: usize = 1_000;

/// Procedures that one statement may look through: more parts than 500 are too many for SQLite.
const SCOPE: usize = 24;

const COLUMNS: &str = "application_id, receipt, procedure_id, form_version, state, arrived_at, due";

fn merged(parts: &[String]) -> String {
    format!(
        "select {COLUMNS} from ({}) as every_part order by arrived_at desc, application_id desc limit $5",
        parts.join(" union all ")
    )
}

fn newest_first(n: usize, condition: &str) -> String {
    format!(
        "select {COLUMNS} from (select {COLUMNS} from application where tenant_id = $1 and {condition} \
         and (arrived_at, application_id) < ($2, $3) and arrived_at >= $4 \
         order by arrived_at desc, application_id desc limit $5) as p{n}"
    )
}

/// One part per state, so that each is read in the order of the index (tenant, state, arrival).
static INBOX: LazyLock<Shapes> = LazyLock::new(|| {
    let part = |n: usize| newest_first(n, &format!("state = ${}", n + 6));
    Shapes::new((1..=STATES.len()).map(|n| merged(&(0..n).map(part).collect::<Vec<_>>())).collect())
});

/// One part per procedure and state, in the order of the index (tenant, procedure, state, arrival). A text for each
/// number of procedures, with room for every state.
static SCOPED: LazyLock<Shapes> = LazyLock::new(|| {
    let part =
        |n: usize| newest_first(n, &format!("procedure_id = ${} and state = ${}", 2 * n + 6, 2 * n + 7));
    let text = |procedures: usize| merged(&(0..procedures * STATES.len()).map(part).collect::<Vec<_>>());
    Shapes::new((1..=SCOPE).map(text).collect())
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

/// The same for some procedures.
static SCOPED_COUNTS: LazyLock<Shapes> = LazyLock::new(|| {
    let part = |(procedure, (_, code)): (usize, &(State, &str))| {
        format!(
            "select '{code}' as state, cast(count(*) as bigint) as n from (select 1 as one from application \
             where tenant_id = $1 and procedure_id = ${} and state = '{code}' limit {COUNT_TO}) as p{procedure}_{code}",
            procedure + 2
        )
    };
    let text = |procedures: usize| {
        let all = (0..procedures).flat_map(|p| STATES.iter().map(move |state| (p, state)));
        all.map(part).collect::<Vec<_>>().join(" union all ")
    };
    Shapes::new((1..=SCOPE).map(text).collect())
});

static NAMES: LazyLock<Shapes> =
    LazyLock::new(|| in_lists("select staff_id, name from staff where tenant_id = $1 and staff_id", 2, ""));

/// Statements made at run time, for the test that prepares them all.
pub fn statements() -> Vec<String> {
    [
        INBOX.statements(),
        SCOPED.statements(),
        COUNTS.statements(),
        SCOPED_COUNTS.statements(),
        NAMES.statements(),
        super::today::statements(),
    ]
    .concat()
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
    /// Its day, if it has one.
    pub due: Option<String>,
}

/// Where a page of a list begins: everything before this time and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageKey {
    /// Unix milliseconds.
    pub at: i64,
    /// Id of the last row of the page before.
    pub id: String,
}

/// What a list looks through.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    /// In one of these states.
    pub states: &'a [State],
    /// Of one of these procedures; `None`: of any.
    pub procedures: Option<&'a [ProcedureId]>,
    /// Arrived at this moment or later.
    pub since: Millis,
}

/// Applications of a scope before a key, newest first.
pub async fn inbox(
    x: &mut impl Exec,
    tenant: TenantId,
    scope: &Scope<'_>,
    from: &PageKey,
    limit: i64,
) -> Result<Vec<InboxRow>, sqlx::Error> {
    let Some(procedures) = scope.procedures else {
        let sql = shape(&INBOX, x, scope.states.len())?;
        return on!(x, |c| {
            let mut q = sqlx::query_as(sql)
                .bind(tenant.to_string())
                .bind(from.at)
                .bind(from.id.as_str())
                .bind(scope.since.0)
                .bind(limit);
            for state in scope.states {
                q = q.bind(state.code());
            }
            q.fetch_all(c).await
        });
    };
    let mut all = Vec::new();
    for some in procedures.chunks(SCOPE) {
        all.extend(scoped(x, tenant, (some, scope), from, limit).await?);
    }
    if procedures.len() > SCOPE {
        all.sort_by(|a: &InboxRow, b| {
            (b.arrived_at, &b.application_id).cmp(&(a.arrived_at, &a.application_id))
        });
        all.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Ok(all)
}

async fn scoped(
    x: &mut impl Exec,
    tenant: TenantId,
    (procedures, scope): (&[ProcedureId], &Scope<'_>),
    from: &PageKey,
    limit: i64,
) -> Result<Vec<InboxRow>, sqlx::Error> {
    let sql = shape(&SCOPED, x, procedures.len())?;
    on!(x, |c| {
        let mut q = sqlx::query_as(sql)
            .bind(tenant.to_string())
            .bind(from.at)
            .bind(from.id.as_str())
            .bind(scope.since.0)
            .bind(limit);
        for procedure in procedures {
            for n in 0..STATES.len() {
                // Room that is not needed looks for nothing, and finds it at once.
                let state = scope.states.get(n).map_or("", |s| s.code());
                q = q.bind(procedure.to_string()).bind(state);
            }
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
            "select application_id, receipt, procedure_id, form_version, state, arrived_at, due from application \
             where tenant_id = $1 and arrived_at >= $3 and arrived_at < $4 and substr(receipt, 9, 4) = $2 \
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

/// How many applications each state holds, counted to a thousand (per procedure where there is a scope).
pub async fn counts(
    x: &mut impl Exec,
    tenant: TenantId,
    procedures: Option<&[ProcedureId]>,
) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let Some(procedures) = procedures else {
        let sql = shape(&COUNTS, x, 1)?;
        return on!(x, |c| sqlx::query_as(sql).bind(tenant.to_string()).fetch_all(c).await);
    };
    let mut all = Vec::new();
    for some in procedures.chunks(SCOPE) {
        let sql = shape(&SCOPED_COUNTS, x, some.len())?;
        let found: Vec<(String, i64)> = on!(x, |c| {
            let mut q = sqlx::query_as(sql).bind(tenant.to_string());
            for procedure in some {
                q = q.bind(procedure.to_string());
            }
            q.fetch_all(c).await
        })?;
        all.extend(found);
    }
    Ok(all)
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
