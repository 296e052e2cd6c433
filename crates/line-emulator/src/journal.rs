//! Files of lines that only grow.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Opens a file for reading from its beginning and for appending, and cuts off a last line that a
/// crash has torn: later lines must not grow onto it.
pub(crate) fn open_whole_lines(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    let end = file.metadata()?.len();
    let whole = end_of_last_line(&mut file, end)?;
    if whole < end {
        file.set_len(whole)?;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// Looks backwards for the last line feed, a block at a time.
fn end_of_last_line(file: &mut File, end: u64) -> io::Result<u64> {
    const BLOCK: u64 = 64 * 1024;
    let mut upper = end;
    while upper > 0 {
        let lower = upper.saturating_sub(BLOCK);
        let mut block = vec![0; (upper - lower) as usize];
        file.seek(SeekFrom::Start(lower))?;
        file.read_exact(&mut block)?;
        if let Some(at) = block.iter().rposition(|b| *b == b'\n') {
            return Ok(lower + at as u64 + 1);
        }
        upper = lower;
    }
    Ok(0)
}
