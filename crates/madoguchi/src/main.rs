//! The binary `madoguchi`.

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    match madoguchi::cli::run(madoguchi::cli::Cli::parse()).await {
        Ok(code) => code,
        Err(e) => {
            // One line with what to do; causes are joined, none of them holds what a person typed.
            eprintln!("madoguchi: {e:#}");
            ExitCode::FAILURE
        }
    }
}
