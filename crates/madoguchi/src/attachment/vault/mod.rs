//! Where the sealed bytes lie: a folder, or a bucket that speaks S3. Names tell the municipality and a random id.

mod bucket;
mod folder;

use std::path::PathBuf;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use madoguchi_base::{AttachmentId, TenantId};

use crate::config;
use bucket::Remote;
use folder::Folder;
pub(super) use folder::make as make_folder;

/// A file's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    /// Municipality.
    pub tenant: TenantId,
    /// Which.
    pub id: AttachmentId,
}

impl Name {
    /// `232131/7f/0192…7f`: the last two digits spread the files over 256 folders.
    fn path(self) -> String {
        let id = self.id.to_string();
        format!("{}/{}/{id}", self.tenant, &id[id.len() - 2..])
    }

    fn of_path(path: &str) -> Option<Self> {
        let mut parts = path.splitn(3, '/');
        let tenant = parts.next()?.parse().ok()?;
        let id = parts.nth(1)?.parse().ok()?;
        let name = Self { tenant, id };
        (name.path() == path).then_some(name)
    }
}

/// The vault did not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// No such file.
    #[error("the file is not there")]
    Missing,
    /// The disk or the bucket failed or is full.
    #[error("files cannot be kept or read")]
    Failed,
}

impl From<std::io::Error> for VaultError {
    fn from(e: std::io::Error) -> Self {
        if e.kind() == std::io::ErrorKind::NotFound {
            return Self::Missing;
        }
        tracing::warn!(kind = ?e.kind(), "the folder of attached files failed");
        Self::Failed
    }
}

/// Bytes as they come.
pub(super) type Pieces = BoxStream<'static, Result<Bytes, VaultError>>;

/// Where the sealed bytes lie.
pub enum Vault {
    /// A folder of this machine.
    Folder(Folder),
    /// A bucket.
    Bucket(Box<Remote>),
}

impl Vault {
    /// By the settings.
    pub fn new(settings: &config::Files) -> anyhow::Result<Self> {
        match &settings.s3 {
            Some(s3) => Ok(Self::Bucket(Box::new(Remote::new(s3)?))),
            None => Ok(Self::Folder(Folder::new(settings.folder.clone()))),
        }
    }

    /// Keeps a file that lies ready in `from`, and removes it there. Afterwards it survives the loss of power.
    pub async fn put(&self, name: Name, from: PathBuf) -> Result<(), VaultError> {
        match self {
            Self::Folder(f) => f.put(name, from).await,
            Self::Bucket(b) => b.put(name, from).await,
        }
    }

    /// The sealed bytes.
    pub(super) async fn open(&self, name: Name) -> Result<Pieces, VaultError> {
        match self {
            Self::Folder(f) => f.open(name).await,
            Self::Bucket(b) => b.open(name).await,
        }
    }

    /// How many bytes there are; `None` where there is no such file.
    pub async fn len(&self, name: Name) -> Result<Option<u64>, VaultError> {
        match self {
            Self::Folder(f) => f.len(name).await,
            Self::Bucket(b) => b.len(name).await,
        }
    }

    /// Removes a file; one that is not there is removed already.
    pub async fn delete(&self, name: Name) -> Result<(), VaultError> {
        match self {
            Self::Folder(f) => f.delete(name).await,
            Self::Bucket(b) => b.delete(name).await,
        }
    }

    /// Every file of a municipality.
    pub async fn list(&self, tenant: TenantId) -> Result<Vec<Name>, VaultError> {
        match self {
            Self::Folder(f) => f.list(tenant).await,
            Self::Bucket(b) => b.list(tenant).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_from_its_path_and_nothing_else_does() {
        let tenant = "232131".parse().expect("tenant");
        let name = Name { tenant, id: AttachmentId::new(&madoguchi_base::Clock::system()) };
        assert_eq!(Name::of_path(&name.path()), Some(name));
        for wrong in ["", "232131/", "incoming/aa/x", &format!("232131/zz/{}", name.id), "../../etc/passwd"] {
            assert_eq!(Name::of_path(wrong), None, "{wrong}");
        }
    }
}
