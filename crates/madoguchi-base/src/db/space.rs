//! Room on the disk beside a SQLite file. A preallocated file, the ballast, is let go when the disk is full, so
//! that what must not stop (audit, sessions, delivery records) goes on while somebody cleans up. Whether there is
//! room again is found out by writing: once the ballast is back, everybody may write.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::posix_fallocate;
use nix::sys::statvfs::statvfs;
use tokio_util::sync::CancellationToken;

/// Between two looks at a full disk: with the probe it stays far below the five seconds that are promised.
const LOOK: Duration = Duration::from_secs(1);
/// Looks between two tries to make a ballast that did not fit, while the disk is not full.
const LATER: u32 = 30;
/// Room that must be there beyond the ballast, or the disk would be full again at once.
const MARGIN: u64 = 1 << 20;
/// At most this part of a disk is kept back.
const PART: u64 = 8;
/// What a probe really writes; a reservation alone is a promise of the file system's.
const PROBE: usize = 64 << 10;

/// The room beside one database.
#[derive(Debug)]
pub(super) struct Space {
    ballast: PathBuf,
    wanted: u64,
    full: AtomicBool,
}

/// What [`super::disk`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Bytes that may still be written.
    pub free: u64,
    /// Bytes of the ballast that is there.
    pub ballast: u64,
    /// Bytes that the ballast should have.
    pub wanted: u64,
}

impl Space {
    /// The room beside `database`, with a ballast of `mb` MiB (0: none is kept, and nobody is held back).
    pub(super) fn new(database: &Path, mb: u32) -> Option<Arc<Self>> {
        let ballast = database.with_extension("ballast");
        let wanted = wanted(database, mb);
        (wanted > 0).then(|| Arc::new(Self { ballast, wanted, full: AtomicBool::new(false) }))
    }

    /// Whether only what must not stop may write.
    pub(super) fn is_full(&self) -> bool {
        self.full.load(Ordering::Acquire)
    }

    /// Lets the ballast go where hardly anything can be written: opening a database needs some room, too.
    pub(super) fn before_open(&self) {
        if self.ballast.exists() && free(&self.ballast).is_some_and(|free| free < MARGIN) {
            self.filled();
        }
    }

    /// The disk was full: lets the ballast go. `true` where that made room.
    pub(super) fn filled(&self) -> bool {
        if !self.full.swap(true, Ordering::AcqRel) {
            tracing::error!(
                next = "free room on the disk of database.url; people can write again by themselves then",
                "the disk is full: applications are refused, reading and delivery go on"
            );
        }
        std::fs::remove_file(&self.ballast).is_ok()
    }

    /// Whether a real write fails for want of room (quotas are told by other codes than a full disk).
    pub(super) fn is_short(&self) -> bool {
        let probe = self.ballast.with_extension("probe");
        let written = File::create(&probe).and_then(|mut file| write(&mut file));
        let _removed = std::fs::remove_file(&probe);
        written.is_err_and(|e| matches!(e.kind(), KIND_FULL | KIND_QUOTA))
    }

    /// Bytes that may be written.
    pub(super) fn free(&self) -> u64 {
        free(&self.ballast).unwrap_or(u64::MAX)
    }

    fn is_whole(&self) -> bool {
        std::fs::metadata(&self.ballast).is_ok_and(|m| m.len() == self.wanted)
    }

    /// Makes the ballast, by a real write. A look at the free room comes first: a probe of its whole size would
    /// take the last room from those who may still write.
    fn restore(&self) -> std::io::Result<()> {
        let held = std::fs::metadata(&self.ballast).map_or(0, |m| m.len());
        if self.free().saturating_add(held) < self.wanted + self.wanted / PART + MARGIN {
            return Err(KIND_FULL.into());
        }
        let new = self.ballast.with_extension("ballast-new");
        let made = File::create(&new).and_then(|mut file| {
            let len = i64::try_from(self.wanted).map_err(std::io::Error::other)?;
            posix_fallocate(&file, 0, len).map_err(from_errno)?;
            write(&mut file)
        });
        let made = made.and_then(|()| std::fs::rename(&new, &self.ballast));
        if made.is_err() {
            let _removed = std::fs::remove_file(&new);
        }
        made
    }
}

const KIND_FULL: std::io::ErrorKind = std::io::ErrorKind::StorageFull;
const KIND_QUOTA: std::io::ErrorKind = std::io::ErrorKind::QuotaExceeded;

fn from_errno(e: Errno) -> std::io::Error {
    std::io::Error::from_raw_os_error(e as i32)
}

fn write(file: &mut File) -> std::io::Result<()> {
    // Not zeros: some file systems store those as nothing.
    file.write_all(&vec![0xA5; PROBE])?;
    file.sync_all()
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn free(file: &Path) -> Option<u64> {
    let about = statvfs(folder(file)).ok()?;
    Some(about.blocks_available() * about.fragment_size())
}

fn wanted(database: &Path, mb: u32) -> u64 {
    let whole = statvfs(folder(database)).map_or(u64::MAX, |about| about.blocks() * about.fragment_size());
    (u64::from(mb) << 20).min(whole / PART)
}

/// How the disk of a SQLite database stands; `None` for others, and where nothing can be said.
pub fn disk(url: &str, ballast_mb: u32) -> Option<Disk> {
    let path = Path::new(url.strip_prefix("sqlite:")?);
    let ballast = std::fs::metadata(path.with_extension("ballast")).map_or(0, |m| m.len());
    Some(Disk { free: free(path)?, ballast, wanted: wanted(path, ballast_mb) })
}

/// Keeps the ballast, and brings it back when there is room again.
pub(super) async fn keep(space: Arc<Space>, closing: CancellationToken) {
    let mut looks = 0_u32;
    loop {
        let full = space.is_full();
        if full || looks.is_multiple_of(LATER) && !space.is_whole() {
            let tried = Arc::clone(&space);
            let restored = tokio::task::spawn_blocking(move || tried.restore()).await;
            match restored {
                Ok(Ok(())) if full => {
                    space.full.store(false, Ordering::Release);
                    tracing::warn!("there is room on the disk again: applications are taken");
                }
                Ok(Err(e)) if !full => tracing::warn!(
                    kind = ?e.kind(),
                    mb = space.wanted >> 20,
                    next = "free room on the disk of database.url",
                    "the ballast could not be made: nothing is kept back for a full disk"
                ),
                _ => {}
            }
        }
        looks = looks.wrapping_add(1);
        tokio::select! {
            () = closing.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ballast_is_really_there_and_goes_when_the_disk_is_full() {
        use std::os::unix::fs::MetadataExt as _;
        let dir = tempfile::tempdir().expect("dir");
        let database = dir.path().join("m.db");
        let space = Space::new(&database, 2).expect("a space");
        space.restore().expect("room");
        assert!(space.is_whole() && !space.is_short());
        let about = std::fs::metadata(dir.path().join("m.ballast")).expect("a file");
        assert!(about.blocks() * 512 >= 2 << 20, "blocks are taken, not promised");
        let found = disk(&format!("sqlite:{}", database.display()), 2).expect("a disk");
        assert_eq!((found.ballast, found.wanted), (2 << 20, 2 << 20));
        assert!(space.filled() && space.is_full());
        assert!(!space.filled(), "it can go once");
    }

    #[test]
    fn no_ballast_is_wanted_where_the_setting_is_zero() {
        assert!(Space::new(Path::new("m.db"), 0).is_none());
        assert_eq!(disk("postgres://x", 64), None);
    }
}
