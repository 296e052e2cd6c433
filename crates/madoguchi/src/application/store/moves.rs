//! Statements of a move.

use madoguchi_base::db::Exec;
use madoguchi_base::{ApplicationId, StaffId, TenantId, on};

use crate::application::Changed;

/// Who looked at the documents, where this move says so.
pub type Identity = Option<StaffId>;

/// Moves an application from the version that was seen; `false` where somebody was faster.
pub async fn change(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
    changed: &Changed,
    (reason_sealed, identity): (Option<&[u8]>, Identity),
) -> Result<bool, sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "update application set state = $4, version = version + 1, changed_at = $5, \
             reason_sealed = coalesce($6, reason_sealed), due = $7, days_left = $8, answered_at = null, \
             duplicate_of = $9, identity_by = coalesce(identity_by, $10), \
             identity_at = case when $10 is null then identity_at else coalesce(identity_at, $5) end \
             where tenant_id = $1 and application_id = $2 and version = $3",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .bind(changed.seen)
        .bind(changed.to.code())
        .bind(changed.at.0)
        .bind(reason_sealed)
        .bind(changed.due.map(|day| day.to_string()))
        .bind(changed.days_left)
        .bind(changed.duplicate_of.map(|id| id.to_string()))
        .bind(identity.map(|id| id.to_string()))
        .execute(c)
        .await
        .map(|r| r.rows_affected() == 1)
    })
}

/// Takes an application back from the version that was seen: the citizens' part of the program may write no more.
pub async fn withdraw(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
    changed: &Changed,
) -> Result<bool, sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "update application set state = $4, version = version + 1, changed_at = $5, due = null, \
             days_left = null, answered_at = null where tenant_id = $1 and application_id = $2 and version = $3",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .bind(changed.seen)
        .bind(changed.to.code())
        .bind(changed.at.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected() == 1)
    })
}
