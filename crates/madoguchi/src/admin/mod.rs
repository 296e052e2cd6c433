//! 管理: what a person orders on the command line.
//! Is: the orders, and carrying them out, in one way whoever holds the database: the command itself, or the running
//! program, asked by a socket in the data folder (`door`). Is not: reading the words of the command line (`cli`).

mod acts;
pub mod door;
mod keep;
mod line;

use std::path::PathBuf;
use std::time::Duration;

use madoguchi_base::Clock;
use madoguchi_base::db::{Db, OpenError};
use madoguchi_base::keys::Keys;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::app::App;
use crate::config::{self, Settings};
use crate::procedure::Texts;
use crate::setup;
use crate::tenant::Channels;
pub use line::MenuFile;

/// How long a program that is just starting or ending is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is ordered. Files are read before, by whoever may read them.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Brings the schema up to date.
    Migrate,
    /// Looks for broken invariants.
    Check {
        /// For programs.
        json: bool,
    },
    /// Takes a backup.
    Backup {
        /// Where backups lie, from the root.
        into: PathBuf,
    },
    /// How far the audit logs are linked, and what is wrong with them.
    AuditVerify {
        /// For programs.
        json: bool,
    },
    /// Switches sending to LINE on or off.
    Sending {
        /// 団体コード.
        tenant: String,
        /// On or off.
        on: bool,
    },
    /// Whether a jump of the clock waits for somebody.
    ClockStatus,
    /// The clock is right: what waited for that may expire again.
    ClockConfirm,
    /// The municipalities.
    TenantList,
    /// Adds a municipality, or brings it up to date.
    TenantAdd {
        /// Its LINE channels.
        channels: Box<Channels>,
    },
    /// Adds an account.
    StaffAdd {
        /// Which.
        who: Staff,
        /// Name as colleagues read it.
        name: String,
        /// `clerk` or `admin`.
        role: String,
    },
    /// Gives an account a new password.
    StaffReset {
        /// Which.
        who: Staff,
    },
    /// The accounts of a municipality.
    StaffList {
        /// 団体コード.
        tenant: String,
        /// For programs.
        json: bool,
    },
    /// How much of LINE is used, or what it is from now on.
    LineMode {
        /// 団体コード.
        tenant: String,
        /// `notify-only` or `full`.
        mode: Option<String>,
        /// For programs.
        json: bool,
    },
    /// Makes a rich menu ready.
    LineMenu {
        /// 団体コード.
        tenant: String,
        /// Its areas.
        menu: MenuFile,
        /// PNG.
        picture: Vec<u8>,
    },
    /// Publishes procedures.
    ProcedureImport {
        /// 団体コード.
        tenant: String,
        /// Their files.
        files: Vec<Texts>,
        /// For programs.
        json: bool,
    },
    /// The published definition of a procedure.
    ProcedureExport {
        /// 団体コード.
        tenant: String,
        /// Its name in addresses.
        procedure: String,
    },
}

/// A staff account on the command line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// 団体コード.
    pub tenant: String,
    /// Sign-in name.
    pub login: String,
    /// For programs.
    pub json: bool,
}

/// What the command prints, and how it ends.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// For standard output.
    pub lines: Vec<String>,
    /// Exit code: 0, or 3 where something was found.
    pub code: u8,
}

impl Reply {
    /// One line, and success.
    pub fn line(text: impl Into<String>) -> Self {
        Self { lines: vec![text.into()], code: 0 }
    }
}

/// Where an order is carried out.
pub struct Place<'a> {
    /// The database, with its schema.
    pub db: &'a Db,
    /// Root key; `None`: not needed yet, or not there.
    pub keys: Option<&'a Keys>,
    /// The folder of the keys.
    pub keys_dir: &'a std::path::Path,
    /// Where attached files lie.
    pub files: &'a config::Files,
    /// The time.
    pub clock: &'a Clock,
    /// Where citizens reach the service.
    pub public_url: &'a Url,
    /// The running program, where it is one: it then takes the change up at once.
    pub app: Option<&'a App>,
}

/// Has an order carried out: by the program that serves the database of these settings, where one does, or here.
pub async fn give(settings: &Settings, order: &Order) -> anyhow::Result<Reply> {
    let Some(socket) = door::path(&settings.database.url) else {
        return here(settings, order, setup::database(&settings.database.url, 4).await?).await;
    };
    let tries = PATIENCE.as_millis() / 100;
    for _ in 0..tries {
        match door::ask(&socket, order).await {
            Err(door::NotAsked::Nobody) => {}
            Err(e) => return Err(e.into()),
            Ok(said) => return said.map_err(anyhow::Error::msg),
        }
        match setup::database(&settings.database.url, 4).await {
            // Somebody is about to open the door, or has just closed it.
            Err(e) if is_locked(&e) => tokio::time::sleep(Duration::from_millis(100)).await,
            db => return here(settings, order, db?).await,
        }
    }
    anyhow::bail!(
        "the data folder is in use by a process that does not answer at {}: wait until it says ready, or stop it",
        socket.display()
    )
}

fn is_locked(e: &anyhow::Error) -> bool {
    matches!(e.downcast_ref::<OpenError>(), Some(OpenError::Locked(_)))
}

async fn here(settings: &Settings, order: &Order, db: Db) -> anyhow::Result<Reply> {
    let clock = Clock::system();
    let keys = if matches!(order, Order::TenantAdd { .. }) {
        Some(setup::root_key(&db, &settings.keys_dir).await?)
    } else {
        Keys::load(&settings.keys_dir).ok()
    };
    let place = Place {
        db: &db,
        keys: keys.as_ref(),
        keys_dir: &settings.keys_dir,
        files: &settings.files,
        clock: &clock,
        public_url: &settings.public_url,
        app: None,
    };
    let said = carry_out(&place, order).await;
    db.close().await;
    said
}

/// Carries an order out.
pub async fn carry_out(place: &Place<'_>, order: &Order) -> anyhow::Result<Reply> {
    match order {
        // Whoever opened the database has done it.
        Order::Migrate => Ok(Reply::line("the schema is up to date")),
        Order::Check { json } => acts::check(place, *json).await,
        Order::Backup { into } => keep::take(place, into).await,
        Order::AuditVerify { json } => keep::verify(place, *json).await,
        Order::Sending { tenant, on } => keep::sending(place, tenant, *on).await,
        Order::ClockStatus => acts::clock_status(place).await,
        Order::ClockConfirm => acts::clock_confirm(place).await,
        Order::TenantList => acts::tenants(place).await,
        Order::TenantAdd { channels } => acts::add_tenant(place, channels).await,
        Order::StaffAdd { who, name, role } => acts::staff(place, who, Some((name, role))).await,
        Order::StaffReset { who } => acts::staff(place, who, None).await,
        Order::StaffList { tenant, json } => acts::list_staff(place, tenant, *json).await,
        Order::LineMode { tenant, mode, json } => line::mode(place, tenant, mode.as_deref(), *json).await,
        Order::LineMenu { tenant, menu, picture } => line::menu(place, tenant, menu, picture).await,
        Order::ProcedureImport { tenant, files, json } => acts::import(place, tenant, files, *json).await,
        Order::ProcedureExport { tenant, procedure } => acts::export(place, tenant, procedure).await,
    }
}

/// Where a path of the settings lies, for sentences.
impl Place<'_> {
    fn keys(&self) -> anyhow::Result<&Keys> {
        self.keys.ok_or_else(|| {
            let file: PathBuf = self.keys_dir.join("root.key");
            anyhow::anyhow!("{} cannot be read: run this as the user that serves (keys_dir)", file.display())
        })
    }
}
