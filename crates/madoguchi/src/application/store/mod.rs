//! SQL of applications.

mod arrivals;
mod ended;
mod history;
mod moves;
mod rounds;
mod sealed;

use madoguchi_base::db::Exec;
use madoguchi_base::{AccountId, ApplicationId, Millis, TenantId, on};

pub use arrivals::{Known, find_by_keys, insert, insert_keys};
pub use ended::{Ended, destroy, ended};
pub use history::{Event, EventRow, NoteRow, events, has_command, insert_events, insert_note, notes};
pub use moves::{Identity, change, withdraw};
pub use rounds::{
    Answer, CorrectionRow, NewCorrection, RoundRow, answer, answers_mac, close_correction, corrections,
    insert_correction, keep_round, open_correction, rounds,
};
pub use sealed::{Sealed, insert_epoch, sealed};

use super::{Application, State};

/// Statements made at run time, for the test that prepares them all.
pub fn statements() -> Vec<String> {
    [arrivals::statements(), history::statements()].concat()
}

#[derive(sqlx::FromRow)]
struct Row {
    application_id: String,
    account_id: String,
    procedure_id: String,
    form_version: i64,
    receipt: String,
    round: i64,
    state: String,
    version: i64,
    arrived_at: i64,
    changed_at: i64,
    channel: String,
    due: Option<String>,
    days_left: Option<i64>,
    answered_at: Option<i64>,
    identity_at: Option<i64>,
    duplicate_of: Option<String>,
}

impl Row {
    fn read(self, tenant: TenantId) -> Result<Application, sqlx::Error> {
        let bad = |what: &str| sqlx::Error::Protocol(format!("application.{what} is not readable"));
        Ok(Application {
            tenant,
            id: self.application_id.parse().map_err(|_| bad("application_id"))?,
            account: self.account_id.parse().map_err(|_| bad("account_id"))?,
            procedure: self.procedure_id.parse().map_err(|_| bad("procedure_id"))?,
            form_version: u32::try_from(self.form_version).map_err(|_| bad("form_version"))?,
            receipt: self.receipt.parse().map_err(|_| bad("receipt"))?,
            round: u32::try_from(self.round).map_err(|_| bad("round"))?,
            state: self.state.parse().map_err(|_| bad("state"))?,
            version: self.version,
            arrived_at: Millis(self.arrived_at),
            changed_at: Millis(self.changed_at),
            channel: self.channel.parse().map_err(|_| bad("channel"))?,
            due: self.due.map(|day| day.parse()).transpose().map_err(|_| bad("due"))?,
            days_left: self.days_left,
            answered_at: self.answered_at.map(Millis),
            identity_at: self.identity_at.map(Millis),
            duplicate_of: self
                .duplicate_of
                .map(|id| id.parse())
                .transpose()
                .map_err(|_| bad("duplicate_of"))?,
        })
    }
}

/// One application.
pub async fn find(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Option<Application>, sqlx::Error> {
    let row: Option<Row> = on!(x, |c| {
        sqlx::query_as(
            "select application_id, account_id, procedure_id, form_version, receipt, round, state, version, \
             arrived_at, changed_at, channel, due, days_left, answered_at, identity_at, duplicate_of from application where tenant_id = $1 and application_id = $2",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .fetch_optional(c)
        .await
    })?;
    row.map(|r| r.read(tenant)).transpose()
}

/// A citizen's applications, newest first (the last 200).
pub async fn list_mine(
    x: &mut impl Exec,
    tenant: TenantId,
    account: AccountId,
) -> Result<Vec<Application>, sqlx::Error> {
    let rows: Vec<Row> = on!(x, |c| {
        sqlx::query_as(
            "select application_id, account_id, procedure_id, form_version, receipt, round, state, version, \
             arrived_at, changed_at, channel, due, days_left, answered_at, identity_at, duplicate_of from application where tenant_id = $1 and account_id = $2 \
             order by arrived_at desc limit 200",
        )
        .bind(tenant.to_string())
        .bind(account.to_string())
        .fetch_all(c)
        .await
    })?;
    rows.into_iter().map(|r| r.read(tenant)).collect()
}

/// All states together: applications that arrived before `before`, newest first, `limit` at most.
pub async fn list_newest(
    x: &mut impl Exec,
    tenant: TenantId,
    before: Millis,
    limit: i64,
) -> Result<Vec<Application>, sqlx::Error> {
    let rows: Vec<Row> = on!(x, |c| {
        sqlx::query_as(
            "select application_id, account_id, procedure_id, form_version, receipt, round, state, version, \
             arrived_at, changed_at, channel, due, days_left, answered_at, identity_at, duplicate_of from application where tenant_id = $1 and arrived_at < $2 \
             order by arrived_at desc limit $3",
        )
        .bind(tenant.to_string())
        .bind(before.0)
        .bind(limit)
        .fetch_all(c)
        .await
    })?;
    rows.into_iter().map(|r| r.read(tenant)).collect()
}

/// An application by its whole receipt number (twelve digits).
pub async fn find_by_receipt(
    x: &mut impl Exec,
    tenant: TenantId,
    digits: &str,
) -> Result<Option<String>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar("select application_id from application where tenant_id = $1 and receipt = $2")
            .bind(tenant.to_string())
            .bind(digits)
            .fetch_optional(c)
            .await
    })
}

/// State and round, and nothing else: for the part that may read no more.
pub async fn standing(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Option<(State, u32)>, sqlx::Error> {
    let row: Option<(String, i64)> = on!(x, |c| {
        sqlx::query_as("select state, round from application where tenant_id = $1 and application_id = $2")
            .bind(tenant.to_string())
            .bind(application.to_string())
            .fetch_optional(c)
            .await
    })?;
    Ok(row.and_then(|(state, round)| Some((state.parse().ok()?, u32::try_from(round).ok()?))))
}
