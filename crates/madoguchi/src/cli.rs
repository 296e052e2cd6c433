//! The command line.

mod clock;
mod keep;
mod procedures;
mod schema;

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use tokio::runtime::Handle;

use crate::admin::{Order, Staff};
use crate::app::App;
use crate::config::Settings;
use crate::tenant::ChannelFile;
use crate::{admin, demo, run, setup};
use madoguchi_base::Clock;

/// 窓口: applications to a municipality, inside LINE.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything on one machine, with a LINE of its own, to look at.
    Demo {
        /// Address to listen on.
        #[arg(long, default_value = "127.0.0.1")]
        host: IpAddr,
        /// First port; staff is one further, the phone ten further.
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Folder that keeps the demo; a temporary one where left out.
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// The same program against real services.
    Serve {
        /// Settings (see `madoguchi config defaults`).
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Brings the database's schema up to date.
    Migrate {
        /// Settings.
        #[arg(long)]
        config: Option<PathBuf>,
        /// Also makes the parts' roles and gives them exactly their rights (PostgreSQL).
        #[arg(long)]
        roles: bool,
        /// With --roles: only prints what would be run.
        #[arg(long, requires = "roles")]
        print: bool,
    },
    /// Can it run here? In plain words.
    Doctor {
        /// Settings.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Settings.
    Config {
        #[command(subcommand)]
        what: ConfigCommand,
    },
    /// Invariants over the whole database.
    Check {
        /// Settings.
        #[arg(long)]
        config: Option<PathBuf>,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// A sealed copy of the database, while it serves, too.
    Backup(keep::BackupArgs),
    /// Brings a backup back into an empty database; sending stays off.
    Restore(keep::RestoreArgs),
    /// The audit log.
    Audit {
        #[command(subcommand)]
        what: keep::AuditCommand,
    },
    /// Switches a municipality's sending to LINE.
    Sending(keep::SendingArgs),
    /// Municipalities.
    Tenant {
        #[command(subcommand)]
        what: TenantCommand,
    },
    /// The machine's clock: after a jump nothing expires until somebody confirms the time.
    Clock {
        #[command(subcommand)]
        what: clock::ClockCommand,
    },
    /// Staff accounts.
    Staff {
        #[command(subcommand)]
        what: StaffCommand,
    },
    /// How a municipality uses its official account on LINE.
    Line {
        #[command(subcommand)]
        what: LineCommand,
    },
    /// Procedure files.
    Procedure {
        #[command(subcommand)]
        what: ProcedureCommand,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Reads the settings and says what is wrong with them.
    Check {
        /// Settings.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Prints every setting with its default.
    Defaults,
}

#[derive(Subcommand)]
enum TenantCommand {
    /// Prints code and slug of each municipality.
    List {
        /// Settings.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Adds a municipality, or brings its procedures up to date.
    Add {
        /// Settings.
        #[arg(long)]
        config: Option<PathBuf>,
        /// Its LINE channels (TOML: see docs/contract.md).
        #[arg(long)]
        channels: PathBuf,
    },
}

#[derive(Subcommand)]
enum LineCommand {
    /// How much of LINE is used: `notify-only` or `full`; says which where none is given.
    Mode {
        /// Settings.
        #[arg(long)]
        config: Option<PathBuf>,
        /// 団体コード.
        #[arg(long)]
        tenant: String,
        /// `notify-only` or `full`.
        mode: Option<String>,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Makes a rich menu ready, for an administrator to publish on the staff site.
    Menu {
        /// Settings.
        #[arg(long)]
        config: Option<PathBuf>,
        /// 団体コード.
        #[arg(long)]
        tenant: String,
        /// Its areas (TOML: docs/operate/line-setup.md).
        #[arg(long)]
        spec: PathBuf,
        /// Its picture (PNG of the same size, at most 1 MB).
        #[arg(long)]
        picture: PathBuf,
    },
}

#[derive(Subcommand)]
enum StaffCommand {
    /// Adds an account and prints its password once.
    Add(StaffArgs),
    /// Gives an account a new password and prints it once.
    Reset(StaffArgs),
    /// Prints name, role and what colleagues read, of each account.
    List {
        /// Settings.
        #[arg(long)]
        config: Option<PathBuf>,
        /// 団体コード.
        #[arg(long)]
        tenant: String,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

#[derive(clap::Args)]
struct StaffArgs {
    /// Settings.
    #[arg(long)]
    config: Option<PathBuf>,
    /// 団体コード.
    #[arg(long)]
    tenant: String,
    /// Sign-in name.
    #[arg(long)]
    login: String,
    /// Name as colleagues read it.
    #[arg(long, default_value = "")]
    name: String,
    /// `viewer`, `clerk` or `admin`.
    #[arg(long, default_value = "clerk")]
    role: String,
    /// For programs.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum ProcedureCommand {
    /// Says for each file what is wrong, where, and what to do.
    Validate {
        /// Files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Publishes files for a municipality. The program that is asked by its socket shows them at once, others at
    /// their next start.
    Import(Publish),
    /// Prints the published definition of a procedure (JSON, with its blocks in place).
    Export {
        /// Settings.
        #[arg(long)]
        config: Option<PathBuf>,
        /// 団体コード.
        #[arg(long)]
        tenant: String,
        /// Its name in addresses.
        procedure: String,
    },
}

#[derive(clap::Args)]
struct Publish {
    /// Settings.
    #[arg(long)]
    config: Option<PathBuf>,
    /// 団体コード.
    #[arg(long)]
    tenant: String,
    /// Files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Runs a command. Exit codes: 0 done, 1 it failed, 2 wrong words on the command line, 3 `check` or
/// `validate` found something.
pub async fn run(cli: Cli, side: Handle) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Demo { host, port, data } => {
            demo::run(host, port, data, side).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Serve { config } => serve(config, side).await.map(|()| ExitCode::SUCCESS),
        Command::Migrate { config, roles, print } => {
            let settings = load(config.as_ref())?;
            schema::migrate(&settings, roles, print).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Doctor { config } => crate::doctor::run(&load(config.as_ref())?).await,
        Command::Config { what: ConfigCommand::Defaults } => {
            print!("{}", crate::config::DEFAULTS);
            Ok(ExitCode::SUCCESS)
        }
        Command::Config { what: ConfigCommand::Check { config } } => {
            load(config.as_ref())?.check()?;
            println!("the settings are complete and safe");
            Ok(ExitCode::SUCCESS)
        }
        Command::Check { config, json } => give(config.as_ref(), Order::Check { json }).await,
        Command::Backup(args) => keep::take(args).await,
        Command::Restore(args) => keep::restore(args).await,
        Command::Audit { what } => keep::audit(what).await,
        Command::Sending(args) => keep::sending(args).await,
        Command::Tenant { what } => tenant(what).await,
        Command::Clock { what } => clock::run(what).await,
        Command::Line { what } => line(what).await,
        Command::Staff { what } => staff(what).await,
        Command::Procedure { what } => procedure(what).await,
    }
}

fn load(file: Option<&PathBuf>) -> anyhow::Result<Settings> {
    let settings = Settings::load(file.map(PathBuf::as_path))?;
    crate::logging::start(&settings.log);
    Ok(settings)
}

async fn serve(config: Option<PathBuf>, side: Handle) -> anyhow::Result<()> {
    let settings = load(config.as_ref())?;
    settings.check()?;
    let db = setup::open(&settings.database).await?;
    let keys = setup::root_key(&db, &settings.keys_dir).await?;
    let app = App::start_with(side, db, keys, Clock::system(), settings).await?;
    let (public, staff) = run::bind(&app).await?;
    run::open_sockets(&app).await?;
    run::listen(&app, public, staff)?;
    run::work(&app);
    println!("ready");
    run::until_told(&app).await
}

/// Has an order carried out, by the running program or here, and prints what comes of it.
async fn give(config: Option<&PathBuf>, order: Order) -> anyhow::Result<ExitCode> {
    let said = admin::give(&load(config)?, &order).await?;
    for line in said.lines {
        println!("{line}");
    }
    Ok(ExitCode::from(said.code))
}

async fn tenant(what: TenantCommand) -> anyhow::Result<ExitCode> {
    let (config, channels) = match what {
        TenantCommand::List { config } => return give(config.as_ref(), Order::TenantList).await,
        TenantCommand::Add { config, channels } => (config, channels),
    };
    let text = std::fs::read_to_string(&channels)
        .with_context(|| format!("{} cannot be read", channels.display()))?;
    let file: ChannelFile =
        toml::from_str(&text).with_context(|| format!("{} is not complete", channels.display()))?;
    give(config.as_ref(), Order::TenantAdd { channels: Box::new(file.read()?) }).await
}

async fn staff(what: StaffCommand) -> anyhow::Result<ExitCode> {
    let who = |a: &StaffArgs| Staff { tenant: a.tenant.clone(), login: a.login.clone(), json: a.json };
    match what {
        StaffCommand::Add(a) => {
            let who = who(&a);
            give(a.config.as_ref(), Order::StaffAdd { who, name: a.name, role: a.role }).await
        }
        StaffCommand::Reset(a) => give(a.config.as_ref(), Order::StaffReset { who: who(&a) }).await,
        StaffCommand::List { config, tenant, json } => {
            give(config.as_ref(), Order::StaffList { tenant, json }).await
        }
    }
}

async fn line(what: LineCommand) -> anyhow::Result<ExitCode> {
    match what {
        LineCommand::Mode { config, tenant, mode, json } => {
            give(config.as_ref(), Order::LineMode { tenant, mode, json }).await
        }
        LineCommand::Menu { config, tenant, spec, picture } => {
            let menu = toml::from_str(&std::fs::read_to_string(spec)?).context("the menu's file")?;
            let picture = std::fs::read(picture).context("the picture")?;
            give(config.as_ref(), Order::LineMenu { tenant, menu, picture }).await
        }
    }
}

async fn procedure(what: ProcedureCommand) -> anyhow::Result<ExitCode> {
    match what {
        ProcedureCommand::Validate { files, json } => Ok(procedures::validate(&files, json)),
        ProcedureCommand::Import(a) => match procedures::read(&a.files, a.json) {
            Some(files) => {
                let (tenant, json) = (a.tenant, a.json);
                give(a.config.as_ref(), Order::ProcedureImport { tenant, files, json }).await
            }
            None => Ok(ExitCode::from(3)),
        },
        ProcedureCommand::Export { config, tenant, procedure } => {
            give(config.as_ref(), Order::ProcedureExport { tenant, procedure }).await
        }
    }
}
