//! 添付ファイル: what people attach: photographs and documents, before and after they are submitted.
//! Is: receiving, looking at, sealing, keeping, showing and deleting files. Is not: the answer that names them (that
//! is `procedure::types::file`), nor the application's state.
//! The bytes lie in the vault, sealed in segments under a key of their own; the row knows how many they are. A row is
//! written after the bytes are safe, and deleted before they are: no row ever points to a missing or short file.

pub mod acts;
mod body;
pub mod citizen;
pub mod form;
pub mod job;
pub mod kind;
mod pdf;
pub mod picture;
mod receive;
pub mod scan;
mod send;
pub mod staff;
pub mod store;
pub mod vault;

use std::path::PathBuf;
use std::sync::Arc;

use madoguchi_base::keys::Aad;
use madoguchi_base::{AttachmentId, TenantId};
use tokio::sync::Semaphore;

pub use kind::{Kind, Refusal};

use crate::config;
use scan::Scanner;
use vault::Vault;

/// Bytes of one file.
pub const MAX_BYTES: u64 = 10 * 1024 * 1024;
/// Files that one person may have attached without having sent them.
pub const MOST_UNSENT: i64 = 60;
/// Their bytes.
pub const MOST_UNSENT_BYTES: i64 = 200 * 1024 * 1024;
/// Uploads that are received at a time; each holds a few segments.
const UPLOADS: usize = 400;
/// Files that are opened in memory at a time.
const OPENED: usize = 2;

/// Where files are kept and what looks at them: a part of the running program.
pub struct Files {
    vault: Vault,
    scanner: Option<Scanner>,
    incoming: PathBuf,
    uploads: Arc<Semaphore>,
    opened: Semaphore,
    /// Megabytes for drawing pictures.
    drawing: Semaphore,
}

impl Files {
    /// By the settings. Nothing is opened yet.
    pub fn new(settings: &config::Files) -> anyhow::Result<Self> {
        Ok(Self {
            vault: Vault::new(settings)?,
            scanner: Scanner::new(&settings.clamd)?,
            incoming: settings.folder.join("incoming"),
            uploads: Arc::new(Semaphore::new(UPLOADS)),
            opened: Semaphore::new(OPENED),
            drawing: Semaphore::new(megabytes(picture::MOST_MEMORY) as usize),
        })
    }
}

impl Files {
    /// How many bytes of a file lie in the vault; `None`: no such file.
    pub async fn stored_bytes(&self, tenant: TenantId, id: &str) -> Result<Option<u64>, vault::VaultError> {
        let id = id.parse().map_err(|_| vault::VaultError::Missing)?;
        self.vault.len(vault::Name { tenant, id }).await
    }
}

fn megabytes(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1024 * 1024)).unwrap_or(u32::MAX)
}

/// Whether a file may be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// No scanner is configured.
    Off,
    /// The scanner has not answered yet: held back.
    Waiting,
    /// Nothing was found.
    Clean,
    /// Something was found; the bytes are gone.
    Infected,
}

impl Scan {
    /// In rows.
    pub fn code(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Waiting => "waiting",
            Self::Clean => "clean",
            Self::Infected => "infected",
        }
    }

    /// Of a row; what is not known is held back.
    pub fn of_code(code: &str) -> Self {
        match code {
            "off" => Self::Off,
            "clean" => Self::Clean,
            "infected" => Self::Infected,
            _ => Self::Waiting,
        }
    }

    /// May it be opened?
    pub fn is_open(self) -> bool {
        matches!(self, Self::Off | Self::Clean)
    }
}

/// A file as answers and pages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Which.
    pub id: AttachmentId,
    /// What it is.
    pub kind: Kind,
    /// How large, in bytes, as it is kept.
    pub bytes: u64,
    /// What the person's phone called it.
    pub name: String,
}

impl Shown {
    /// `id/kind/bytes/name`, the value of the answer.
    pub fn to_value(&self) -> String {
        format!("{}/{}/{}/{}", self.id, self.kind.code(), self.bytes, self.name)
    }

    /// Reads [`Shown::to_value`].
    pub fn of_value(value: &str) -> Option<Self> {
        let mut parts = value.splitn(4, '/');
        let id = parts.next()?.parse().ok()?;
        let kind = Kind::of_code(parts.next()?)?;
        let bytes = parts.next()?.parse().ok()?;
        let name = parts.next().filter(|n| !n.is_empty())?.to_owned();
        Some(Self { id, kind, bytes, name })
    }

    /// 「犬.jpg（JPEG・1.2MB）」.
    pub fn words(&self) -> String {
        format!("{}（{}・{}）", self.name, self.kind.words(), size_words(self.bytes))
    }

    /// Kind and name, as they lie before the content and in the row.
    fn about(&self) -> Vec<u8> {
        let name = self.name.as_bytes();
        let kind = Kind::ALL.iter().position(|k| *k == self.kind).unwrap_or(0) as u8;
        let mut out = vec![1, kind];
        out.extend_from_slice(&self.bytes.to_be_bytes());
        out.extend_from_slice(&(name.len() as u16).to_be_bytes());
        out.extend_from_slice(name);
        out
    }

    /// Reads [`Shown::about`] from the front; the rest is the content.
    fn of_about(id: AttachmentId, bytes: &[u8]) -> Option<(Self, usize)> {
        let &[1, kind, ref rest @ ..] = bytes else { return None };
        let size = u64::from_be_bytes(rest.get(..8)?.try_into().ok()?);
        let length = usize::from(u16::from_be_bytes(rest.get(8..10)?.try_into().ok()?));
        let name = String::from_utf8(rest.get(10..10 + length)?.to_vec()).ok()?;
        let kind = *Kind::ALL.get(usize::from(kind))?;
        Some((Self { id, kind, bytes: size, name }, 12 + length))
    }
}

/// 「1.2MB」, 「340KB」.
pub fn size_words(bytes: u64) -> String {
    if bytes >= 1_000_000 {
        format!("{}.{}MB", bytes / 1_000_000, bytes / 100_000 % 10)
    } else {
        format!("{}KB", bytes.div_ceil(1_000).max(1))
    }
}

/// Where a file's bytes belong.
fn file_place(tenant: TenantId, row: &str) -> Aad<'_> {
    Aad { tenant, table: "attachment", column: "file", row, round: 0 }
}

/// Where its key belongs, wrapped.
fn key_place(tenant: TenantId, row: &str) -> Aad<'_> {
    Aad { tenant, table: "attachment", column: "wrapped", row, round: 0 }
}

/// Where its name belongs.
fn about_place(tenant: TenantId, row: &str) -> Aad<'_> {
    Aad { tenant, table: "attachment", column: "about_sealed", row, round: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_an_answer_comes_back_whatever_its_name() {
        let id = AttachmentId::new(&madoguchi_base::Clock::system());
        for name in ["犬.jpg", "a/b/../c.jpg", "x.jpg"] {
            let one = Shown { id, kind: Kind::Png, bytes: 1_234_567, name: name.to_owned() };
            assert_eq!(Shown::of_value(&one.to_value()).as_ref(), Some(&one));
            let about = [one.about(), b"content".to_vec()].concat();
            let (again, at) = Shown::of_about(id, &about).expect("about");
            assert_eq!((&again, &about[at..]), (&one, b"content".as_slice()));
            assert_eq!(one.words(), format!("{name}（PNG・1.2MB）"));
        }
        for wrong in ["", "x", "x/jpeg/1/a", &format!("{id}/gif/1/a"), &format!("{id}/jpeg/1/")] {
            assert_eq!(Shown::of_value(wrong), None, "{wrong}");
        }
        assert_eq!(Shown::of_about(id, &[1, 0, 0]), None);
    }

    #[test]
    fn what_is_not_known_to_be_clean_is_held_back() {
        assert!(Scan::of_code("clean").is_open() && Scan::of_code("off").is_open());
        assert!(!Scan::of_code("waiting").is_open() && !Scan::of_code("?").is_open());
        assert!(!Scan::of_code("infected").is_open());
    }
}
