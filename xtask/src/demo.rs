//! `cargo xtask demo`: builds the program and becomes it.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Result, bail};

use crate::run;

/// Distances from the first port; see docs/contract.md.
const PORTS: [(u16, &str); 5] =
    [(0, "citizens"), (1, "staff"), (10, "phone"), (11, "LINE's api"), (12, "LINE's api-data")];

/// Builds `madoguchi` and replaces this process by `madoguchi demo …`, so that signals reach it.
pub(crate) fn demo(arguments: &[String]) -> Result<bool> {
    if !arguments.iter().any(|argument| argument == "--help") {
        ports_are_free(arguments)?;
    }
    let program = run::target_directory()?.join("debug/madoguchi");
    let what = if program.exists() { "building" } else { "building (the first time takes some minutes)" };
    run::must(what, &mut run::cargo(&["build", "--package", "madoguchi"]))?;
    let error = Command::new(&program).current_dir(run::root()).arg("demo").args(arguments).exec();
    bail!("could not start {}: {error}", program.display())
}

/// Says before the build what would fail after it.
fn ports_are_free(arguments: &[String]) -> Result<()> {
    let first: u16 = option(arguments, "--port").unwrap_or("8080").parse()?;
    let host = option(arguments, "--host").unwrap_or("127.0.0.1");
    for (distance, whose) in PORTS {
        let port = first.saturating_add(distance);
        if let Err(error) = TcpListener::bind((host, port)) {
            bail!("port {port} ({whose}) can't be used: {error}. Choose another with --port");
        }
    }
    Ok(())
}

/// The value of `--name value` or `--name=value`.
pub(crate) fn option<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    arguments.iter().enumerate().find_map(|(at, argument)| match argument.strip_prefix(name)? {
        "" => arguments.get(at + 1).map(String::as_str),
        rest => rest.strip_prefix('='),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_found_in_both_spellings() {
        let arguments = ["--port=9000", "--host", "127.0.0.2"].map(String::from);
        assert_eq!(option(&arguments, "--port"), Some("9000"));
        assert_eq!(option(&arguments, "--host"), Some("127.0.0.2"));
        assert_eq!(option(&arguments, "--data"), None);
    }
}
