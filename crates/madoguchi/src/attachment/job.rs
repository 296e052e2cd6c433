//! Files whose time is over, files that the scanner has not seen, and bytes to which no row points.

use madoguchi_base::db::{Class, Never};
use madoguchi_base::file::FileKey;
use madoguchi_base::{ApplicationId, AttachmentId, Millis, TenantId};

use super::scan::Verdict;
use super::vault::{Name, VaultError};
use super::{Scan, key_place, send, store};
use crate::app::App;
use crate::audit::{self, Actor, Record};
use crate::sql::MAX_ROWS;

/// Bytes without a row are somebody's upload for this long.
const UPLOAD_MS: i64 = 2 * 3_600_000;
/// Files a round.
const ROUND: i64 = 50;

/// Removes unsent files whose time is over: the row, then the bytes. Returns how many.
pub async fn expire(app: &App, tenant: TenantId) -> Result<usize, sqlx::Error> {
    // A clock that has jumped is no reason to remove what people attached.
    if !app.clock.may_expire() {
        return Ok(0);
    }
    let now = app.clock.wall();
    let mut removed = 0;
    loop {
        let mut x = app.db.reader().await?;
        let due = store::due(&mut x, tenant, now, ROUND).await?;
        drop(x);
        let ids: Vec<AttachmentId> = due.iter().filter_map(|id| id.parse().ok()).collect();
        if ids.is_empty() {
            return Ok(removed);
        }
        let input = (tenant, ids.clone(), now);
        let gone = app
            .db
            .write::<_, (), Never, _>(
                "attachment.expire",
                Class::Bulk,
                tenant,
                input,
                |(tenant, ids, now), tx| {
                    Box::pin(async move {
                        for id in ids {
                            store::delete_unsent(tx, *tenant, *id, None, *now).await?;
                        }
                        Ok(())
                    })
                },
            )
            .await;
        if gone.is_err() {
            return Ok(removed);
        }
        for id in ids {
            // What cannot be removed now has no row any more: `sweep` finds it.
            let _later = app.files.vault.delete(Name { tenant, id }).await;
            removed += 1;
        }
    }
}

/// Removes bytes to which no row points and which are nobody's upload any more, and what a crash left half written.
/// Returns how many.
pub async fn sweep(app: &App, tenant: TenantId) -> Result<usize, VaultError> {
    if !app.clock.may_expire() {
        return Ok(0);
    }
    let before = app.clock.wall().plus_ms(-UPLOAD_MS);
    let mut old: Vec<AttachmentId> = app.files.vault.list(tenant).await?.iter().map(|n| n.id).collect();
    old.retain(|id| made_at(*id).is_some_and(|at| at < before));
    let mut removed = sweep_incoming(app, before).await?;
    for some in old.chunks(MAX_ROWS) {
        let mut x = app.db.reader().await.map_err(|_| VaultError::Failed)?;
        let known = store::known(&mut x, tenant, some).await.map_err(|_| VaultError::Failed)?;
        drop(x);
        for id in some.iter().filter(|id| !known.contains(&id.to_string())) {
            app.files.vault.delete(Name { tenant, id: *id }).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// An id tells when it was made.
fn made_at(id: AttachmentId) -> Option<Millis> {
    let (seconds, nanos) = id.uuid().get_timestamp()?.to_unix();
    Some(Millis(i64::try_from(seconds).ok()? * 1_000 + i64::from(nanos / 1_000_000)))
}

async fn sweep_incoming(app: &App, before: Millis) -> Result<usize, VaultError> {
    let mut removed = 0;
    let mut folder = match tokio::fs::read_dir(&app.files.incoming).await {
        Ok(folder) => folder,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(e) => return Err(e.into()),
    };
    while let Some(entry) = folder.next_entry().await? {
        let name = entry.file_name();
        let id = name.to_str().and_then(|n| n.split('.').next()).and_then(|n| n.parse().ok());
        if id.and_then(made_at).is_none_or(|at| at < before) {
            tokio::fs::remove_file(entry.path()).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Asks the scanner about files that it has not seen; returns how many it answered for.
pub async fn scan(app: &App, tenant: TenantId) -> Result<usize, sqlx::Error> {
    let Some(scanner) = &app.files.scanner else { return Ok(0) };
    let mut x = app.db.reader().await?;
    let waiting = store::waiting(&mut x, tenant, ROUND).await?;
    let mut answered = 0;
    for row in waiting {
        let (Some(key), Some(wrapped)) = (&row.draft_key_id, &row.draft_wrapped) else { continue };
        let Ok(draft) = app.draft_keys.find(&mut x, tenant, key).await else { continue };
        let place = key_place(tenant, &row.attachment_id);
        let Ok(key) = FileKey::of_draft(&draft, &place, wrapped) else { continue };
        let Ok(content) = send::content(app, tenant, &row, &key).await else { continue };
        let scan = match scanner.look(&content).await {
            Verdict::Clean => Scan::Clean,
            Verdict::Infected => Scan::Infected,
            // Down: the others would wait for nothing.
            Verdict::NoAnswer | Verdict::NotAsked => return Ok(answered),
        };
        if decided(app, tenant, &row, scan).await {
            answered += 1;
        }
    }
    Ok(answered)
}

/// Writes down what the scanner said. Bytes in which it found something are removed; the row stays, for staff.
async fn decided(app: &App, tenant: TenantId, row: &store::Row, scan: Scan) -> bool {
    let Ok(id) = row.attachment_id.parse::<AttachmentId>() else { return false };
    let mut record = None;
    if scan == Scan::Infected {
        let new = Record::new((&app.keys, &app.clock), tenant, Actor::System, "attachment.infected");
        let on = row.application_id.as_deref().and_then(|a| a.parse::<ApplicationId>().ok());
        let new = new.detail(row.field.clone());
        record = Some(if let Some(application) = on { new.on(application) } else { new });
    }
    let input = (tenant, id, scan, record);
    let written = app
        .db
        .write::<_, (), Never, _>(
            "attachment.scan",
            Class::Machine,
            tenant,
            input,
            |(t, id, scan, record), tx| {
                Box::pin(async move {
                    store::set_scan(tx, *t, *id, *scan).await?;
                    if let Some(record) = record {
                        audit::acts::record(tx, std::slice::from_ref(record)).await?;
                    }
                    Ok(())
                })
            },
        )
        .await;
    if written.is_ok() && scan == Scan::Infected {
        let _later = app.files.vault.delete(Name { tenant, id }).await;
    }
    written.is_ok()
}

/// Every hour: what is over is removed. A round that fails is made up for by the next.
pub async fn hourly(app: &App) {
    for tenant in app.catalogue.tenants() {
        let drafts = crate::draft::acts::expire(app, tenant).await;
        if !drafts || expire(app, tenant).await.is_err() || sweep(app, tenant).await.is_err() {
            tracing::warn!("old attached files could not be removed; the next hour tries again");
        }
    }
}

/// One round of asking the scanner again.
pub async fn scan_all(app: &App) {
    for tenant in app.catalogue.tenants() {
        if scan(app, tenant).await.is_err() {
            tracing::warn!("files that wait for the scanner could not be looked at");
        }
    }
}
