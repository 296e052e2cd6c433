//! `cargo xtask soak`: the kill tests, or with `--fuzz` the parsers, for longer than the suite does.

use anyhow::Result;

use crate::counts::Runner;
use crate::demo::option;
use crate::postgres::Cluster;
use crate::run;
use crate::test::POSTGRES;
use crate::tools::{self, Need};

/// Kills when none are asked for: about an hour on two cores.
const KILLS: &str = "500";

/// Runs every test whose name holds `kill`, with `MADOGUCHI_SOAK_KILLS` kills on each database.
pub(crate) fn soak(arguments: &[String]) -> Result<bool> {
    if let Some(seconds) = option(arguments, "--fuzz") {
        return fuzz(seconds);
    }
    let kills = option(arguments, "--kills").unwrap_or(KILLS);
    tools::ensure(&[Need::Postgres])?;
    run::must("building the workspace", &mut run::cargo(&["build", "--workspace"]))?;
    let cluster = Cluster::start(false)?;
    let (runner, mut command) = if tools::has_cargo_command("nextest") {
        let filter = "test(kill)";
        (Runner::Nextest, run::cargo(&["nextest", "run", "--workspace", "--no-capture", "-E", filter]))
    } else {
        (Runner::CargoTest, run::cargo(&["test", "--workspace", "kill", "--", "--nocapture"]))
    };
    command.env("MADOGUCHI_SOAK_KILLS", kills).env(POSTGRES, cluster.url());
    let counts = run::tests(&format!("{kills} kills on each database"), runner, &mut command)?;
    println!("{} passed, {} failed", counts.passed, counts.failed);
    Ok(counts.failed == 0)
}

/// Runs the loops over the parsers of forms and files for so many seconds each.
fn fuzz(seconds: &str) -> Result<bool> {
    let mut command = run::cargo(&["test", "-p", "madoguchi", "--lib", "fuzz", "--", "--test-threads=2"]);
    // Read when the tests are compiled: they may not read the environment.
    command.env("MADOGUCHI_FUZZ_SECONDS", seconds);
    let counts = run::tests(&format!("{seconds} seconds a parser"), Runner::CargoTest, &mut command)?;
    println!("{} passed, {} failed", counts.passed, counts.failed);
    Ok(counts.failed == 0 && counts.passed > 0)
}
