//! Orders of `madoguchi line …`: how a municipality uses its official account.

use anyhow::Context as _;
use madoguchi_base::TenantId;
use madoguchi_line::menu::{Action, Area, Bounds, Draft, MenuSpec, Size};
use madoguchi_line::mode::{self, LineMode};
use madoguchi_line::relay;
use serde::{Deserialize, Serialize};

use super::{Place, Reply};
use crate::audit::Actor;
use crate::channel::acts::{self, Change};
use crate::tenant;

/// A menu's file (TOML).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MenuFile {
    name: String,
    chat_bar: String,
    width: u32,
    height: u32,
    areas: Vec<AreaFile>,
}

/// A tile; exactly one of `procedure`, `page`, `url`.
#[derive(Serialize, Deserialize)]
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
    fn area(&self, site: &str) -> anyhow::Result<Area> {
        let uri = match (&self.procedure, self.page.as_deref(), &self.url) {
            (Some(procedure), None, None) => format!("{site}/p/{procedure}/form"),
            (None, Some("mine"), None) => format!("{site}/a"),
            (None, Some("catalogue"), None) => format!("{site}/"),
            (None, Some("unlink"), None) => format!("{site}/unlink"),
            (None, None, Some(url)) => url.clone(),
            _ => anyhow::bail!(
                "{}: give one of procedure = \"its-name\", page = \"mine\", \"catalogue\" or \"unlink\", url = \"https://…\"",
                self.label
            ),
        };
        let bounds = Bounds { x: self.x, y: self.y, width: self.width, height: self.height };
        Ok(Area { bounds, label: self.label.clone(), action: Action::Uri(uri) })
    }
}

async fn change(place: &Place<'_>, tenant: TenantId, what: Change) -> anyhow::Result<()> {
    let done = acts::change(place.db, (place.keys()?, place.clock), tenant, Actor::System, what).await;
    done.map(drop).map_err(|e| anyhow::anyhow!("it could not be stored: {e}"))?;
    if let Some(app) = place.app {
        app.line.reload_channels().await?;
    }
    Ok(())
}

/// `line mode`: switches, or says where nothing is given.
pub(super) async fn mode(
    place: &Place<'_>,
    code: &str,
    to: Option<&str>,
    json: bool,
) -> anyhow::Result<Reply> {
    let tenant = code.parse()?;
    if let Some(to) = to {
        let to: LineMode = to.parse()?;
        change(place, tenant, Change::Mode(to)).await?;
    }
    let mut x = place.db.reader().await?;
    let mode = mode::of(&mut x, tenant).await?;
    let relay = relay::of(&mut x, tenant).await?;
    Ok(Reply::line(if json {
        serde_json::json!({ "mode": mode.code(), "relay_to": relay.to, "passed_on": relay.passed_on,
            "failed": relay.failed, "dropped": relay.dropped })
        .to_string()
    } else {
        mode.code().to_owned()
    }))
}

/// `line menu`: makes a menu ready; an administrator publishes it on the staff site.
pub(super) async fn menu(
    place: &Place<'_>,
    code: &str,
    menu: &MenuFile,
    picture: &[u8],
) -> anyhow::Result<Reply> {
    let tenant: TenantId = code.parse()?;
    let mut x = place.db.reader().await?;
    let all = tenant::acts::list(&mut x).await?;
    drop(x);
    let slug =
        all.into_iter().find(|t| t.tenant_id == tenant.to_string()).context("no such municipality")?.slug;
    let site = format!("{}/{slug}", place.public_url.as_str().trim_end_matches('/'));
    let areas = menu.areas.iter().map(|a| a.area(&site)).collect::<anyhow::Result<Vec<_>>>()?;
    let whole = Size { width: menu.width, height: menu.height };
    let spec = MenuSpec { name: menu.name.clone(), chat_bar: menu.chat_bar.clone(), size: whole, areas };
    let draft = Draft::new(&spec, picture)?;
    change(place, tenant, Change::MenuReady(draft)).await?;
    Ok(Reply::line("the menu is ready: an administrator publishes it on the staff site (LINE)"))
}
