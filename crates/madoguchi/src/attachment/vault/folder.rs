//! A folder of this machine. A file is synced, then renamed into its place, then the folder is synced.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::StreamExt as _;
use madoguchi_base::TenantId;
use tokio::io::AsyncReadExt as _;

use super::{Name, Pieces, VaultError};

/// A folder.
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(super) async fn put(&self, name: Name, from: PathBuf) -> Result<(), VaultError> {
        let (root, to) = (self.root.clone(), self.root.join(name.path()));
        run(move || {
            File::open(&from)?.sync_all()?;
            let folder = to.parent().unwrap_or(&root);
            make(folder)?;
            fs::rename(&from, &to)?;
            File::open(folder)?.sync_all()
        })
        .await
    }

    pub(super) async fn open(&self, name: Name) -> Result<Pieces, VaultError> {
        let file = tokio::fs::File::open(self.root.join(name.path())).await?;
        let pieces = futures_util::stream::try_unfold(file, |mut file| async move {
            let mut buffer = bytes::BytesMut::with_capacity(64 * 1024);
            let n = file.read_buf(&mut buffer).await?;
            let piece: Bytes = buffer.freeze();
            Ok((n > 0).then_some((piece, file)))
        });
        Ok(pieces.boxed())
    }

    pub(super) async fn len(&self, name: Name) -> Result<Option<u64>, VaultError> {
        match tokio::fs::metadata(self.root.join(name.path())).await {
            Ok(about) => Ok(Some(about.len())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    pub(super) async fn delete(&self, name: Name) -> Result<(), VaultError> {
        match tokio::fs::remove_file(self.root.join(name.path())).await {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e.into()),
            _ => Ok(()),
        }
    }

    pub(super) async fn list(&self, tenant: TenantId) -> Result<Vec<Name>, VaultError> {
        let root = self.root.join(tenant.to_string());
        run(move || {
            let mut all = Vec::new();
            for shard in children(&root)? {
                for file in children(&shard)? {
                    let tail = file.strip_prefix(root.parent().unwrap_or(&root)).unwrap_or(&file);
                    all.extend(tail.to_str().and_then(Name::of_path));
                }
            }
            Ok(all)
        })
        .await
    }
}

fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|e| e.map(|e| e.path())).collect(),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(e) => Err(e),
    }
}

/// Makes a folder and every one above it, each of them synced into the one that holds it.
pub(in crate::attachment) fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make(above)?;
        match fs::create_dir(folder) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ => File::open(above)?.sync_all()?,
        }
    }
    Ok(())
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, VaultError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(VaultError::Failed),
    }
}
