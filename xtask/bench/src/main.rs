//! The load generator of `cargo xtask bench`: starts the programs, loads them, prints one JSON line a case.
//! The names and the fields of the lines are promised in docs/contract.md.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

mod browser;
mod cases;
mod disk;
mod empty;
mod emulator;
mod html;
mod journey;
mod load;
mod report;
mod rows;
mod server;

/// What the command line says.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Folder of the optimised programs.
    programs: PathBuf,
    /// Maintenance database of a PostgreSQL cluster, for the cases that want one.
    postgres: Option<String>,
    /// Length of a measured part, seconds.
    seconds: u64,
    /// Cases to run; none means all.
    names: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, bytes] = &arguments[..]
        && first == empty::COMMAND
    {
        empty::serve(bytes.parse()?).await?;
        return Ok(true);
    }
    if let [first, url] = &arguments[..]
        && first == rows::COMMAND
    {
        rows::serve(url).await?;
        return Ok(true);
    }
    cases::run(&options(arguments)?).await
}

fn options(arguments: Vec<String>) -> Result<Options> {
    let mut options = Options { seconds: 10, ..Options::default() };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--programs" => options.programs = value()?.into(),
            "--postgres" => options.postgres = Some(value()?),
            "--seconds" => options.seconds = value()?.parse()?,
            name if cases::NAMES.contains(&name) => options.names.push(argument),
            other => bail!("there is no case {other:?}; there are {}", cases::NAMES.join(", ")),
        }
    }
    Ok(options)
}
