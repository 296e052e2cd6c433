//! `madoguchi backup`, `restore`, `audit verify` and `sending`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use madoguchi_base::keys::Keys;
use madoguchi_base::{Clock, Millis};

use crate::admin::Order;
use crate::{backup, setup};

#[derive(Args)]
pub(super) struct BackupArgs {
    /// Settings.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where backups lie: each is a folder of its own in it.
    folder: PathBuf,
}

#[derive(Args)]
pub(super) struct RestoreArgs {
    /// Settings; they name an empty database.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Another backup, whose keys are taken instead: those of an old one lapse.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// For programs.
    #[arg(long)]
    json: bool,
    /// A backup, or a folder of backups (then the newest).
    folder: PathBuf,
}

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// How far the logs are linked, and what is wrong with them (exit code 3).
    Verify {
        /// Settings.
        #[arg(long)]
        config: Option<PathBuf>,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
}

#[derive(Args)]
pub(super) struct SendingArgs {
    /// Whether LINE may be told of anything.
    switch: Switch,
    /// 団体コード.
    #[arg(long)]
    tenant: String,
    /// Settings.
    #[arg(long)]
    config: Option<PathBuf>,
}

pub(super) async fn take(args: BackupArgs) -> anyhow::Result<ExitCode> {
    // The program that serves does it, from a folder of its own.
    let into = std::path::absolute(&args.folder)?;
    super::give(args.config.as_ref(), Order::Backup { into }).await
}

pub(super) async fn audit(what: AuditCommand) -> anyhow::Result<ExitCode> {
    let AuditCommand::Verify { config, json } = what;
    super::give(config.as_ref(), Order::AuditVerify { json }).await
}

pub(super) async fn sending(args: SendingArgs) -> anyhow::Result<ExitCode> {
    let on = matches!(args.switch, Switch::On);
    super::give(args.config.as_ref(), Order::Sending { tenant: args.tenant, on }).await
}

/// Here and not by the program that serves: the database has to be nobody's.
pub(super) async fn restore(args: RestoreArgs) -> anyhow::Result<ExitCode> {
    let settings = super::load(args.config.as_ref())?;
    let db = setup::database(&settings.database.url, 2).await?;
    let keys = Keys::load(&settings.keys_dir)?;
    let folder = backup::newest(&args.folder, &keys)?;
    let newer = args.keys.as_deref().map(|n| backup::newest(n, &keys)).transpose()?;
    let done = backup::restore(&db, &keys, &Clock::system(), &folder, newer.as_deref()).await;
    db.close().await;
    tell(&done?, &folder, args.json);
    Ok(ExitCode::SUCCESS)
}

fn tell(done: &backup::Restored, folder: &Path, json: bool) {
    if json {
        println!("{}", serde_json::to_string(done).unwrap_or_default());
        return;
    }
    let made = Millis(done.made_at).japanese();
    println!("{} rows of {} are back, as they were at {made}", done.rows, folder.display());
    println!("{} applications stay closed: their keys were destroyed since", done.destroyed);
    println!("{} notices were not finished then and are parked: look at them first", done.parked);
    println!(
        "sending is off for {}: `madoguchi sending on --tenant …` when the old machine no longer sends",
        done.tenants.join(", ")
    );
}
