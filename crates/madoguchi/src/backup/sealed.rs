//! The sealed files of a backup: written whole and synced, opened only where they are complete and unchanged.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use madoguchi_base::file::FileKey;
use madoguchi_base::keys::Keys;

use super::BackupError;

/// Bytes that are read at a time.
const PIECE: usize = 256 * 1024;

/// A file that only its owner may read; there must be none of its name.
pub(super) fn create(path: &Path) -> Result<File, BackupError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.map_err(BackupError::io(path))
}

/// The key of one file of one backup.
fn key(keys: &Keys, context: &str) -> FileKey {
    FileKey::derived(keys, "backup", context)
}

/// Seals `plain` into `sealed`; gives its length and hash. The file is synced, its folder is not.
pub(super) fn seal(
    keys: &Keys,
    context: &str,
    plain: &Path,
    sealed: &Path,
) -> Result<(u64, String), BackupError> {
    let mut from = BufReader::new(File::open(plain).map_err(BackupError::io(plain))?);
    let mut to = BufWriter::new(create(sealed)?);
    let (mut sealing, mut hash, mut bytes) =
        (key(keys, context).sealer_of_derived(), Context::new(&SHA256), 0);
    let mut put = |out: &mut Vec<u8>| {
        hash.update(out);
        bytes += out.len() as u64;
        to.write_all(out).map_err(BackupError::io(sealed))?;
        out.clear();
        Ok::<_, BackupError>(())
    };
    let (mut piece, mut out) = (vec![0; PIECE], Vec::new());
    loop {
        let n = from.read(&mut piece).map_err(BackupError::io(plain))?;
        if n == 0 {
            break;
        }
        sealing.push(&piece[..n], &mut out);
        put(&mut out)?;
    }
    sealing.finish(&mut out);
    put(&mut out)?;
    let file = to.into_inner().map_err(|e| BackupError::Io(sealed.into(), e.into_error()))?;
    file.sync_all().map_err(BackupError::io(sealed))?;
    Ok((bytes, hex::encode(hash.finish())))
}

/// Opens `sealed` into `plain`. Without an error it was whole and unchanged.
pub(super) fn open(keys: &Keys, context: &str, sealed: &Path, plain: &Path) -> Result<(), BackupError> {
    let damaged = || BackupError::Damaged(sealed.display().to_string());
    let mut from = BufReader::new(File::open(sealed).map_err(BackupError::io(sealed))?);
    let mut to = BufWriter::new(create(plain)?);
    let mut opener = key(keys, context).opener_of_derived();
    let (mut piece, mut out) = (vec![0; PIECE], Vec::new());
    loop {
        let n = from.read(&mut piece).map_err(BackupError::io(sealed))?;
        if n == 0 {
            break;
        }
        opener.push(&piece[..n], &mut out).map_err(|_| damaged())?;
        to.write_all(&out).map_err(BackupError::io(plain))?;
        out.clear();
    }
    opener.finish(&mut out).map_err(|_| damaged())?;
    to.write_all(&out).and_then(|()| to.flush()).map_err(BackupError::io(plain))
}
