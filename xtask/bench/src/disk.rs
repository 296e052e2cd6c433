//! What the disk can do: a durable figure says nothing without it.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

/// Overwrites of one page, each followed by fdatasync: how a write-ahead log behaves once it has grown.
const WRITES: usize = 500;

/// Sorted durations of single syncs.
pub(crate) fn probe(folder: &Path) -> Result<Vec<Duration>> {
    let mut file = tempfile::tempfile_in(folder)?;
    let page = [7_u8; 4096];
    let mut took = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&page)?;
        let start = Instant::now();
        file.sync_data()?;
        took.push(start.elapsed());
    }
    took.sort_unstable();
    Ok(took)
}
