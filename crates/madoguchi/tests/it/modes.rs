//! Files that the program makes are for its own user, whatever the umask it was started with.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

#[test]
fn a_database_that_the_program_makes_is_readable_by_its_user_only() {
    let dir = tempfile::tempdir().expect("folder");
    let database = dir.path().join("made.db");
    let made = Command::new("sh")
        .args(["-c", "umask 000; exec \"$0\" migrate", env!("CARGO_BIN_EXE_madoguchi")])
        .env("MADOGUCHI_DATABASE__URL", format!("sqlite:{}", database.display()))
        .env("MADOGUCHI_KEYS_DIR", dir.path().join("keys"))
        .output()
        .expect("it runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(database.exists());
    for entry in std::fs::read_dir(dir.path()).expect("list") {
        let entry = entry.expect("entry");
        let bits = entry.metadata().expect("mode").permissions().mode();
        assert_eq!(bits & 0o077, 0, "{}", entry.path().display());
    }
}
