//! The chain's end, kept outside the database.
//!
//! Who can write the database can cut the log off, head and all, or bring an older copy back. A file beside
//! the keys remembers how far each chain had come; `check` compares.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use madoguchi_base::db::Db;
use madoguchi_base::keys::Keys;
use madoguchi_base::{Clock, Millis};
use serde::{Deserialize, Serialize};

use super::store;
use crate::tenant;

/// How far a chain had come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number of the last record.
    pub seq: i64,
    /// Its link, in hex.
    pub mac: String,
    /// When this was written down (unix milliseconds).
    pub at: i64,
}

/// Heads by municipality.
pub type Heads = BTreeMap<String, Head>;

/// Where the file lies.
pub fn path(keys: &Keys) -> PathBuf {
    keys.dir().join("audit-head.json")
}

/// What the file says; nothing where there is no file yet.
pub fn read(keys: &Keys) -> io::Result<Heads> {
    match std::fs::read(path(keys)) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Heads::new()),
        Err(e) => Err(e),
    }
}

/// Writes down how far the chains are. What the file knows already is never taken back: a chain that became
/// shorter has to be seen.
pub async fn write(db: &Db, keys: &Keys, clock: &Clock) -> anyhow::Result<()> {
    let now = db.read(heads(db)).await?;
    let (keys, at) = (keys.clone(), clock.wall());
    tokio::task::spawn_blocking(move || Ok(merge(&keys, now, at)?)).await?
}

async fn heads(db: &Db) -> Result<Vec<(String, i64, Vec<u8>)>, sqlx::Error> {
    let mut x = db.reader().await?;
    let mut now = Vec::new();
    for tenant::acts::Row { tenant_id, .. } in tenant::acts::list(&mut x).await? {
        if let Some((seq, mac)) = store::head(&mut x, &tenant_id).await? {
            now.push((tenant_id, seq, mac));
        }
    }
    Ok(now)
}

fn merge(keys: &Keys, now: Vec<(String, i64, Vec<u8>)>, at: Millis) -> io::Result<()> {
    let mut heads = read(keys)?;
    for (tenant, seq, mac) in now {
        if heads.get(&tenant).is_none_or(|known| known.seq < seq) {
            heads.insert(tenant, Head { seq, mac: hex::encode(mac), at: at.0 });
        }
    }
    // Whole or not at all: a torn file would look like a cut log.
    let (path, new) = (path(keys), path(keys).with_extension("new"));
    let file = std::fs::File::create(&new)?;
    serde_json::to_writer_pretty(&file, &heads)?;
    file.sync_all()?;
    std::fs::rename(new, path)
}

/// A database was brought back on purpose: what the file knew of the one before is kept beside it, and the chains
/// are followed anew. The restore stands in each log as an act of its own.
pub fn after_restore(keys: &Keys, at: Millis) -> io::Result<()> {
    let kept = keys.dir().join(format!("audit-head.before-restore-{}.json", at.0));
    match std::fs::rename(path(keys), kept) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}
