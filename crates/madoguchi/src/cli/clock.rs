//! `madoguchi clock`: a jump of the clock waits for a person.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use crate::admin::Order;

#[derive(Subcommand)]
pub(super) enum ClockCommand {
    /// Says whether a jump of the clock waits for somebody (exit code 3), and the highest time seen.
    Status {
        /// Settings.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// The machine's clock is right: what waited for that may expire again.
    Confirm {
        /// Settings.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

pub(super) async fn run(what: ClockCommand) -> anyhow::Result<ExitCode> {
    match what {
        ClockCommand::Status { config } => super::give(config.as_ref(), Order::ClockStatus).await,
        ClockCommand::Confirm { config } => super::give(config.as_ref(), Order::ClockConfirm).await,
    }
}
