//! 控え: copies of the whole database, sealed, and the way back.
//! Is: `madoguchi backup` and `restore`, on both databases in one format. Is not: a copy of key files (they are
//! never in it: without them a backup opens nothing), and not an export for people.
//!
//! A backup is a folder: `manifest.json`, `data.sealed` and `keys.sealed`. The two sealed files are SQLite
//! databases of our own schema; `keys.sealed` holds nothing but the wrapped keys of applications and the keys of drafts, and lapses after
//! 35 days, so that a destroyed key is gone from every copy by then.

mod ledger;
mod restore;
mod sealed;
mod take;

use std::collections::BTreeMap;

use madoguchi_base::Millis;
use madoguchi_base::keys::Keys;
use serde::{Deserialize, Serialize};

pub use ledger::{Destroyed, destroyed, note as note_destroyed};
pub use restore::{Restored, newest, restore};
pub use take::take;

/// Tables that only `keys.sealed` holds.
const KEY_TABLES: [&str; 2] = ["application_key", "draft_key"];
/// How long a `keys.sealed` may be used: what the promise about destroyed keys is made of.
pub const KEYS_LIFE_MS: i64 = 35 * 24 * 3_600_000;
/// The format that this program writes and reads.
const FORMAT: u32 = 1;

/// What a backup holds, signed with a key derived from the root key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format.
    format: u32,
    /// Version of the program that made it.
    program: String,
    /// Names the backup.
    id: String,
    /// When the database looked like this (unix milliseconds).
    made_at: i64,
    /// `sqlite` or `postgres`: where it came from; it can be restored into either.
    database: String,
    /// All tables but the wrapped keys.
    data: Artefact,
    /// The wrapped keys.
    keys: Artefact,
    /// Over all of the above.
    mac: String,
}

/// One sealed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Artefact {
    file: String,
    bytes: u64,
    sha256: String,
    /// Rows by table.
    rows: BTreeMap<String, u64>,
}

/// Why a backup was not made or not brought back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder or a file in it could not be read or written.
    #[error("{0}: {1}")]
    Io(std::path::PathBuf, #[source] std::io::Error),
    /// The database did not take part.
    #[error("the database refused (code {0}): nothing was changed; look at its log, then try again")]
    Database(String),
    /// Not a backup of ours, or of a newer program.
    #[error("{0} is not a backup that this program reads (format {FORMAT})")]
    Format(std::path::PathBuf),
    /// The root key is another one than the backup was made with, or the manifest was changed.
    #[error(
        "the backup was made with another root key, or was changed: bring the key files that belong to it"
    )]
    Foreign,
    /// A file of it is damaged or was exchanged.
    #[error("{0} of the backup is damaged or was exchanged: take another backup")]
    Damaged(String),
    /// `keys.sealed` is too old.
    #[error(
        "the keys of this backup lapsed on {0}: give a newer backup's folder with --keys; applications whose \
         keys are gone stay closed"
    )]
    Lapsed(String),
    /// There is something already.
    #[error("the database already holds municipalities: restore into an empty one")]
    NotEmpty,
    /// Made by a newer program.
    #[error("the backup was made by a newer program: install that version first")]
    Newer,
}

impl BackupError {
    fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        move |e| Self::Io(path.to_path_buf(), e)
    }
}

impl From<sqlx::Error> for BackupError {
    fn from(e: sqlx::Error) -> Self {
        let code = e.as_database_error().and_then(sqlx::error::DatabaseError::code);
        Self::Database(code.map_or_else(|| "none".to_owned(), std::borrow::Cow::into_owned))
    }
}

impl Manifest {
    fn signature(&self, keys: &Keys) -> String {
        let unsigned = Self { mac: String::new(), ..self.clone() };
        let bytes = serde_json::to_vec(&unsigned).unwrap_or_default();
        hex::encode(keys.mac("backup manifest", &[&bytes]))
    }

    fn is_genuine(&self, keys: &Keys) -> bool {
        use subtle::ConstantTimeEq as _;
        self.mac.as_bytes().ct_eq(self.signature(keys).as_bytes()).into()
    }

    fn keys_lapsed(&self, now: Millis) -> bool {
        now.0 > self.made_at + KEYS_LIFE_MS
    }

    /// The additional data of a sealed file: neither of another backup nor of the other kind.
    fn context(id: &str, file: &str) -> String {
        format!("{id}/{file}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let artefact = |file: &str| Artefact {
            file: file.into(),
            bytes: 1,
            sha256: String::new(),
            rows: BTreeMap::new(),
        };
        Manifest {
            format: FORMAT,
            program: "0".into(),
            id: "b".into(),
            made_at: 1_000,
            database: "sqlite".into(),
            data: artefact("data.sealed"),
            keys: artefact("keys.sealed"),
            mac: String::new(),
        }
    }

    #[test]
    fn a_changed_manifest_or_another_root_key_is_seen() {
        let dir = tempfile::tempdir().expect("dir");
        let keys = Keys::load_or_create(&dir.path().join("a")).expect("keys");
        let mut m = manifest();
        m.mac = m.signature(&keys);
        assert!(m.is_genuine(&keys));
        let other = Keys::load_or_create(&dir.path().join("b")).expect("keys");
        assert!(!m.is_genuine(&other));
        m.made_at += 1;
        assert!(!m.is_genuine(&keys), "a younger date would keep destroyed keys alive");
    }

    #[test]
    fn keys_lapse_after_thirty_five_days() {
        let m = manifest();
        assert!(!m.keys_lapsed(Millis(1_000 + KEYS_LIFE_MS)));
        assert!(m.keys_lapsed(Millis(1_001 + KEYS_LIFE_MS)));
    }
}
