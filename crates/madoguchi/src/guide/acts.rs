//! What other nouns read of the guide, and what setting up a municipality writes.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Millis, TenantId};

use super::{Announcement, AnnouncementKind, Topic, fill, store};
use crate::procedure::Municipality;

pub use super::store::stamp;

/// Publishes the usual texts where a municipality has none yet.
pub async fn publish_defaults(
    tx: &mut Tx,
    tenant: TenantId,
    municipality: &Municipality,
    at: Millis,
) -> Result<(), sqlx::Error> {
    let there = store::current(tx, tenant).await?;
    for topic in Topic::ALL.into_iter().filter(|t| there.iter().all(|row| row.topic != t.code())) {
        let text = fill(topic.default_text(), municipality);
        store::insert(tx, tenant, (topic.code(), 1), &text, (at, None)).await?;
    }
    Ok(())
}

/// The current texts: topic, version, text, when it was published.
pub async fn texts(
    x: &mut impl Exec,
    tenant: TenantId,
) -> Result<Vec<(Topic, i64, String, Millis)>, sqlx::Error> {
    let rows = store::current(x, tenant).await?;
    let read = |row: store::PageRow| {
        Some((row.topic.parse().ok()?, row.version, row.body, Millis(row.published_at)))
    };
    let mut texts: Vec<(Topic, i64, String, Millis)> = rows.into_iter().filter_map(read).collect();
    texts.sort_by_key(|(topic, ..)| *topic);
    Ok(texts)
}

/// Announcements that are not over.
pub async fn announcements(
    x: &mut impl Exec,
    tenant: TenantId,
    now: Millis,
) -> Result<Vec<Announcement>, sqlx::Error> {
    let rows = store::announcements(x, tenant, now).await?;
    Ok(rows.into_iter().map(read).collect())
}

fn read(row: store::AnnouncementRow) -> Announcement {
    let stop = row.stop_from.zip(row.stop_until).map(|(from, until)| (Millis(from), Millis(until)));
    Announcement {
        id: row.announcement_id,
        kind: if row.kind == "stop" { AnnouncementKind::Stop } else { AnnouncementKind::News },
        title: row.title,
        body: row.body,
        shown_from: Millis(row.shown_from),
        shown_until: Millis(row.shown_until),
        stop,
        version: row.version,
    }
}
