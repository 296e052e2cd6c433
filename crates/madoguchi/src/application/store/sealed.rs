//! Sealed answers, keys and epochs.

use madoguchi_base::db::Exec;
use madoguchi_base::{ApplicationId, Millis, TenantId, on};
use uuid::Uuid;

/// What opening an application needs: sealed answers, sealed reason, wrapped key, sealed epoch key.
#[derive(Debug, sqlx::FromRow)]
pub struct Sealed {
    /// Answers under the application key.
    pub answers_sealed: Vec<u8>,
    /// Reason of a rejection, if any.
    pub reason_sealed: Option<Vec<u8>>,
    /// Correction round of the answers.
    pub round: i64,
    /// Epoch under which the key is wrapped.
    pub epoch_id: String,
    /// The application key under the epoch key.
    pub wrapped: Vec<u8>,
    /// The epoch key under the municipality's key.
    pub epoch_sealed: Vec<u8>,
}

/// Loads what opening needs.
pub async fn sealed(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Option<Sealed>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select a.answers_sealed, a.reason_sealed, a.round, k.epoch_id, k.wrapped, e.sealed as epoch_sealed \
             from application a \
             join application_key k on k.tenant_id = a.tenant_id and k.application_id = a.application_id \
             join epoch_key e on e.tenant_id = k.tenant_id and e.epoch_id = k.epoch_id \
             where a.tenant_id = $1 and a.application_id = $2",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .fetch_optional(c)
        .await
    })
}

/// Stores the sealed copy of an epoch key, before the key is used.
pub async fn insert_epoch(
    x: &mut impl Exec,
    tenant: TenantId,
    epoch: Uuid,
    sealed: &[u8],
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query("insert into epoch_key (tenant_id, epoch_id, sealed, made_at) values ($1, $2, $3, $4)")
            .bind(tenant.to_string())
            .bind(epoch.to_string())
            .bind(sealed)
            .bind(at.0)
            .execute(c)
            .await
            .map(drop)
    })
}
