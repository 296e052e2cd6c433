//! SQL of procedures.

use madoguchi_base::db::Exec;
use madoguchi_base::{Millis, ProcedureId, TenantId, on};

/// One published version.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Row {
    /// Procedure.
    pub procedure_id: String,
    /// Its name in addresses.
    pub slug: String,
    /// The version offered now.
    pub current_version: i64,
    /// This version.
    pub version: i64,
    /// Its definition, as JSON.
    pub definition: String,
}

/// Municipalities that have a catalogue.
pub async fn tenants(x: &mut impl Exec) -> Result<Vec<String>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar("select tenant_id from procedure_shelf order by tenant_id").fetch_all(c).await
    })
}

/// A municipality's facts, as JSON.
pub async fn shelf(x: &mut impl Exec, tenant: TenantId) -> Result<Option<String>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar("select definition from procedure_shelf where tenant_id = $1")
            .bind(tenant.to_string())
            .fetch_optional(c)
            .await
    })
}

/// Puts a municipality's facts in the place of the earlier ones.
pub async fn change_shelf(
    x: &mut impl Exec,
    tenant: TenantId,
    definition: &str,
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "insert into procedure_shelf (tenant_id, definition, published_at) values ($1, $2, $3) \
             on conflict (tenant_id) do update set definition = excluded.definition, \
             published_at = excluded.published_at where procedure_shelf.definition <> excluded.definition",
        )
        .bind(tenant.to_string())
        .bind(definition)
        .bind(at.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// Every version of every procedure of a municipality.
pub async fn versions(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<Row>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select p.procedure_id, p.slug, p.current_version, v.version, v.definition from procedure p \
             join procedure_version v on v.tenant_id = p.tenant_id and v.procedure_id = p.procedure_id \
             where p.tenant_id = $1 order by p.slug, v.version",
        )
        .bind(tenant.to_string())
        .fetch_all(c)
        .await
    })
}

/// The version that has this definition.
pub async fn find_version(
    x: &mut impl Exec,
    tenant: TenantId,
    procedure: ProcedureId,
    hash: &str,
) -> Result<Option<i64>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar(
            "select version from procedure_version where tenant_id = $1 and procedure_id = $2 and hash = $3",
        )
        .bind(tenant.to_string())
        .bind(procedure.to_string())
        .bind(hash)
        .fetch_optional(c)
        .await
    })
}

/// The highest version, 0 where there is none.
pub async fn last_version(
    x: &mut impl Exec,
    tenant: TenantId,
    procedure: ProcedureId,
) -> Result<i64, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar(
            "select cast(coalesce(max(version), 0) as bigint) from procedure_version \
             where tenant_id = $1 and procedure_id = $2",
        )
        .bind(tenant.to_string())
        .bind(procedure.to_string())
        .fetch_one(c)
        .await
    })
}

/// A version to insert.
pub struct NewVersion<'a> {
    /// Procedure.
    pub procedure: ProcedureId,
    /// Version.
    pub version: i64,
    /// SHA-256 of the definition, in hex.
    pub hash: &'a str,
    /// JSON.
    pub definition: &'a str,
    /// When.
    pub at: Millis,
}

/// Adds a version.
pub async fn insert_version(
    x: &mut impl Exec,
    tenant: TenantId,
    new: &NewVersion<'_>,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "insert into procedure_version (tenant_id, procedure_id, version, hash, definition, published_at) \
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(tenant.to_string())
        .bind(new.procedure.to_string())
        .bind(new.version)
        .bind(new.hash)
        .bind(new.definition)
        .bind(new.at.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// Makes a version the one that is offered.
pub async fn change_current(
    x: &mut impl Exec,
    tenant: TenantId,
    procedure: ProcedureId,
    slug: &str,
    version: i64,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "insert into procedure (tenant_id, procedure_id, slug, current_version) values ($1, $2, $3, $4) \
             on conflict (tenant_id, procedure_id) do update set current_version = excluded.current_version",
        )
        .bind(tenant.to_string())
        .bind(procedure.to_string())
        .bind(slug)
        .bind(version)
        .execute(c)
        .await
        .map(drop)
    })
}

/// The definition of a procedure as it is offered now, as JSON.
pub async fn current(
    x: &mut impl Exec,
    tenant: TenantId,
    procedure: ProcedureId,
) -> Result<Option<String>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar(
            "select v.definition from procedure p join procedure_version v on v.tenant_id = p.tenant_id \
             and v.procedure_id = p.procedure_id and v.version = p.current_version \
             where p.tenant_id = $1 and p.procedure_id = $2",
        )
        .bind(tenant.to_string())
        .bind(procedure.to_string())
        .fetch_optional(c)
        .await
    })
}
