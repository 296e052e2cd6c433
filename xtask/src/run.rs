//! Runs other programs: announced, timed, their output passed on as it comes.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::counts::{Counts, Runner};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}

/// `cargo` of the toolchain that runs us, in the root of the checkout.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(variable("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    command
}

/// A variable of the environment; empty counts as not set.
#[expect(clippy::disallowed_methods, reason = "the rule is for the product's settings; these are a tool's")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What cargo knows of the workspace, without the dependencies of dependencies.
pub(crate) fn metadata() -> Result<serde_json::Value> {
    let metadata = output(&mut cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    serde_json::from_str(&metadata).context("cargo metadata")
}

/// Where cargo puts what it builds.
pub(crate) fn target_directory() -> Result<PathBuf> {
    let metadata = metadata()?;
    let directory = metadata["target_directory"].as_str().context("cargo metadata names no target folder")?;
    Ok(directory.into())
}

/// Runs it with our own standard streams; `false` where it failed.
pub(crate) fn passes(what: &str, command: &mut Command) -> Result<bool> {
    announce(what);
    let start = Instant::now();
    let status = command.status().with_context(|| format!("{what}: could not start {command:?}"))?;
    done(what, start.elapsed(), status.success());
    Ok(status.success())
}

/// As [`passes`], where going on makes no sense after a failure.
pub(crate) fn must(what: &str, command: &mut Command) -> Result<()> {
    if passes(what, command)? { Ok(()) } else { bail!("{what} failed") }
}

/// Runs it quietly and gives its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("could not start {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a test runner, passes its output on, and adds up its closing lines.
/// A runner that fails without a count counts as one failure; so does one that ran no test.
pub(crate) fn tests(what: &str, runner: Runner, command: &mut Command) -> Result<Counts> {
    announce(what);
    let start = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{what}: could not start {command:?}"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut counts = std::thread::scope(|scope| {
        let errors = scope.spawn(move || pass_on(stderr, &mut std::io::stderr(), runner));
        let mut counts = pass_on(stdout, &mut std::io::stdout(), runner);
        counts += errors.join().unwrap_or_default();
        counts
    });
    let passed = child.wait()?.success();
    done(what, start.elapsed(), passed);
    if (!passed && counts.failed == 0) || counts == Counts::default() {
        if passed {
            eprintln!("==> {what}: no test was run");
        }
        counts.failed += 1;
    }
    Ok(counts)
}

fn pass_on(from: Option<impl Read>, to: &mut impl Write, runner: Runner) -> Counts {
    let mut counts = Counts::default();
    let Some(from) = from else { return counts };
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        // A closed terminal must not stop the tests: their result still counts.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        counts += runner.read(&String::from_utf8_lossy(&line));
        line.clear();
    }
    counts
}

pub(crate) fn announce(what: &str) {
    println!("==> {what} …");
}

pub(crate) fn done(what: &str, took: Duration, passed: bool) {
    println!("==> {what}: {} after {}", if passed { "done" } else { "FAILED" }, minutes(took));
}

fn minutes(took: Duration) -> String {
    let seconds = took.as_secs();
    if seconds < 60 {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}
