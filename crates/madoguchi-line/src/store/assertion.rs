//! `line_assertion_key`: key pairs that stand in for a channel's secret.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Millis, TenantId, on};

/// A key pair without its private half.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct KeyRow {
    pub(crate) key_id: String,
    pub(crate) kid: Option<String>,
    pub(crate) public_jwk: String,
    pub(crate) state: String,
    pub(crate) made_at: i64,
}

/// The pairs of a municipality, newest first.
pub(crate) async fn list(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<KeyRow>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select key_id, kid, public_jwk, state, made_at from line_assertion_key where tenant_id = $1 \
         order by made_at desc, key_id limit 20"
    )
    .bind(tenant.to_string())
    .fetch_all(c)
    .await)
}

/// The sealed private half of a pair that is not retired.
pub(crate) async fn private(
    x: &mut impl Exec,
    tenant: TenantId,
    key_id: &str,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    on!(x, |c| sqlx::query_scalar(
        "select private_sealed from line_assertion_key where tenant_id = $1 and key_id = $2 \
         and state <> 'retired'"
    )
    .bind(tenant.to_string())
    .bind(key_id)
    .fetch_optional(c)
    .await)
}

/// Stores a new pair; earlier ones that were never used are retired.
pub(crate) async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    (key_id, private_sealed, public_jwk): (&str, &[u8], &str),
    at: Millis,
) -> Result<(), sqlx::Error> {
    retire(tx, tenant, "made").await?;
    on!(tx, |c| sqlx::query(
        "insert into line_assertion_key (tenant_id, key_id, kid, private_sealed, public_jwk, state, made_at) \
         values ($1, $2, null, $3, $4, 'made', $5) on conflict (tenant_id, key_id) do nothing"
    )
    .bind(tenant.to_string())
    .bind(key_id)
    .bind(private_sealed)
    .bind(public_jwk)
    .bind(at.0)
    .execute(c)
    .await
    .map(drop))
}

/// Retires the pairs of a state. Their private halves are erased: nothing needs them any more.
pub(crate) async fn retire(tx: &mut Tx, tenant: TenantId, state: &'static str) -> Result<(), sqlx::Error> {
    let empty: &[u8] = &[];
    on!(tx, |c| sqlx::query(
        "update line_assertion_key set state = 'retired', private_sealed = $3 \
         where tenant_id = $1 and state = $2"
    )
    .bind(tenant.to_string())
    .bind(state)
    .bind(empty)
    .execute(c)
    .await
    .map(drop))
}

/// From now on the municipality's tokens are asked for with this pair.
pub(crate) async fn activate(
    tx: &mut Tx,
    tenant: TenantId,
    key_id: &str,
    kid: &str,
) -> Result<bool, sqlx::Error> {
    retire(tx, tenant, "active").await?;
    on!(tx, |c| sqlx::query(
        "update line_assertion_key set state = 'active', kid = $3 \
         where tenant_id = $1 and key_id = $2 and state = 'made'"
    )
    .bind(tenant.to_string())
    .bind(key_id)
    .bind(kid)
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1))
}
