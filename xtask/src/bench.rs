//! `cargo xtask bench`: builds everything optimised and hands over to the load generator in `xtask/bench`.

use std::process::Command;

use anyhow::Result;

use crate::postgres::Cluster;
use crate::run;
use crate::tools::{self, Need};

/// Runs the named cases, or all of them; one JSON line each on standard output.
pub(crate) fn bench(names: &[String]) -> Result<bool> {
    let mut build = run::cargo(&["build", "--release"]);
    build.args(["--package", "madoguchi", "--package", "line-emulator", "--package", "madoguchi-bench"]);
    run::must("building with optimisation", &mut build)?;
    let programs = run::target_directory()?.join("release");
    let wants_postgres = names.is_empty() || names.iter().any(|name| name.contains("postgres"));
    let cluster = if wants_postgres {
        tools::ensure(&[Need::Postgres])?;
        Some(Cluster::start(false)?)
    } else {
        None
    };
    let mut generator = Command::new(programs.join("madoguchi-bench"));
    generator.arg("--programs").arg(&programs);
    if let Some(cluster) = &cluster {
        generator.args(["--postgres", cluster.url()]);
    }
    run::passes("benchmarks", generator.args(names))
}
