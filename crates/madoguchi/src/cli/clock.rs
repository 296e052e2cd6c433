//! `madoguchi clock`: a jump of the clock waits for a person.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use madoguchi_base::Clock;

use crate::{clock, setup, tenant};

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
    let (config, confirm) = match what {
        ClockCommand::Status { config } => (config, false),
        ClockCommand::Confirm { config } => (config, true),
    };
    let settings = super::load(config.as_ref())?;
    let db = setup::database(&settings.database.url, 2).await?;
    let mut x = db.reader().await?;
    let tenants = tenant::acts::list(&mut x).await?;
    let mark = clock::acts::look(&mut x).await?;
    drop(x);
    let now = Clock::system().wall();
    let mut code = ExitCode::SUCCESS;
    if confirm {
        let first = tenants.first().context("no municipality yet: nothing can expire")?;
        clock::acts::confirm(&db, first.tenant_id.parse()?, now).await?;
        println!("the time is {}: what is over may expire again", now.japanese());
    } else if let Some((to, from)) = mark.and_then(|m| m.halted) {
        println!(
            "halted: from {} to {} at once; the time is {}",
            from.japanese(),
            to.japanese(),
            now.japanese()
        );
        code = ExitCode::from(3);
    } else {
        let highest = mark.map_or(now, |m| m.highest);
        println!("no jump: the time is {}, the highest seen {}", now.japanese(), highest.japanese());
    }
    db.close().await;
    Ok(code)
}
