//! SQL of applications that have ended: finding those of an age, and destroying their content.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{ApplicationId, Millis, TenantId, on};

use crate::application::State;

/// An application that has come to its end.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Ended {
    /// Application.
    #[sqlx(rename = "application_id")]
    pub application: String,
    /// Procedure.
    #[sqlx(rename = "procedure_id")]
    pub procedure: String,
    /// Receipt number as it is stored.
    pub receipt: String,
    /// 到達.
    pub arrived_at: i64,
    /// When it came to its end (unix milliseconds).
    #[sqlx(rename = "changed_at")]
    pub ended_at: i64,
}

/// Applications in an end state that are not destroyed, in the order of their arrival.
pub async fn ended(
    x: &mut impl Exec,
    tenant: TenantId,
    state: State,
    (arrived_at, id): (i64, &str),
    limit: i64,
) -> Result<Vec<Ended>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
        "select application_id, procedure_id, receipt, arrived_at, changed_at from application \
         where tenant_id = $1 and state = $2 and (arrived_at, application_id) > ($3, $4) and destroyed_at is null \
         order by arrived_at, application_id limit $5"
    )
    .bind(tenant.to_string())
    .bind(state.code())
    .bind(arrived_at)
    .bind(id)
    .bind(limit)
    .fetch_all(c)
    .await
    })
}

/// Destroys what an application holds: key, answers of every round, reasons, notes. What stays tells that there was
/// one. `false` where it is destroyed already, or (unless `whatever`) has been reopened.
pub async fn destroy(
    tx: &mut Tx,
    tenant: TenantId,
    application: ApplicationId,
    (at, whatever): (Millis, bool),
) -> Result<bool, sqlx::Error> {
    let (tenant, id) = (tenant.to_string(), application.to_string());
    let marked = on!(tx, |c| {
        sqlx::query(
        "update application set answers_sealed = $3, answers_mac = $3, reason_sealed = null, destroyed_at = $4 \
         where tenant_id = $1 and application_id = $2 and destroyed_at is null \
         and ($5 or state in ('done', 'rejected', 'withdrawn', 'duplicate'))"
    )
    .bind(&tenant)
    .bind(&id)
    .bind(Vec::<u8>::new())
    .bind(at.0)
    .bind(whatever)
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1)
    })?;
    if !marked {
        return Ok(false);
    }
    for sql in [
        "delete from application_key where tenant_id = $1 and application_id = $2",
        "delete from application_round where tenant_id = $1 and application_id = $2",
        "delete from application_note where tenant_id = $1 and application_id = $2",
    ] {
        on!(tx, |c| sqlx::query(sql).bind(&tenant).bind(&id).execute(c).await.map(drop))?;
    }
    on!(tx, |c| {
        sqlx::query(
            "update application_correction set sealed = $3 where tenant_id = $1 and application_id = $2",
        )
        .bind(&tenant)
        .bind(&id)
        .bind(Vec::<u8>::new())
        .execute(c)
        .await
        .map(drop)
    })?;
    Ok(true)
}
