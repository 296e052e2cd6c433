//! デモ: everything on one machine, to look at for three minutes.
//! Is: the same program on SQLite, beside a LINE Platform of its own, with made-up people whose earlier
//! applications were lived through the real path over six weeks of a moved clock.
//! Is not: a mode with other rules. What is special: the front page with three panes, and its switches.

pub mod citizen;
pub mod city;
pub mod files;
mod history;
mod panes;
pub mod visitor;

use std::fs::{OpenOptions, Permissions};
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use line_emulator::Emulator;
use madoguchi_base::keys::Keys;
use madoguchi_base::{Clock, TenantId};
use madoguchi_line::menu::Draft;
use madoguchi_line::mode::LineMode;

use crate::app::App;
use crate::audit::Actor;
use crate::channel::acts::Change;
use crate::config::Settings;
use crate::{channel, office, procedure, run, setup};
use city::LineHosts;

/// What the demo page needs to know.
pub struct Demo {
    /// The LINE Platform.
    pub emulator: Emulator,
    /// The municipality.
    pub tenant: TenantId,
    /// Channel that 「花子がブロック」 is about.
    pub messaging_channel: String,
    /// Asks the emulator's control addresses.
    pub control: panes::Control,
    /// Where browsers find the phone.
    pub phone: String,
    /// Where browsers find the staff's site.
    pub staff: String,
    /// The clerk's sign-in name and password, printed at the start and shown on the page.
    pub clerk: (String, String),
    /// The account of 「調べる」: the audit log names the demo, not a person who did nothing.
    pub checker: (String, String),
    /// Whether 「LINEを止める」 is on.
    pub line_stopped: std::sync::atomic::AtomicBool,
    /// Whether 「花子がブロック」 was pressed; the phone may have taken it back since.
    pub blocked: std::sync::atomic::AtomicBool,
}

/// Addresses of one demo.
struct Ports {
    host: IpAddr,
    first: u16,
}

impl Ports {
    fn at(&self, further: u16) -> SocketAddr {
        SocketAddr::new(self.host, self.first.saturating_add(further))
    }

    /// Browsers get names under `demo.localhost`: same-site, so that cookies work in frames, yet each with
    /// cookies of its own. Another address than loopback keeps plain addresses.
    fn url(&self, name: &str, further: u16) -> String {
        let port = self.first + further;
        if self.host.is_loopback() {
            format!("http://{name}.demo.localhost:{port}")
        } else {
            format!("http://{}:{port}", self.host)
        }
    }
}

/// Runs the demo until it is told to end.
pub async fn run(
    host: IpAddr,
    port: u16,
    data: Option<PathBuf>,
    side: tokio::runtime::Handle,
) -> anyhow::Result<()> {
    anyhow::ensure!(port <= u16::MAX - 12, "--port: needs twelve free ports above it");
    let folder = match data {
        Some(folder) => Folder::Kept(folder),
        None => Folder::Gone(tempfile::tempdir()?),
    };
    let ports = Ports { host, first: port };
    let settings = settings(&ports, folder.path())?;
    crate::logging::start(&settings.log);
    std::fs::create_dir_all(folder.path())?;
    let (app, fresh) = start(&ports, folder.path(), settings, side).await?;
    let (public, staff) = run::bind(&app).await?;
    run::open_sockets(&app).await?;
    run::listen(&app, public, staff)?;
    let demo = app.demo.get().context("the demo was not set up")?;
    if fresh {
        history::live_through(&app, demo, &origin(&app.settings.public_url), &demo.staff)
            .await
            .context("the earlier applications could not be lived through")?;
    }
    run::work(&app);
    println!("citizen {}", ports.url("nishio", 0));
    println!("staff {}", demo.staff);
    println!("phone {}", demo.phone);
    println!("staff-account {} {}", demo.clerk.0, demo.clerk.1);
    println!("ready");
    run::until_told(&app).await
}

enum Folder {
    Kept(PathBuf),
    /// Removed at the end.
    Gone(tempfile::TempDir),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Gone(dir) => dir.path(),
        }
    }
}

fn settings(ports: &Ports, folder: &Path) -> anyhow::Result<Settings> {
    let mut s = Settings::load(None)?;
    s.demo = true;
    // Nobody's inbox fills up here, and a program that tries the demo out submits as one person.
    s.limits.submits_per_hour = 0;
    s.public_url = ports.url("nishio", 0).parse()?;
    s.staff_url = ports.url("staff", 1).parse()?;
    s.frame_ancestors = vec![ports.url("nishio", 0), ports.url("line", 10)];
    s.listen.public = ports.at(0);
    s.listen.staff = ports.at(1);
    s.keys_dir = folder.join("keys");
    s.files.folder = folder.join("files");
    // The environment may name another database (the bench runs the demo on PostgreSQL).
    if s.database.url == Settings::defaults()?.database.url {
        s.database.url = format!("sqlite:{}", folder.join("madoguchi.db").display());
    }
    // A try-out takes no sixty-four mebibytes of somebody's disk.
    s.database.ballast_mb = s.database.ballast_mb.min(8);
    if s.log.level == "info" {
        "warn".clone_into(&mut s.log.level);
    }
    Ok(s)
}

/// Starts emulator and app; `true` where this folder had no municipality yet.
async fn start(
    ports: &Ports,
    folder: &Path,
    settings: Settings,
    side: tokio::runtime::Handle,
) -> anyhow::Result<(App, bool)> {
    let (public_url, staff_url) = (origin(&settings.public_url), origin(&settings.staff_url));
    let (emulator, provider) = line(ports, folder, &public_url).await?;
    let hosts =
        LineHosts { access: ports.url("line", 10), api: emulator.api_base(), data: emulator.data_base() };
    let db = setup::open(&settings.database).await?;
    let (keys, clock) = (Keys::load_or_create(&settings.keys_dir)?, Clock::system());
    let mut x = db.reader().await?;
    let fresh = crate::tenant::acts::list(&mut x).await?.is_empty();
    drop(x);
    if fresh {
        // Everything of the first start happens six weeks ago.
        clock.set_offset_ms(-history::SPAN_MS);
        emulator.clock().set_offset_ms(-history::SPAN_MS);
    }
    let new = setup::NewTenant {
        municipality: procedure::builtin_municipality(),
        sources: procedure::builtin(),
        channels: city::channels(&provider, &hosts, &public_url),
        mode: fresh.then_some(LineMode::Full),
        public_url: public_url.clone(),
    };
    let tenant = setup::municipality(&db, &keys, &clock, new).await?;
    let clerk = clerk(&db, (&keys, &clock), tenant, folder, fresh).await?;
    let checker = checker(&db, (&keys, &clock), tenant, fresh).await?;
    let app = App::start_with(side, db, keys, clock, settings).await?;
    if fresh {
        app.line
            .publish_menu(tenant, &city::menu(&format!("{public_url}/nishio")), city::MENU_PICTURE)
            .await?;
        let draft = Draft::new(&city::menu(&format!("{public_url}/nishio")), city::MENU_PICTURE)?;
        let ready = Change::MenuReady(draft);
        channel::acts::change(&app.db, (&app.keys, &app.clock), tenant, Actor::System, ready)
            .await
            .map_err(|e| anyhow::anyhow!("the menu could not be made ready: {e}"))?;
    }
    let demo = Demo {
        control: panes::Control::new(format!("http://{}", ports.at(10)))?,
        phone: ports.url("line", 10),
        staff: staff_url,
        messaging_channel: provider.messaging.id,
        tenant,
        clerk,
        checker,
        line_stopped: std::sync::atomic::AtomicBool::new(false),
        blocked: std::sync::atomic::AtomicBool::new(false),
        emulator,
    };
    anyhow::ensure!(app.demo.set(demo).is_ok(), "the demo was set up twice");
    Ok((app, fresh))
}

/// The demo's LINE, with the one municipality as its customer.
async fn line(
    ports: &Ports,
    folder: &Path,
    public_url: &str,
) -> anyhow::Result<(Emulator, line_emulator::Provider)> {
    let callback_bases = [public_url.to_owned(), format!("http://{}", ports.at(0))];
    let callbacks: Vec<String> = callback_bases.iter().map(|b| format!("{b}/line/232131/callback")).collect();
    let webhook = format!("http://{}/line/232131/webhook", ports.at(0));
    let seed = kept_seed(folder, &callbacks, &webhook)?;
    let provider = seed.providers.first().context("a provider")?.clone();
    let config = line_emulator::Config {
        bind: ports.host,
        phone_port: ports.first + 10,
        api_port: ports.first + 11,
        data_port: ports.first + 12,
        data_dir: Some(folder.join("line")),
        public_phone_host: Some(ports.url("line", 10)),
        seed,
        frame_ancestors: vec![public_url.to_owned()],
        clock_offset_ms: 0,
        banner: Some("デモ：公表資料をもとにした架空の窓口です。実際の申請はできません。".into()),
    };
    Ok((line_emulator::start(config).await?, provider))
}

/// The made-up secrets stay the same over restarts on the same folder.
fn kept_seed(folder: &Path, callbacks: &[String], webhook: &str) -> anyhow::Result<line_emulator::Seed> {
    let path = folder.join("line-seed.json");
    let mut seed: line_emulator::Seed = if path.exists() {
        serde_json::from_slice(&std::fs::read(&path)?)?
    } else {
        let seed = city::seed(Vec::new(), String::new());
        write_own(&path, &serde_json::to_vec(&seed)?)?;
        seed
    };
    for provider in &mut seed.providers {
        provider.login.callbacks = callbacks.to_vec();
        provider.messaging.webhook = Some(webhook.to_owned());
    }
    Ok(seed)
}

/// Writes a file that nobody but this user may read, whatever the umask and whatever lay there before.
fn write_own(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(bytes)
}

/// The demo's clerk: a real account with a drawn password, kept beside the demo's data.
async fn clerk(
    db: &madoguchi_base::db::Db,
    (keys, clock): (&Keys, &Clock),
    tenant: TenantId,
    folder: &Path,
    fresh: bool,
) -> anyhow::Result<(String, String)> {
    let path = folder.join("staff-account.txt");
    if fresh || !path.exists() {
        let password = if fresh {
            office::add(db, (keys, clock), tenant, "sato", "佐藤（上下水道）", "admin").await?
        } else {
            office::reset(db, (keys, clock), tenant, "sato").await?
        };
        write_own(&path, password.as_bytes())?;
    }
    Ok(("sato".to_owned(), std::fs::read_to_string(&path)?))
}

/// The account of 「調べる」: its password is drawn anew at each start and kept nowhere.
async fn checker(
    db: &madoguchi_base::db::Db,
    (keys, clock): (&Keys, &Clock),
    tenant: TenantId,
    fresh: bool,
) -> anyhow::Result<(String, String)> {
    let password = if fresh {
        office::add(db, (keys, clock), tenant, "demo", "デモ（自動の確認）", "clerk").await?
    } else {
        office::reset(db, (keys, clock), tenant, "demo").await?
    };
    Ok(("demo".to_owned(), password))
}

fn origin(url: &url::Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_demo_keeps_is_readable_by_its_user_only() {
        let dir = tempfile::tempdir().expect("folder");
        let old = dir.path().join("staff-account.txt");
        std::fs::write(&old, "before").expect("write");
        std::fs::set_permissions(&old, Permissions::from_mode(0o644)).expect("chmod");
        write_own(&old, b"after").expect("write");
        kept_seed(dir.path(), &[], "http://127.0.0.1:1/").expect("seed");
        for path in [old, dir.path().join("line-seed.json")] {
            let mode = std::fs::metadata(&path).expect("file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
    }
}
