//! `madoguchi line …`: how a municipality uses its official account.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use madoguchi_base::db::Db;
use madoguchi_base::keys::Keys;
use madoguchi_base::{Clock, TenantId};
use madoguchi_line::menu::{Action, Area, Bounds, Draft, MenuSpec, Size};
use madoguchi_line::mode::{self, LineMode};
use madoguchi_line::relay;
use serde::Deserialize;

use crate::audit::Actor;
use crate::channel::acts::{self, Change};
use crate::config::Settings;
use crate::{setup, tenant};

/// A menu's file (TOML).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MenuFile {
    name: String,
    chat_bar: String,
    width: u32,
    height: u32,
    areas: Vec<AreaFile>,
}

/// A tile; exactly one of `procedure`, `page`, `url`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AreaFile {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
    label: String,
    procedure: Option<String>,
    page: Option<String>,
    url: Option<String>,
}

impl AreaFile {
    fn area(self, site: &str) -> anyhow::Result<Area> {
        let uri = match (self.procedure, self.page.as_deref(), self.url) {
            (Some(procedure), None, None) => format!("{site}/p/{procedure}/form"),
            (None, Some("mine"), None) => format!("{site}/a"),
            (None, Some("catalogue"), None) => format!("{site}/"),
            (None, Some("unlink"), None) => format!("{site}/unlink"),
            (None, None, Some(url)) => url,
            _ => anyhow::bail!(
                "{}: give one of procedure = \"its-name\", page = \"mine\", \"catalogue\" or \"unlink\", url = \"https://…\"",
                self.label
            ),
        };
        let bounds = Bounds { x: self.x, y: self.y, width: self.width, height: self.height };
        Ok(Area { bounds, label: self.label, action: Action::Uri(uri) })
    }
}

struct Open {
    db: Db,
    keys: Keys,
    id: TenantId,
}

async fn open(settings: &Settings, code: &str) -> anyhow::Result<Open> {
    let db = setup::database(&settings.database.url, 4).await?;
    let keys = Keys::load(&settings.keys_dir)?;
    Ok(Open { db, keys, id: code.parse()? })
}

impl Open {
    async fn change(&self, what: Change) -> anyhow::Result<()> {
        let clock = Clock::system();
        let done = acts::change(&self.db, (&self.keys, &clock), self.id, Actor::System, what).await;
        done.map(drop).map_err(|e| anyhow::anyhow!("it could not be stored: {e}"))
    }
}

/// `line mode`: switches, or says where nothing is given.
pub(super) async fn mode(
    settings: &Settings,
    code: &str,
    to: Option<&str>,
    json: bool,
) -> anyhow::Result<()> {
    let open = open(settings, code).await?;
    if let Some(to) = to {
        let to: LineMode = to.parse()?;
        open.change(Change::Mode(to)).await?;
    }
    let mut x = open.db.reader().await?;
    let mode = mode::of(&mut x, open.id).await?;
    let relay = relay::of(&mut x, open.id).await?;
    drop(x);
    open.db.close().await;
    if json {
        println!(
            "{}",
            serde_json::json!({ "mode": mode.code(), "relay_to": relay.to, "passed_on": relay.passed_on, "failed": relay.failed, "dropped": relay.dropped })
        );
    } else {
        println!("{}", mode.code());
    }
    Ok(())
}

/// `line menu`: makes a menu ready; an administrator publishes it on the staff site.
pub(super) async fn menu(
    settings: &Settings,
    code: &str,
    spec: &Path,
    picture: &PathBuf,
) -> anyhow::Result<()> {
    let open = open(settings, code).await?;
    let file: MenuFile = toml::from_str(&std::fs::read_to_string(spec)?).context("the menu's file")?;
    let mut x = open.db.reader().await?;
    let all = tenant::acts::list(&mut x).await?;
    drop(x);
    let slug =
        all.into_iter().find(|t| t.tenant_id == open.id.to_string()).context("no such municipality")?.slug;
    let site = format!("{}/{slug}", settings.public_url.as_str().trim_end_matches('/'));
    let areas = file.areas.into_iter().map(|a| a.area(&site)).collect::<anyhow::Result<Vec<_>>>()?;
    let whole = Size { width: file.width, height: file.height };
    let spec = MenuSpec { name: file.name, chat_bar: file.chat_bar, size: whole, areas };
    let draft = Draft::new(&spec, &std::fs::read(picture).context("the picture")?)?;
    open.change(Change::MenuReady(draft)).await?;
    open.db.close().await;
    println!("the menu is ready: an administrator publishes it on the staff site (LINE)");
    Ok(())
}
