//! Statements of the page of accounts, and of filters that stay.

use madoguchi_base::db::Exec;
use madoguchi_base::{TenantId, on};

/// An account as administrators see it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StaffRow {
    /// Id.
    pub staff_id: String,
    /// What is typed at sign-in.
    pub login: String,
    /// Name.
    pub name: String,
    /// Code of the role.
    pub role: String,
    /// Departments, ids with spaces between them.
    pub department: String,
    /// Closed then.
    pub disabled_at: Option<i64>,
}

/// Every account of a municipality, open ones first (the first 500).
pub async fn everybody(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<StaffRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select staff_id, login, name, role, department, disabled_at from staff where tenant_id = $1 \
             order by case when disabled_at is null then 0 else 1 end, login limit 500",
        )
        .bind(tenant.to_string())
        .fetch_all(c)
        .await
    })
}

/// One account.
pub async fn staff(x: &mut impl Exec, tenant: TenantId, id: &str) -> Result<Option<StaffRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select staff_id, login, name, role, department, disabled_at from staff \
             where tenant_id = $1 and staff_id = $2",
        )
        .bind(tenant.to_string())
        .bind(id)
        .fetch_optional(c)
        .await
    })
}

/// Gives an account other departments; the id where there is such an account.
pub async fn set_departments(
    x: &mut impl Exec,
    tenant: TenantId,
    login: &str,
    departments: &str,
) -> Result<Option<String>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar(
            "update staff set department = $3 where tenant_id = $1 and login = $2 returning staff_id",
        )
        .bind(tenant.to_string())
        .bind(login)
        .bind(departments)
        .fetch_optional(c)
        .await
    })
}

/// Keeps the filters of a session.
pub async fn save_filters(
    x: &mut impl Exec,
    tenant: TenantId,
    hash: &[u8; 32],
    filters: &str,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query("update staff_session set filters = $3 where tenant_id = $1 and token_hash = $2")
            .bind(tenant.to_string())
            .bind(hash.to_vec())
            .bind(filters)
            .execute(c)
            .await
            .map(drop)
    })
}
