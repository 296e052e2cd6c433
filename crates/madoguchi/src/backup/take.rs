//! Taking a backup, while the program serves or without it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use madoguchi_base::db::copy::{self, Table};
use madoguchi_base::db::{Db, DbConfig, Dialect, Snapshot};
use madoguchi_base::keys::Keys;
use madoguchi_base::{Clock, id};

use super::{Artefact, BackupError, FORMAT, KEY_TABLES, KEYS_LIFE_MS, Manifest, sealed};
use crate::setup;

/// Copies the database as it is now into a new folder inside `into`, and gives that folder. Keys of earlier
/// backups there that have lapsed are removed.
///
/// Nothing half-made is left under a backup's name: the folder gets it when everything in it is synced.
pub async fn take(db: &Db, keys: &Keys, clock: &Clock, into: &Path) -> Result<PathBuf, BackupError> {
    let (at, id) = (clock.wall(), id::new_uuid(clock).to_string());
    std::fs::create_dir_all(into).map_err(BackupError::io(into))?;
    let partial = tempfile::Builder::new().prefix(".partial-").tempdir_in(into);
    let partial = partial.map_err(BackupError::io(into))?;
    let mut from = db.snapshot().await?;
    let made = artefacts(&mut from, keys, &id, partial.path()).await;
    from.close().await?;
    let (data, wrapped) = made?;
    let database = if db.dialect() == Dialect::Sqlite { "sqlite" } else { "postgres" };
    let mut manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").into(),
        id: id.clone(),
        made_at: at.0,
        database: database.into(),
        data,
        keys: wrapped,
        mac: String::new(),
    };
    manifest.mac = manifest.signature(keys);
    let place = into.join(format!("madoguchi-{}-{}", at.0, &id[id.len() - 8..]));
    finish(&manifest, partial, &place)?;
    lapse(into, keys, at.0)?;
    Ok(place)
}

async fn artefacts(
    from: &mut Snapshot,
    keys: &Keys,
    id: &str,
    folder: &Path,
) -> Result<(Artefact, Artefact), BackupError> {
    let tables = copy::tables(from).await?;
    let (wrapped, data): (Vec<Table>, Vec<Table>) =
        tables.into_iter().partition(|t| KEY_TABLES.contains(&t.name()));
    let data = artefact(from, &data, keys, (id, folder, "data.sealed")).await?;
    let wrapped = artefact(from, &wrapped, keys, (id, folder, "keys.sealed")).await?;
    Ok((data, wrapped))
}

/// A database of our own schema with some of the tables filled, sealed.
async fn artefact(
    from: &mut Snapshot,
    tables: &[Table],
    keys: &Keys,
    (id, folder, name): (&str, &Path, &str),
) -> Result<Artefact, BackupError> {
    let plain = folder.join("plain.db");
    drop(sealed::create(&plain)?);
    let to = Db::open(DbConfig { url: format!("sqlite:{}", plain.display()), connections: 1, ballast_mb: 0 })
        .await;
    let to = to.map_err(|_| BackupError::Damaged(plain.display().to_string()))?;
    to.migrate(&setup::SQLITE, &setup::POSTGRES).await.map_err(|_| BackupError::Newer)?;
    let copied = rows(from, tables, &to).await;
    to.close().await;
    let rows = copied?;
    let (keys, context) = (keys.clone(), Manifest::context(id, name));
    let (from, into) = (plain, folder.join(name));
    let work = move || {
        let done = sealed::seal(&keys, &context, &from, &into);
        for left in ["db", "lock", "db-wal", "db-shm"] {
            let _gone = std::fs::remove_file(from.with_extension(left));
        }
        done
    };
    let (bytes, sha256) = in_background(work).await?;
    Ok(Artefact { file: name.into(), bytes, sha256, rows })
}

async fn rows(from: &mut Snapshot, tables: &[Table], to: &Db) -> Result<BTreeMap<String, u64>, BackupError> {
    let mut whole = to.whole().await?;
    let there = copy::tables(whole.tx()).await?;
    let mut counts = BTreeMap::new();
    for table in tables {
        let of = there.iter().find(|t| t.name() == table.name()).ok_or(BackupError::Newer)?;
        counts.insert(table.name().to_owned(), table.copy(from, of, whole.tx()).await?);
    }
    whole.commit().await?;
    Ok(counts)
}

/// Sealing and hashing take a while: not on a thread that serves.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(BackupError::Database("interrupted".into())))
}

/// Manifest, syncs, and the name.
fn finish(manifest: &Manifest, partial: tempfile::TempDir, place: &Path) -> Result<(), BackupError> {
    let path = partial.path().join("manifest.json");
    let file = sealed::create(&path)?;
    serde_json::to_writer_pretty(&file, manifest)
        .map_err(std::io::Error::from)
        .and_then(|()| file.sync_all())
        .map_err(BackupError::io(&path))?;
    let sync = |folder: &Path| {
        std::fs::File::open(folder).and_then(|f| f.sync_all()).map_err(BackupError::io(folder))
    };
    sync(partial.path())?;
    std::fs::rename(partial.keep(), place).map_err(BackupError::io(place))?;
    place.parent().map_or(Ok(()), sync)
}

/// Removes the wrapped keys of backups that are too old: destroyed keys are gone from every copy by then.
fn lapse(into: &Path, keys: &Keys, now: i64) -> Result<(), BackupError> {
    for entry in std::fs::read_dir(into).map_err(BackupError::io(into))?.flatten() {
        let Ok(manifest) = super::restore::manifest(&entry.path(), keys) else { continue };
        let file = entry.path().join(&manifest.keys.file);
        if now > manifest.made_at + KEYS_LIFE_MS && file.exists() {
            std::fs::remove_file(&file).map_err(BackupError::io(&file))?;
        }
    }
    Ok(())
}
