//! SQL of lists, their items and holds.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Day, Millis, StaffId, TenantId, on};

/// A list.
#[derive(sqlx::FromRow, Clone)]
pub struct ListRow {
    /// Its id.
    pub list_id: String,
    /// `collecting`, `proposed`, …
    pub state: String,
    /// The day up to which the items were due.
    pub until_day: String,
    /// When it was begun.
    pub made_at: i64,
    /// Who began it.
    pub made_by: String,
    /// When it was approved or cancelled.
    pub decided_at: Option<i64>,
    /// Who did.
    pub decided_by: Option<String>,
    /// When the last item was gone.
    pub finished_at: Option<i64>,
}

/// An item.
#[derive(sqlx::FromRow, Clone)]
pub struct ItemRow {
    /// Application.
    pub application_id: String,
    /// Procedure.
    pub procedure_id: String,
    /// Receipt number, as it is stored.
    pub receipt: String,
    /// The day on which the application ended.
    pub ended_on: String,
    /// The first day on which it may be destroyed.
    pub due_on: String,
    /// `listed`, `held`, `gone`.
    pub state: String,
}

/// Begins a list; `false` where that id is taken (the form was sent twice).
pub async fn begin(
    tx: &mut Tx,
    tenant: TenantId,
    id: &str,
    until: Day,
    (at, staff): (Millis, StaffId),
) -> Result<bool, sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "insert into retention_list (tenant_id, list_id, state, until_day, made_at, made_by) \
         values ($1, $2, 'collecting', $3, $4, $5) on conflict do nothing"
    )
    .bind(tenant.to_string())
    .bind(id)
    .bind(until.to_string())
    .bind(at.0)
    .bind(staff.to_string())
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1))
}

/// The newest lists.
pub async fn lists(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<ListRow>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select list_id, state, until_day, made_at, made_by, decided_at, decided_by, finished_at \
         from retention_list where tenant_id = $1 order by made_at desc limit 50"
    )
    .bind(tenant.to_string())
    .fetch_all(c)
    .await)
}

/// One list.
pub async fn list(x: &mut impl Exec, tenant: TenantId, id: &str) -> Result<Option<ListRow>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select list_id, state, until_day, made_at, made_by, decided_at, decided_by, finished_at \
         from retention_list where tenant_id = $1 and list_id = $2"
    )
    .bind(tenant.to_string())
    .bind(id)
    .fetch_optional(c)
    .await)
}

/// Lists that the job has to go on with.
pub async fn open(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<ListRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
        "select list_id, state, until_day, made_at, made_by, decided_at, decided_by, finished_at \
         from retention_list where tenant_id = $1 and state in ('collecting', 'approved') order by made_at limit 10"
    )
    .bind(tenant.to_string())
    .fetch_all(c)
    .await
    })
}

/// Moves a list on; `false` where it is not in the state `from` any more.
pub async fn go(
    tx: &mut Tx,
    tenant: TenantId,
    id: &str,
    (from, to): (&str, &str),
    at: Millis,
) -> Result<bool, sqlx::Error> {
    on!(tx, |c| {
        sqlx::query(
        "update retention_list set state = $4, finished_at = case when $4 = 'done' then $5 else finished_at end \
         where tenant_id = $1 and list_id = $2 and state = $3"
    )
    .bind(tenant.to_string())
    .bind(id)
    .bind(from)
    .bind(to)
    .bind(at.0)
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1)
    })
}

/// The second person's decision: never that of who made the list.
pub async fn decide(
    tx: &mut Tx,
    tenant: TenantId,
    id: &str,
    to: &str,
    (at, staff): (Millis, StaffId),
) -> Result<bool, sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update retention_list set state = $3, decided_at = $4, decided_by = $5 \
         where tenant_id = $1 and list_id = $2 and state = 'proposed' and (made_by <> $5 or $3 = 'cancelled')"
    )
    .bind(tenant.to_string())
    .bind(id)
    .bind(to)
    .bind(at.0)
    .bind(staff.to_string())
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1))
}

/// Puts an application on a list; one that stands there already stays.
pub async fn add(
    tx: &mut Tx,
    tenant: TenantId,
    list: &str,
    item: &ItemRow,
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(tx, |c| {
        sqlx::query(
        "insert into retention_item (tenant_id, list_id, application_id, procedure_id, receipt, ended_on, due_on, \
         state, at) values ($1, $2, $3, $4, $5, $6, $7, 'listed', $8) on conflict do nothing"
    )
    .bind(tenant.to_string())
    .bind(list)
    .bind(&item.application_id)
    .bind(&item.procedure_id)
    .bind(&item.receipt)
    .bind(&item.ended_on)
    .bind(&item.due_on)
    .bind(at.0)
    .execute(c)
    .await
    .map(drop)
    })
}

/// Items of a list after one of them.
pub async fn items(
    x: &mut impl Exec,
    tenant: TenantId,
    list: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<ItemRow>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select application_id, procedure_id, receipt, ended_on, due_on, state from retention_item \
         where tenant_id = $1 and list_id = $2 and application_id > $3 order by application_id limit $4"
    )
    .bind(tenant.to_string())
    .bind(list)
    .bind(after)
    .bind(limit)
    .fetch_all(c)
    .await)
}

/// Items that are still to be destroyed.
pub async fn listed(
    x: &mut impl Exec,
    tenant: TenantId,
    list: &str,
    limit: i64,
) -> Result<Vec<String>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar(
        "select application_id from retention_item where tenant_id = $1 and list_id = $2 and state = 'listed' \
         order by application_id limit $3"
    )
    .bind(tenant.to_string())
    .bind(list)
    .bind(limit)
    .fetch_all(c)
    .await
    })
}

/// How many items of a list are in which state.
pub async fn counts(
    x: &mut impl Exec,
    tenant: TenantId,
    list: &str,
) -> Result<Vec<(String, i64)>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select state, cast(count(*) as bigint) from retention_item where tenant_id = $1 and list_id = $2 \
         group by state"
    )
    .bind(tenant.to_string())
    .bind(list)
    .fetch_all(c)
    .await)
}

/// Notes what became of an item.
pub async fn end_item(
    tx: &mut Tx,
    tenant: TenantId,
    list: &str,
    application: &str,
    (state, at): (&str, Millis),
) -> Result<bool, sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update retention_item set state = $4, at = $5 \
         where tenant_id = $1 and list_id = $2 and application_id = $3 and state = 'listed'"
    )
    .bind(tenant.to_string())
    .bind(list)
    .bind(application)
    .bind(state)
    .bind(at.0)
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1))
}

/// Keeps an application beyond its time.
pub async fn hold(
    tx: &mut Tx,
    tenant: TenantId,
    application: &str,
    reason: &str,
    (at, staff): (Millis, StaffId),
) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "insert into retention_hold (tenant_id, application_id, reason, set_at, set_by) \
         values ($1, $2, $3, $4, $5) on conflict do nothing"
    )
    .bind(tenant.to_string())
    .bind(application)
    .bind(reason)
    .bind(at.0)
    .bind(staff.to_string())
    .execute(c)
    .await
    .map(drop))
}

/// Everything that is held, newest first: application and reason.
pub async fn holds(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<(String, String)>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
        "select application_id, reason from retention_hold where tenant_id = $1 order by set_at desc limit 200"
    )
    .bind(tenant.to_string())
    .fetch_all(c)
    .await
    })
}

/// Whether an application is held.
pub async fn is_held(x: &mut impl Exec, tenant: TenantId, application: &str) -> Result<bool, sqlx::Error> {
    let found: Option<String> = on!(x, |c| sqlx::query_scalar(
        "select reason from retention_hold where tenant_id = $1 and application_id = $2"
    )
    .bind(tenant.to_string())
    .bind(application)
    .fetch_optional(c)
    .await)?;
    Ok(found.is_some())
}

/// Lets an application go again.
pub async fn release(tx: &mut Tx, tenant: TenantId, application: &str) -> Result<bool, sqlx::Error> {
    on!(tx, |c| sqlx::query("delete from retention_hold where tenant_id = $1 and application_id = $2")
        .bind(tenant.to_string())
        .bind(application)
        .execute(c)
        .await
        .map(|r| r.rows_affected() == 1))
}
