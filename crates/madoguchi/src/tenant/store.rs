//! SQL of municipalities.

use madoguchi_base::db::Exec;
use madoguchi_base::{Millis, TenantId, on};

/// A municipality's row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Row {
    /// 団体コード.
    pub tenant_id: String,
    /// Name in addresses.
    pub slug: String,
    /// X25519 public key.
    pub public_key: Vec<u8>,
}

/// Every municipality.
pub async fn list(x: &mut impl Exec) -> Result<Vec<Row>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as("select tenant_id, slug, public_key from tenant order by tenant_id").fetch_all(c).await
    })
}

/// Adds a municipality; an existing one stays as it is.
pub async fn insert(
    x: &mut impl Exec,
    tenant: TenantId,
    slug: &str,
    public_key: &[u8],
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "insert into tenant (tenant_id, slug, public_key, made_at) values ($1, $2, $3, $4) \
             on conflict do nothing",
        )
        .bind(tenant.to_string())
        .bind(slug)
        .bind(public_key)
        .bind(at.0)
        .execute(c)
        .await
        .map(drop)
    })
}
