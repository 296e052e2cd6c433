//! The front door of the project: `cargo xtask demo | test | check | bench | soak | new-migration`.

use std::process::ExitCode;

use anyhow::{Result, bail};

mod bench;
mod check;
mod counts;
mod demo;
mod migration;
mod postal;
mod postgres;
mod run;
mod soak;
mod test;
mod tools;
mod tree;

/// Name, arguments, and what it does: the help text, and the list that `check` compares the documents with.
const COMMANDS: [(&str, &str, &str); 7] = [
    (
        "demo",
        "[--port 8080] [--data DIR] …",
        "build and run the demo: a city, its staff and a phone on this machine",
    ),
    (
        "test",
        "[--only check|rust|e2e] [--keep-pg]",
        "install what the tests need, then run every check and test",
    ),
    ("check", "", "formatting, lints, directions, sizes, words, documents: no test"),
    ("bench", "[NAME…]", "release build; one JSON line a case (docs/contract.md)"),
    (
        "soak",
        "[--kills N | --fuzz SECONDS]",
        "the kill tests, or the parsers, for longer than the suite does",
    ),
    ("postal", "FILE DATE SOURCE", "Japan Post's list of postal codes as procedures/postal.bin"),
    ("new-migration", "NOUN_NAME", "the next number, one file for each database"),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_else(|| "help".into());
    let rest: Vec<String> = arguments.collect();
    match dispatch(&command, &rest) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask {command}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one command; `false` where it ran and something did not pass.
fn dispatch(command: &str, rest: &[String]) -> Result<bool> {
    match command {
        "demo" => demo::demo(rest),
        "test" => test::test(rest),
        "check" => check::check().map(|counts| counts.failed == 0),
        "bench" => bench::bench(rest),
        "soak" => soak::soak(rest),
        "postal" => postal::postal(rest),
        "new-migration" => migration::new_migration(rest),
        "help" | "--help" | "-h" => {
            help();
            Ok(true)
        }
        other => {
            help();
            bail!("there is no command {other:?}")
        }
    }
}

fn help() {
    println!("cargo xtask COMMAND\n");
    for (name, arguments, text) in COMMANDS {
        println!("  {:<44} {text}", format!("{name} {arguments}"));
    }
}
