//! SQL of guide pages, announcements and the survey.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Day, Millis, StaffId, TenantId, on};

/// A version of a page.
#[derive(sqlx::FromRow, Clone)]
pub struct PageRow {
    /// Topic's code.
    pub topic: String,
    /// Version, from 1.
    pub version: i64,
    /// Text as it was written.
    pub body: String,
    /// When it was published.
    pub published_at: i64,
}

/// The current version of every topic.
pub async fn current(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<PageRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
        "select p.topic, p.version, p.body, p.published_at from guide_page p where p.tenant_id = $1 \
         and p.version = (select max(q.version) from guide_page q where q.tenant_id = $1 and q.topic = p.topic)"
    )
    .bind(tenant.to_string())
    .fetch_all(c)
    .await
    })
}

/// One version.
pub async fn find(
    x: &mut impl Exec,
    tenant: TenantId,
    topic: &str,
    version: i64,
) -> Result<Option<PageRow>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select topic, version, body, published_at from guide_page \
         where tenant_id = $1 and topic = $2 and version = $3"
    )
    .bind(tenant.to_string())
    .bind(topic)
    .bind(version)
    .fetch_optional(c)
    .await)
}

/// Adds a version; `false` where there is one of that number.
pub async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    (topic, version): (&str, i64),
    body: &str,
    (at, staff): (Millis, Option<StaffId>),
) -> Result<bool, sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "insert into guide_page (tenant_id, topic, version, body, published_at, staff_id) \
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing"
    )
    .bind(tenant.to_string())
    .bind(topic)
    .bind(version)
    .bind(body)
    .bind(at.0)
    .bind(staff.map(|s| s.to_string()))
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1))
}

/// An announcement as it is stored.
#[derive(sqlx::FromRow)]
pub struct AnnouncementRow {
    /// Its id.
    pub announcement_id: String,
    /// `news` or `stop`.
    pub kind: String,
    /// One line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// Shown from.
    pub shown_from: i64,
    /// Shown until before.
    pub shown_until: i64,
    /// Closed from.
    pub stop_from: Option<i64>,
    /// Closed until before.
    pub stop_until: Option<i64>,
    /// For optimistic locking.
    pub version: i64,
}

/// Announcements that are not over at `now`, the next to begin first; at most 100.
pub async fn announcements(
    x: &mut impl Exec,
    tenant: TenantId,
    now: Millis,
) -> Result<Vec<AnnouncementRow>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select announcement_id, kind, title, body, shown_from, shown_until, stop_from, stop_until, version \
         from announcement where tenant_id = $1 and removed_at is null and shown_until > $2 \
         order by shown_from, announcement_id limit 100"
    )
    .bind(tenant.to_string())
    .bind(now.0)
    .fetch_all(c)
    .await)
}

/// A new announcement. Adding the same again changes nothing.
pub struct New {
    /// Municipality.
    pub tenant: TenantId,
    /// Its id, made with the form, so that a double click adds one.
    pub id: String,
    /// What it says.
    pub says: super::Announcement,
    /// Who.
    pub staff: StaffId,
    /// When.
    pub at: Millis,
}

/// Adds an announcement; `false` where it was added before.
pub async fn announce(tx: &mut Tx, new: &New) -> Result<bool, sqlx::Error> {
    let says = &new.says;
    on!(tx, |c| sqlx::query(
        "insert into announcement (tenant_id, announcement_id, kind, title, body, shown_from, shown_until, \
         stop_from, stop_until, version, changed_at, staff_id) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11) on conflict do nothing"
    )
    .bind(new.tenant.to_string())
    .bind(&new.id)
    .bind(says.kind.code())
    .bind(&says.title)
    .bind(&says.body)
    .bind(says.shown_from.0)
    .bind(says.shown_until.0)
    .bind(says.stop.map(|s| s.0.0))
    .bind(says.stop.map(|s| s.1.0))
    .bind(new.at.0)
    .bind(new.staff.to_string())
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1))
}

/// Takes an announcement away; `false` where somebody changed it meanwhile.
pub async fn withdraw(
    tx: &mut Tx,
    tenant: TenantId,
    id: &str,
    (version, at): (i64, Millis),
) -> Result<bool, sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update announcement set removed_at = $4, changed_at = $4, version = version + 1 \
         where tenant_id = $1 and announcement_id = $2 and version = $3 and removed_at is null"
    )
    .bind(tenant.to_string())
    .bind(id)
    .bind(version)
    .bind(at.0)
    .execute(c)
    .await
    .map(|r| r.rows_affected() == 1))
}

/// What everybody's cached pages depend on, over all municipalities: times of the last publications and how many
/// announcements are visible now.
pub async fn stamp(x: &mut impl Exec, now: Millis) -> Result<(i64, i64, i64, i64, i64), sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
        "select coalesce((select max(published_at) from guide_page), 0), \
         coalesce((select max(changed_at) from announcement), 0), \
         (select count(*) from announcement where removed_at is null and shown_from <= $1 and shown_until > $1), \
         coalesce((select max(published_at) from procedure_version), 0), \
         coalesce((select max(published_at) from procedure_shelf), 0)"
    )
    .bind(now.0)
    .fetch_one(c)
    .await
    })
}

/// Keeps one answer of the survey; the same form sent twice is one.
pub async fn answer(
    tx: &mut Tx,
    tenant: TenantId,
    id: &str,
    day: Day,
    (heard, ease): (&str, &str),
) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "insert into survey_answer (tenant_id, survey_id, day, heard, ease) values ($1, $2, $3, $4, $5) \
         on conflict do nothing"
    )
    .bind(tenant.to_string())
    .bind(id)
    .bind(day.to_string())
    .bind(heard)
    .bind(ease)
    .execute(c)
    .await
    .map(drop))
}

/// How often each pair of answers was given from `from` on.
pub async fn answers(
    x: &mut impl Exec,
    tenant: TenantId,
    from: Day,
) -> Result<Vec<(String, String, i64)>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select heard, ease, cast(count(*) as bigint) from survey_answer where tenant_id = $1 and day >= $2 \
         group by heard, ease"
    )
    .bind(tenant.to_string())
    .bind(from.to_string())
    .fetch_all(c)
    .await)
}
