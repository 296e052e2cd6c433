//! Bringing a backup back into an empty database, of either kind. It sends nothing, and nobody stays signed in.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use madoguchi_base::db::copy;
use madoguchi_base::db::{Db, DbConfig, Tx};
use madoguchi_base::keys::Keys;
use madoguchi_base::{Clock, Day, Millis, TenantId};

use super::take::in_background;
use super::{Artefact, BackupError, FORMAT, Manifest, ledger, sealed};
use crate::audit::{self, Actor, Record};
use crate::{account, application, office, setup, tenant};

/// What came back.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Restored {
    /// When the database looked like this (unix milliseconds).
    pub made_at: i64,
    /// Municipalities.
    pub tenants: Vec<String>,
    /// Rows in all.
    pub rows: u64,
    /// Notices that were not finished then: parked, because LINE may have been told since.
    pub parked: u64,
    /// Applications whose keys had been destroyed since the backup: they stay closed.
    pub destroyed: u64,
}

/// Reads a backup's manifest and checks that it is ours.
pub(super) fn manifest(folder: &Path, keys: &Keys) -> Result<Manifest, BackupError> {
    let path = folder.join("manifest.json");
    let bytes = std::fs::read(&path).map_err(BackupError::io(&path))?;
    let read: Manifest = serde_json::from_slice(&bytes).map_err(|_| BackupError::Format(path.clone()))?;
    if read.format != FORMAT {
        return Err(BackupError::Format(path));
    }
    if read.is_genuine(keys) { Ok(read) } else { Err(BackupError::Foreign) }
}

/// Restores `folder` into `db`, which must be empty and migrated, in one transaction: after an error, or without
/// power, nothing has happened. `newer` may be another backup, whose wrapped keys are used instead.
///
/// Sending stays off for every municipality until `madoguchi sending on`, notices that were not finished are parked,
/// sessions are over, and what has been destroyed since stays destroyed.
pub async fn restore(
    db: &Db,
    keys: &Keys,
    clock: &Clock,
    folder: &Path,
    newer: Option<&Path>,
) -> Result<Restored, BackupError> {
    let mut x = db.reader().await?;
    if !tenant::acts::list(&mut x).await?.is_empty() {
        return Err(BackupError::NotEmpty);
    }
    drop(x);
    let data = manifest(folder, keys)?;
    let keys_from = newer.unwrap_or(folder);
    let wrapped = manifest(keys_from, keys)?;
    let now = clock.wall();
    if wrapped.keys_lapsed(now) {
        let day = Day::of(Millis(wrapped.made_at + super::KEYS_LIFE_MS));
        return Err(BackupError::Lapsed(day.to_string()));
    }
    let room = tempfile::tempdir().map_err(BackupError::io(&std::env::temp_dir()))?;
    let mut whole = db.whole().await?;
    let mut rows = 0;
    for (folder, of, artefact) in [(folder, &data, &data.data), (keys_from, &wrapped, &wrapped.keys)] {
        let source = open(keys, of, artefact, folder, room.path()).await?;
        let filled = fill(&source, artefact, whole.tx()).await;
        source.close().await;
        rows += filled?;
    }
    let mut done = Restored { made_at: data.made_at, tenants: Vec::new(), rows, parked: 0, destroyed: 0 };
    settle(whole.tx(), keys, clock, now, &mut done).await?;
    whole.commit().await?;
    audit::head::after_restore(keys, now).map_err(BackupError::io(keys.dir()))?;
    Ok(done)
}

/// Opens a sealed file as the database that it is, brought up to the schema of today.
async fn open(
    keys: &Keys,
    of: &Manifest,
    artefact: &Artefact,
    folder: &Path,
    room: &Path,
) -> Result<Db, BackupError> {
    let (from, plain) = (folder.join(&artefact.file), room.join(&artefact.file).with_extension("db"));
    let (keys, context) = (keys.clone(), Manifest::context(&of.id, &artefact.file));
    let (to, sha256) = (plain.clone(), artefact.sha256.clone());
    in_background(move || {
        if hash(&from)? != sha256 {
            return Err(BackupError::Damaged(from.display().to_string()));
        }
        sealed::open(&keys, &context, &from, &to)
    })
    .await?;
    let damaged = || BackupError::Damaged(artefact.file.clone());
    let config = DbConfig { url: format!("sqlite:{}", plain.display()), connections: 1, ballast_mb: 0 };
    let db = Db::open(config).await.map_err(|_| damaged())?;
    db.migrate(&setup::SQLITE, &setup::POSTGRES).await.map_err(|_| BackupError::Newer)?;
    Ok(db)
}

fn hash(path: &Path) -> Result<String, BackupError> {
    let mut file = std::fs::File::open(path).map_err(BackupError::io(path))?;
    let (mut context, mut piece) = (Context::new(&SHA256), vec![0; 256 * 1024]);
    loop {
        let n = std::io::Read::read(&mut file, &mut piece).map_err(BackupError::io(path))?;
        if n == 0 {
            return Ok(hex::encode(context.finish()));
        }
        context.update(&piece[..n]);
    }
}

/// Copies every table that the artefact says it has; a row too few is damage.
async fn fill(from: &Db, artefact: &Artefact, to: &mut Tx) -> Result<u64, BackupError> {
    let mut source = from.snapshot().await?;
    let (here, there) = (copy::tables(&mut source).await?, copy::tables(to).await?);
    let mut rows = 0;
    for (name, expected) in &artefact.rows {
        let find = |all: &[copy::Table]| all.iter().find(|t| t.name() == name).cloned();
        let (Some(table), Some(of)) = (find(&here), find(&there)) else { return Err(BackupError::Newer) };
        let copied = table.copy(&mut source, &of, to).await?;
        if copied != *expected {
            return Err(BackupError::Damaged(format!("{}: {name}", artefact.file)));
        }
        rows += copied;
    }
    source.close().await?;
    Ok(rows)
}

/// What must not go on as if nothing had happened.
async fn settle(
    tx: &mut Tx,
    keys: &Keys,
    clock: &Clock,
    now: Millis,
    done: &mut Restored,
) -> Result<(), BackupError> {
    let gone = ledger::destroyed(keys).map_err(BackupError::io(keys.dir()))?;
    for row in tenant::acts::list(tx).await? {
        let Ok(tenant) = row.tenant_id.parse::<TenantId>() else { continue };
        done.parked += madoguchi_line::outbox::after_restore(tx, tenant, now).await?;
        account::acts::end_all_sessions(tx, tenant).await?;
        office::acts::end_all_sessions(tx, tenant).await?;
        for one in gone.iter().filter(|d| d.tenant == row.tenant_id) {
            let Ok(application) = one.application.parse() else { continue };
            let gone = application::acts::destroy_again(tx, tenant, application, Millis(one.at)).await?;
            done.destroyed += u64::from(gone);
        }
        let record = Record::new((keys, clock), tenant, Actor::System, "restored");
        audit::acts::record(tx, &[record.detail(done.made_at.to_string())]).await?;
        done.tenants.push(row.tenant_id);
    }
    Ok(())
}

/// The newest backup inside a folder of backups, or the folder itself where it is one.
pub fn newest(folder: &Path, keys: &Keys) -> Result<PathBuf, BackupError> {
    if folder.join("manifest.json").exists() {
        return Ok(folder.to_path_buf());
    }
    let mut found: Vec<(i64, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(BackupError::io(folder))?.flatten() {
        if let Ok(read) = manifest(&entry.path(), keys) {
            found.push((read.made_at, entry.path()));
        }
    }
    found.sort();
    found.pop().map(|(_, path)| path).ok_or_else(|| BackupError::Format(folder.to_path_buf()))
}
