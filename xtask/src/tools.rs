//! Programs that the tests need beside the Rust toolchain: found, installed where we may, or named.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::run;

/// The oldest Node that the tests from outside run on.
const NODE: u64 = 20;

/// A need of the tests, and the packages of Debian that meet it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Postgres,
    Chromium,
    JapaneseFont,
    Node,
}

impl Need {
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["postgresql"],
            Self::Chromium => &["chromium"],
            Self::JapaneseFont => &["fonts-noto-cjk"],
            Self::Node => &["nodejs", "npm"],
        }
    }

    fn is_met(self) -> bool {
        match self {
            Self::Postgres => postgres_bin().is_some(),
            Self::Chromium => chromium().is_some(),
            Self::JapaneseFont => has_japanese_font(),
            Self::Node => node_version().is_some_and(|version| version >= NODE) && on_path("npm").is_some(),
        }
    }
}

/// Makes sure that the needs are met: installs from Debian's packages as root, otherwise says how and stops.
pub(crate) fn ensure(needs: &[Need]) -> Result<()> {
    let missing: Vec<Need> = needs.iter().copied().filter(|need| !need.is_met()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages()).copied().collect();
    let by_hand = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if !(is_root() && on_path("apt-get").is_some()) {
        bail!("the tests need some programs that are not here. Install them with:\n  sudo {by_hand}");
    }
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
        command
    };
    // Old package lists are better than none: the install decides.
    run::passes("apt-get update", &mut apt(&["update", "-q"]))?;
    let mut arguments = vec!["install", "-y", "-q", "--no-install-recommends"];
    arguments.extend(&packages);
    run::must(&format!("installing {}", packages.join(", ")), &mut apt(&arguments))?;
    if let Some(need) = missing.iter().find(|need| !need.is_met()) {
        bail!("{need:?} is still missing after `{by_hand}` (Node must be {NODE} or later)");
    }
    Ok(())
}

/// The folder of PostgreSQL's programs: on the path, or where Debian keeps them; the newest version wins.
pub(crate) fn postgres_bin() -> Option<PathBuf> {
    let version_of = |folder: &Path| folder.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|folder| folder.join("initdb").is_file())
        .collect();
    folders.sort_by_key(|folder| version_of(folder));
    folders.pop().or_else(|| on_path("initdb")?.parent().map(Path::to_owned))
}

/// The browser of the tests: `MADOGUCHI_CHROMIUM`, or one on the path.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(chosen) = run::variable("MADOGUCHI_CHROMIUM") {
        return Some(chosen.into());
    }
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(on_path)
}

pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = run::variable("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether we run as root: the owner of our own entry in /proc tells, without a line of unsafe code.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}

/// Whether cargo knows this subcommand, such as `nextest` or `deny`.
pub(crate) fn has_cargo_command(name: &str) -> bool {
    run::cargo(&[name, "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn node_version() -> Option<u64> {
    let version = run::output(Command::new("node").arg("--version")).ok()?;
    version.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

/// Without one, every page in a screenshot is rows of boxes.
fn has_japanese_font() -> bool {
    match run::output(Command::new("fc-list").args([":lang=ja", "family"])) {
        Ok(families) => !families.trim().is_empty(),
        Err(_) => Path::new("/usr/share/fonts/opentype/noto").is_dir(),
    }
}
