//! Corrections that were asked for, and the rounds of answers that they replaced.

use madoguchi_base::db::Exec;
use madoguchi_base::{ApplicationId, Day, Millis, StaffId, TenantId, on};
use uuid::Uuid;

/// A request for a correction.
#[derive(Debug, Clone)]
pub struct NewCorrection<'a> {
    pub(crate) event: Uuid,
    pub(crate) round: u32,
    pub(crate) from: &'static str,
    pub(crate) due: Day,
    pub(crate) staff: StaffId,
    pub(crate) sealed: &'a [u8],
    pub(crate) at: Millis,
}

/// Stores a request.
pub async fn insert_correction(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
    new: &NewCorrection<'_>,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "insert into application_correction (tenant_id, event_id, application_id, round, from_state, due, \
             staff_id, sealed, asked_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(tenant.to_string())
        .bind(new.event.to_string())
        .bind(application.to_string())
        .bind(i64::from(new.round))
        .bind(new.from)
        .bind(new.due.to_string())
        .bind(new.staff.to_string())
        .bind(new.sealed)
        .bind(new.at.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// A request as pages and acts need it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct CorrectionRow {
    /// The step of history that asked.
    pub event_id: String,
    /// Which round of answers is to be corrected.
    pub round: i64,
    /// The state to which an answer leads back.
    pub from_state: String,
    /// Day, `2026-12-08`.
    pub due: String,
    /// Who asked.
    pub staff_id: String,
    /// Fields and reason, under the application's key.
    pub sealed: Vec<u8>,
    /// Unix milliseconds.
    pub asked_at: i64,
    /// Unix milliseconds.
    pub answered_at: Option<i64>,
}

/// The request that waits for an answer (or was overtaken by a rejection or a withdrawal).
pub async fn open_correction(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Option<CorrectionRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select event_id, round, from_state, due, staff_id, sealed, asked_at, answered_at \
             from application_correction where tenant_id = $1 and application_id = $2 and answered_at is null \
             order by event_id desc limit 1",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .fetch_optional(c)
        .await
    })
}

/// Every request, oldest first.
pub async fn corrections(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<CorrectionRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select event_id, round, from_state, due, staff_id, sealed, asked_at, answered_at \
             from application_correction where tenant_id = $1 and application_id = $2 \
             order by event_id limit 100",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .fetch_all(c)
        .await
    })
}

/// Notes that a request was answered.
pub async fn close_correction(
    x: &mut impl Exec,
    tenant: TenantId,
    event: &str,
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "update application_correction set answered_at = $3 where tenant_id = $1 and event_id = $2",
        )
        .bind(tenant.to_string())
        .bind(event)
        .bind(at.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// Keeps the answers that are about to be replaced, as they are sealed.
pub async fn keep_round(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "insert into application_round (tenant_id, application_id, round, answers_sealed, answers_mac, \
             replaced_at) select tenant_id, application_id, round, answers_sealed, answers_mac, $3 \
             from application where tenant_id = $1 and application_id = $2",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .bind(at.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// New answers in the place of the old ones.
#[derive(Debug)]
pub struct Answer<'a> {
    pub(crate) seen: i64,
    pub(crate) sealed: &'a [u8],
    pub(crate) mac: &'a [u8; 32],
    pub(crate) state: &'static str,
    pub(crate) due: Option<Day>,
    pub(crate) at: Millis,
}

/// Puts new answers in, one round further; `false` where somebody was faster.
pub async fn answer(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
    new: &Answer<'_>,
) -> Result<bool, sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "update application set answers_sealed = $4, answers_mac = $5, round = round + 1, state = $6, \
             version = version + 1, changed_at = $7, answered_at = $7, due = $8, days_left = null \
             where tenant_id = $1 and application_id = $2 and version = $3",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .bind(new.seen)
        .bind(new.sealed)
        .bind(new.mac.to_vec())
        .bind(new.state)
        .bind(new.at.0)
        .bind(new.due.map(|day| day.to_string()))
        .execute(c)
        .await
        .map(|r| r.rows_affected() == 1)
    })
}

/// Round and keyed hash of the present answers.
pub async fn answers_mac(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Option<(i64, Vec<u8>)>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select round, answers_mac from application where tenant_id = $1 and application_id = $2",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .fetch_optional(c)
        .await
    })
}

/// Answers of an earlier round.
#[derive(Debug, sqlx::FromRow)]
pub struct RoundRow {
    /// From 0.
    pub round: i64,
    /// As they were sealed.
    pub answers_sealed: Vec<u8>,
    /// Unix milliseconds.
    pub replaced_at: i64,
}

/// The earlier rounds, oldest first.
pub async fn rounds(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<RoundRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select round, answers_sealed, replaced_at from application_round \
             where tenant_id = $1 and application_id = $2 order by round limit 100",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .fetch_all(c)
        .await
    })
}
