//! SQL of the audit log.

use std::sync::LazyLock;

use madoguchi_base::db::{Exec, Shapes};
use madoguchi_base::{ApplicationId, TenantId, on};

use super::Record;
use crate::sql::{inserts, values};

static INSERT: LazyLock<Shapes> = LazyLock::new(|| {
    inserts("audit (tenant_id, audit_id, at, actor_kind, actor_id, act, application_id, detail, hash)", 9, "")
});

static LINK: LazyLock<Shapes> = LazyLock::new(|| {
    values(
        "update audit set seq = v.column2, mac = v.column3 from (values ",
        2,
        3,
        ") as v where audit.tenant_id = $1 and audit.audit_id = v.column1 and audit.seq is null",
    )
});

/// Statements made at run time, for the test that prepares them all.
pub fn statements() -> Vec<String> {
    [INSERT.statements(), LINK.statements()].concat()
}

/// Inserts up to 64 unlinked records with one statement.
pub async fn insert(x: &mut impl Exec, records: &[Record]) -> Result<(), sqlx::Error> {
    if records.is_empty() {
        return Ok(());
    }
    let sql = crate::sql::shape(&INSERT, x, records.len())?;
    on!(x, |c| {
        let mut q = sqlx::query(sql);
        for r in records {
            q = q
                .bind(r.tenant.to_string())
                .bind(r.id.to_string())
                .bind(r.at.0)
                .bind(r.actor.kind())
                .bind(r.actor.id())
                .bind(r.act)
                .bind(r.application.map(|a| a.to_string()))
                .bind(r.detail.as_str())
                .bind(r.mac().to_vec());
        }
        q.execute(c).await.map(drop)
    })
}

/// A stored record as the chain and the pages see it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Row {
    /// Municipality.
    pub tenant_id: String,
    /// Id.
    pub audit_id: String,
    /// Unix milliseconds.
    pub at: i64,
    /// `citizen`, `staff` or `system`.
    pub actor_kind: String,
    /// Account or staff id.
    pub actor_id: String,
    /// Dotted code.
    pub act: String,
    /// Application, if any.
    pub application_id: Option<String>,
    /// Codes and counts.
    pub detail: String,
    /// MAC of the content.
    pub hash: Vec<u8>,
    /// Place in the chain once linked.
    pub seq: Option<i64>,
    /// The link.
    pub mac: Option<Vec<u8>>,
}

/// Municipalities with unlinked records.
pub async fn tenants_with_tail(x: &mut impl Exec) -> Result<Vec<String>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar("select distinct tenant_id from audit where seq is null").fetch_all(c).await
    })
}

/// Unlinked records of a municipality after a record, oldest first.
pub async fn tail(x: &mut impl Exec, tenant: &str, after: &str, limit: i64) -> Result<Vec<Row>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select tenant_id, audit_id, at, actor_kind, actor_id, act, application_id, detail, hash, seq, mac \
             from audit where tenant_id = $1 and seq is null and audit_id > $2 order by audit_id limit $3",
        )
        .bind(tenant)
        .bind(after)
        .bind(limit)
        .fetch_all(c)
        .await
    })
}

/// Linked records after `after`, in the order of the chain.
pub async fn linked(
    x: &mut impl Exec,
    tenant: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select tenant_id, audit_id, at, actor_kind, actor_id, act, application_id, detail, hash, seq, mac \
             from audit where tenant_id = $1 and seq > $2 order by seq limit $3",
        )
        .bind(tenant)
        .bind(after)
        .bind(limit)
        .fetch_all(c)
        .await
    })
}

/// Records about one application, oldest first.
pub async fn of_application(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<Row>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select tenant_id, audit_id, at, actor_kind, actor_id, act, application_id, detail, hash, seq, mac \
             from audit where tenant_id = $1 and application_id = $2 order by at, audit_id limit 500",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .fetch_all(c)
        .await
    })
}

/// The last link of a municipality: number and value.
pub async fn head(x: &mut impl Exec, tenant: &str) -> Result<Option<(i64, Vec<u8>)>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as("select seq, mac from audit_head where tenant_id = $1")
            .bind(tenant)
            .fetch_optional(c)
            .await
    })
}

/// Moves the head from `from`; `false` where another node was faster.
pub async fn move_head(
    x: &mut impl Exec,
    tenant: &str,
    from: i64,
    to: i64,
    mac: &[u8],
) -> Result<bool, sqlx::Error> {
    on!(x, |c| {
        sqlx::query("insert into audit_head (tenant_id, seq, mac) values ($1, 0, $2) on conflict do nothing")
            .bind(tenant)
            .bind(Vec::<u8>::new())
            .execute(c)
            .await
            .map(drop)
    })?;
    on!(x, |c| {
        sqlx::query("update audit_head set seq = $3, mac = $4 where tenant_id = $1 and seq = $2")
            .bind(tenant)
            .bind(from)
            .bind(to)
            .bind(mac)
            .execute(c)
            .await
            .map(|r| r.rows_affected() == 1)
    })
}

/// Gives up to 64 records their places: id, number, link.
pub async fn set_links(
    x: &mut impl Exec,
    tenant: &str,
    links: &[(&str, i64, Vec<u8>)],
) -> Result<(), sqlx::Error> {
    let sql = crate::sql::shape(&LINK, x, links.len())?;
    on!(x, |c| {
        let mut q = sqlx::query(sql).bind(tenant);
        for (id, seq, mac) in links {
            q = q.bind(*id).bind(*seq).bind(mac.as_slice());
        }
        q.execute(c).await.map(drop)
    })
}

/// How many records are not linked yet, and the time of the oldest.
pub async fn waiting(x: &mut impl Exec, tenant: &str) -> Result<(i64, Option<i64>), sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select cast(count(*) as bigint), min(at) from audit where tenant_id = $1 and seq is null"
    )
    .bind(tenant)
    .fetch_one(c)
    .await)
}
