//! What 「今日やること」 reads: applications with a day, answered corrections, notices that did not arrive.

use std::sync::LazyLock;

use madoguchi_base::db::{Exec, Shapes};
use madoguchi_base::{ApplicationId, Day, Millis, ProcedureId, StaffId, TenantId, on};
use uuid::Uuid;

use super::InboxRow;
use crate::sql::{MAX_ROWS, in_lists, shape};

const COLUMNS: &str = "application_id, receipt, procedure_id, form_version, state, arrived_at, due";

static DUE: LazyLock<Shapes> = LazyLock::new(|| {
    let head = format!(
        "select {COLUMNS} from application where tenant_id = $1 and due >= $2 and due <= $3 and due is not null \
         and procedure_id"
    );
    in_lists(&head, 4, " order by due, application_id limit 1000")
});

static ANSWERED: LazyLock<Shapes> = LazyLock::new(|| {
    let head = format!(
        "select {COLUMNS} from application where tenant_id = $1 and answered_at is not null and procedure_id"
    );
    in_lists(&head, 2, " order by answered_at, application_id limit 1000")
});

/// States of notices that did not arrive; the index holds these only.
const TROUBLED: &str = "n.state in ('parked', 'refused', 'expired', 'undeliverable')";

/// Nobody of the office has told the person otherwise since.
const UNTOLD: &str = "not exists (select 1 from application_contact k where k.tenant_id = n.tenant_id \
                      and k.application_id = n.application_id and k.at >= n.created_at)";

static UNDELIVERED: LazyLock<Shapes> = LazyLock::new(|| {
    let head = format!(
        "select a.application_id, a.receipt, a.procedure_id, a.form_version, a.state, a.arrived_at, a.due \
         from line_notice n join application a on a.tenant_id = n.tenant_id and a.application_id = n.application_id \
         where n.tenant_id = $1 and {TROUBLED} and n.created_at >= $2 and {UNTOLD} and a.procedure_id"
    );
    in_lists(&head, 3, " order by n.created_at desc limit 1000")
});

static AMONG: LazyLock<Shapes> = LazyLock::new(|| {
    let head = format!(
        "select distinct n.application_id from line_notice n where n.tenant_id = $1 and {TROUBLED} and {UNTOLD} \
         and n.application_id"
    );
    in_lists(&head, 2, "")
});

pub(super) fn statements() -> Vec<String> {
    [DUE.statements(), ANSWERED.statements(), UNDELIVERED.statements(), AMONG.statements()].concat()
}

/// Days between which something is due, both counted.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

/// Applications whose day lies between two days, the earliest first; at most a thousand for every 64 procedures.
pub async fn due(
    x: &mut impl Exec,
    tenant: TenantId,
    days: Due,
    procedures: &[ProcedureId],
) -> Result<Vec<InboxRow>, sqlx::Error> {
    let mut all = Vec::new();
    for some in procedures.chunks(MAX_ROWS) {
        let sql = shape(&DUE, x, some.len())?;
        let found: Vec<InboxRow> = on!(x, |c| {
            let mut q = sqlx::query_as(sql)
                .bind(tenant.to_string())
                .bind(days.from.to_string())
                .bind(days.to.to_string());
            for procedure in some {
                q = q.bind(procedure.to_string());
            }
            q.fetch_all(c).await
        })?;
        all.extend(found);
    }
    all.sort_by(|a, b| (&a.due, &a.application_id).cmp(&(&b.due, &b.application_id)));
    Ok(all)
}

/// Applications whose correction was answered and that wait for a look, the longest waiting first.
pub async fn answered(
    x: &mut impl Exec,
    tenant: TenantId,
    procedures: &[ProcedureId],
) -> Result<Vec<InboxRow>, sqlx::Error> {
    let mut all = Vec::new();
    for some in procedures.chunks(MAX_ROWS) {
        let sql = shape(&ANSWERED, x, some.len())?;
        let found: Vec<InboxRow> = on!(x, |c| {
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

/// Applications of which a notice made at `since` or later did not arrive, and nobody has told the person otherwise;
/// one line for each notice, the newest first.
pub async fn undelivered(
    x: &mut impl Exec,
    tenant: TenantId,
    since: Millis,
    procedures: &[ProcedureId],
) -> Result<Vec<InboxRow>, sqlx::Error> {
    let mut all = Vec::new();
    for some in procedures.chunks(MAX_ROWS) {
        let sql = shape(&UNDELIVERED, x, some.len())?;
        let found: Vec<InboxRow> = on!(x, |c| {
            let mut q = sqlx::query_as(sql).bind(tenant.to_string()).bind(since.0);
            for procedure in some {
                q = q.bind(procedure.to_string());
            }
            q.fetch_all(c).await
        })?;
        all.extend(found);
    }
    Ok(all)
}

/// Which of up to 64 applications have such a notice.
pub async fn undelivered_among(
    x: &mut impl Exec,
    tenant: TenantId,
    applications: &[&str],
) -> Result<Vec<String>, sqlx::Error> {
    if applications.is_empty() {
        return Ok(Vec::new());
    }
    let sql = shape(&AMONG, x, applications.len())?;
    on!(x, |c| {
        let mut q = sqlx::query_scalar(sql).bind(tenant.to_string());
        for id in applications {
            q = q.bind(*id);
        }
        q.fetch_all(c).await
    })
}

/// Somebody of the office told the person.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ContactRow {
    /// Who.
    pub staff_id: String,
    /// Unix milliseconds.
    pub at: i64,
    /// `telephone`, `post` or `none`.
    pub how: String,
}

/// Contacts about an application, oldest first.
pub async fn contacts(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<ContactRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select staff_id, at, how from application_contact where tenant_id = $1 and application_id = $2 \
             order by at limit 100",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .fetch_all(c)
        .await
    })
}

/// Stores a contact; `false` where this very one is there already.
pub async fn insert_contact(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
    (id, staff, at, how): (Uuid, StaffId, Millis, &str),
) -> Result<bool, sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "insert into application_contact (tenant_id, contact_id, application_id, staff_id, at, how) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(tenant.to_string())
        .bind(id.to_string())
        .bind(application.to_string())
        .bind(staff.to_string())
        .bind(at.0)
        .bind(how)
        .execute(c)
        .await
        .map(|r| r.rows_affected() == 1)
    })
}
