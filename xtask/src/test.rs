//! `cargo xtask test`: installs what is missing, then every check and every test, on both databases.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::counts::{Counts, Runner};
use crate::demo::option;
use crate::postgres::Cluster;
use crate::tools::{self, Need};
use crate::{check, run};

/// The variable by which the tests find PostgreSQL; each makes a database of its own there.
pub(crate) const POSTGRES: &str = "MADOGUCHI_TEST_POSTGRES";

/// Parts of the run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Check,
    Rust,
    E2e,
}

impl Phase {
    fn needs(self) -> &'static [Need] {
        match self {
            Self::Check => &[],
            Self::Rust => &[Need::Postgres],
            Self::E2e => &[Need::Chromium, Need::JapaneseFont, Need::Node],
        }
    }
}

/// Runs the phases; the last line is `N passed, N failed`.
pub(crate) fn test(arguments: &[String]) -> Result<bool> {
    let phases = match option(arguments, "--only") {
        None => vec![Phase::Check, Phase::Rust, Phase::E2e],
        Some("check") => vec![Phase::Check],
        Some("rust") => vec![Phase::Rust],
        Some("e2e") => vec![Phase::E2e],
        Some(other) => bail!("--only takes check, rust or e2e, not {other:?}"),
    };
    let keep = arguments.iter().any(|argument| argument == "--keep-pg");
    let start = Instant::now();
    let needs: Vec<Need> = phases.iter().flat_map(|phase| phase.needs()).copied().collect();
    tools::ensure(&needs)?;
    let mut total = Counts::default();
    for phase in phases {
        total += match phase {
            Phase::Check => check::check()?,
            Phase::Rust => rust(keep)?,
            Phase::E2e => e2e()?,
        };
    }
    run::done("all", start.elapsed(), total.failed == 0);
    println!("{} passed, {} failed", total.passed, total.failed);
    Ok(total.failed == 0)
}

fn rust(keep: bool) -> Result<Counts> {
    // Tests start the programs themselves as processes, so that they can kill them.
    if !run::passes("building the workspace", &mut run::cargo(&["build", "--workspace"]))? {
        return Ok(Counts::one(false));
    }
    let cluster = cluster(keep)?;
    let url =
        cluster.as_ref().map_or_else(|| run::variable(POSTGRES).unwrap_or_default(), |c| c.url().into());
    let mut counts = if tools::has_cargo_command("nextest") {
        let mut nextest = run::cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]);
        run::tests("tests in Rust", Runner::Nextest, nextest.env(POSTGRES, &url))?
    } else {
        let mut libtest = run::cargo(&["test", "--workspace", "--all-targets", "--no-fail-fast"]);
        run::tests("tests in Rust", Runner::CargoTest, libtest.env(POSTGRES, &url))?
    };
    let mut examples = run::cargo(&["test", "--workspace", "--doc", "--no-fail-fast"]);
    counts += run::tests("examples in the documentation", Runner::CargoTest, &mut examples)?;
    Ok(counts)
}

/// A cluster of our own, unless the caller has named one.
fn cluster(keep: bool) -> Result<Option<Cluster>> {
    if run::variable(POSTGRES).is_some() {
        return Ok(None);
    }
    let start = Instant::now();
    run::announce("making a PostgreSQL cluster");
    let cluster = Cluster::start(keep)?;
    run::done("making a PostgreSQL cluster", start.elapsed(), true);
    Ok(Some(cluster))
}

/// The demo in a real browser, and LINE's own SDK against the emulator.
fn e2e() -> Result<Counts> {
    let folder = run::root().join("e2e");
    let mut build = run::cargo(&["build", "--workspace"]);
    if !run::passes("building the demo", &mut build)? {
        return Ok(Counts::one(false));
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder);
    if !run::passes("npm ci in e2e", &mut npm)? {
        return Ok(Counts::one(false));
    }
    let mut stories: Vec<_> = std::fs::read_dir(folder.join("stories"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    stories.sort();
    let mut node = Command::new("node");
    // One at a time: each story starts a demo and a browser of its own.
    node.args(["--test", "--test-reporter=spec", "--test-concurrency=1"]).args(stories).current_dir(&folder);
    node.env("MADOGUCHI_BIN", run::target_directory()?.join("debug/madoguchi"));
    if let Some(browser) = tools::chromium() {
        node.env("MADOGUCHI_CHROMIUM", browser);
    }
    run::tests("stories from outside", Runner::Node, &mut node)
}
