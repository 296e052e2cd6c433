//! Statements of the intake: many arrivals with few statements.

use std::sync::LazyLock;

use madoguchi_base::db::{Exec, Shapes};
use madoguchi_base::{TenantId, on};

use crate::application::intake::Arrival;
use crate::sql::{in_lists, inserts, shape};

static INSERT: LazyLock<Shapes> = LazyLock::new(|| {
    inserts(
        "application (tenant_id, application_id, account_id, procedure_id, form_version, submission_key, receipt, \
         answers_mac, answers_sealed, round, state, version, arrived_at, changed_at)",
        14,
        " on conflict do nothing",
    )
});
static INSERT_KEY: LazyLock<Shapes> =
    LazyLock::new(|| inserts("application_key (tenant_id, application_id, epoch_id, wrapped)", 4, ""));
static BY_KEYS: LazyLock<Shapes> = LazyLock::new(|| {
    in_lists(
        "select submission_key, application_id, account_id, receipt, answers_mac, arrived_at from application \
         where tenant_id = $1 and submission_key",
        2,
        "",
    )
});

pub(super) fn statements() -> Vec<String> {
    [INSERT.statements(), INSERT_KEY.statements(), BY_KEYS.statements()].concat()
}

/// What is known under a submission key.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Known {
    /// The key.
    pub submission_key: String,
    /// The application that arrived under it.
    pub application_id: String,
    /// Whose it is.
    pub account_id: String,
    /// Twelve digits.
    pub receipt: String,
    /// Keyed hash of the answers' canonical form.
    pub answers_mac: Vec<u8>,
    /// Unix milliseconds.
    pub arrived_at: i64,
}

/// Which of up to 64 submission keys are taken.
pub async fn find_by_keys(
    x: &mut impl Exec,
    tenant: TenantId,
    keys: &[&str],
) -> Result<Vec<Known>, sqlx::Error> {
    let sql = shape(&BY_KEYS, x, keys.len())?;
    on!(x, |c| {
        let mut q = sqlx::query_as(sql).bind(tenant.to_string());
        for key in keys {
            q = q.bind(*key);
        }
        q.fetch_all(c).await
    })
}

/// Inserts up to 64 arrivals; returns how many found their place (a taken key or receipt number leaves one out).
pub async fn insert(x: &mut impl Exec, rows: &[&Arrival]) -> Result<usize, sqlx::Error> {
    let sql = shape(&INSERT, x, rows.len())?;
    on!(x, |c| {
        let mut q = sqlx::query(sql);
        for r in rows {
            q = q
                .bind(r.tenant.to_string())
                .bind(r.application.to_string())
                .bind(r.account.to_string())
                .bind(r.procedure.to_string())
                .bind(i64::from(r.form_version))
                .bind(r.submission_key.as_str())
                .bind(r.receipt.digits())
                .bind(r.answers_mac.to_vec())
                .bind(r.answers_sealed.as_slice())
                .bind(0_i64)
                .bind("submitted")
                .bind(1_i64)
                .bind(r.at.0)
                .bind(r.at.0);
        }
        q.execute(c).await.map(|done| done.rows_affected() as usize)
    })
}

/// Inserts the wrapped keys of up to 64 arrivals.
pub async fn insert_keys(x: &mut impl Exec, rows: &[&Arrival]) -> Result<(), sqlx::Error> {
    let sql = shape(&INSERT_KEY, x, rows.len())?;
    on!(x, |c| {
        let mut q = sqlx::query(sql);
        for r in rows {
            q = q
                .bind(r.tenant.to_string())
                .bind(r.application.to_string())
                .bind(r.epoch.to_string())
                .bind(r.wrapped.as_slice());
        }
        q.execute(c).await.map(drop)
    })
}
