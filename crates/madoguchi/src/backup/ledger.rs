//! The ledger of destroyed keys: a file beside the key files, because it has to outlive every database that is
//! brought back.

use std::fs::OpenOptions;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use madoguchi_base::keys::Keys;
use madoguchi_base::{ApplicationId, Millis, TenantId};
use serde::{Deserialize, Serialize};

/// A key that must never open anything again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destroyed {
    /// Municipality.
    pub tenant: String,
    /// Whose key it was.
    pub application: String,
    /// When (unix milliseconds).
    pub at: i64,
}

fn path(keys: &Keys) -> PathBuf {
    keys.dir().join("destroyed-keys.jsonl")
}

/// Notes destroyed keys, durably, before their rows are removed: a note too many closes what is closed anyway.
pub fn note(keys: &Keys, tenant: TenantId, gone: &[ApplicationId], at: Millis) -> io::Result<()> {
    // A line break first: what a power cut tore off must not swallow the next line.
    let mut lines = vec![b'\n'];
    for application in gone {
        let line = Destroyed { tenant: tenant.to_string(), application: application.to_string(), at: at.0 };
        serde_json::to_writer(&mut lines, &line)?;
        lines.push(b'\n');
    }
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path(keys))?;
    file.write_all(&lines)?;
    file.sync_all()?;
    std::fs::File::open(keys.dir())?.sync_all()
}

/// Every key that was destroyed; a half-written last line is left out (its row was not removed yet).
pub fn destroyed(keys: &Keys) -> io::Result<Vec<Destroyed>> {
    let file = match std::fs::File::open(path(keys)) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut all = Vec::new();
    for line in BufReader::new(file).lines() {
        if let Ok(one) = serde_json::from_str(&line?) {
            all.push(one);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use madoguchi_base::Clock;

    #[test]
    fn what_was_noted_is_read_again_and_a_torn_line_is_left_out() {
        let dir = tempfile::tempdir().expect("dir");
        let keys = Keys::load_or_create(dir.path()).expect("keys");
        let tenant = "232131".parse().expect("tenant");
        let one = ApplicationId::new(&Clock::system());
        assert!(destroyed(&keys).expect("none").is_empty());
        note(&keys, tenant, &[one], Millis(5)).expect("noted");
        let mut file = OpenOptions::new().append(true).open(path(&keys)).expect("file");
        file.write_all(b"{\"tenant\":\"2321").expect("torn");
        let all = destroyed(&keys).expect("read");
        assert_eq!((all.len(), all[0].application.clone()), (1, one.to_string()));
    }
}
