//! History and notes of an application.

use std::sync::LazyLock;

use madoguchi_base::db::{Exec, Shapes};
use madoguchi_base::{ApplicationId, Millis, TenantId, on};
use uuid::Uuid;

use crate::sql::{inserts, shape};

static INSERT_EVENT: LazyLock<Shapes> = LazyLock::new(|| {
    inserts(
        "application_event (tenant_id, event_id, application_id, command_id, at, actor_kind, actor_id, from_state, \
         to_state, round, notice_id)",
        11,
        "",
    )
});
pub(super) fn statements() -> Vec<String> {
    INSERT_EVENT.statements()
}

/// One step of an application's history.
#[derive(Debug, Clone)]
pub struct Event {
    pub(crate) tenant: TenantId,
    pub(crate) id: Uuid,
    pub(crate) application: ApplicationId,
    /// Makes a repeated command a no-op.
    pub(crate) command: String,
    pub(crate) at: Millis,
    pub(crate) actor_kind: &'static str,
    pub(crate) actor_id: String,
    pub(crate) from: Option<&'static str>,
    pub(crate) to: &'static str,
    pub(crate) round: u32,
    pub(crate) notice: Option<String>,
}

/// Inserts up to 64 steps.
pub async fn insert_events(x: &mut impl Exec, events: &[Event]) -> Result<(), sqlx::Error> {
    let sql = shape(&INSERT_EVENT, x, events.len())?;
    on!(x, |c| {
        let mut q = sqlx::query(sql);
        for e in events {
            q = q
                .bind(e.tenant.to_string())
                .bind(e.id.to_string())
                .bind(e.application.to_string())
                .bind(e.command.as_str())
                .bind(e.at.0)
                .bind(e.actor_kind)
                .bind(e.actor_id.as_str())
                .bind(e.from)
                .bind(e.to)
                .bind(i64::from(e.round))
                .bind(e.notice.as_deref());
        }
        q.execute(c).await.map(drop)
    })
}

/// Whether a command has been carried out for this application: the same id elsewhere says nothing.
pub async fn has_command(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
    command: &str,
) -> Result<bool, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar(
            "select cast(count(*) as bigint) from application_event \
             where tenant_id = $1 and application_id = $2 and command_id = $3",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .bind(command)
        .fetch_one(c)
        .await
        .map(|n: i64| n > 0)
    })
}

/// A step as pages show it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct EventRow {
    /// Unix milliseconds.
    pub at: i64,
    /// `citizen`, `staff` or `system`.
    pub actor_kind: String,
    /// Account or staff id.
    pub actor_id: String,
    /// State before, none at arrival.
    pub from_state: Option<String>,
    /// State after.
    pub to_state: String,
    /// The promised notice, if any.
    pub notice_id: Option<String>,
}

/// The history of an application, oldest first.
pub async fn events(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<EventRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select at, actor_kind, actor_id, from_state, to_state, notice_id from application_event \
             where tenant_id = $1 and application_id = $2 order by event_id limit 500",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .fetch_all(c)
        .await
    })
}

/// Stores an internal note (sealed).
pub async fn insert_note(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
    note: (Uuid, String, Millis, &[u8]),
) -> Result<(), sqlx::Error> {
    let (id, staff, at, sealed) = note;
    on!(x, |c| {
        sqlx::query(
            "insert into application_note (tenant_id, note_id, application_id, staff_id, at, sealed) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(tenant.to_string())
        .bind(id.to_string())
        .bind(application.to_string())
        .bind(staff.as_str())
        .bind(at.0)
        .bind(sealed)
        .execute(c)
        .await
        .map(drop)
    })
}

/// A note: id, staff id, time, sealed text.
pub type NoteRow = (String, String, i64, Vec<u8>);

/// Internal notes of an application, oldest first.
pub async fn notes(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<NoteRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select note_id, staff_id, at, sealed from application_note \
             where tenant_id = $1 and application_id = $2 order by note_id limit 200",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .fetch_all(c)
        .await
    })
}
