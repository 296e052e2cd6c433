//! Publishing a rich menu. LINE's menus have no retry key, so the intent is stored first, with a random
//! marker that becomes part of the menu's name: what a crash leaves behind is found by it and deleted.

mod draft;
mod spec;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madoguchi_base::db::{Class, Never, Stop};
use madoguchi_base::{Millis, TenantId, random};

use crate::api::menu::{MenuFault, Menus};
use crate::crash::{Plan, Point};
use crate::line::Line;
use crate::mode::LineMode;
use crate::store::menu::{self as store, MenuRow};

pub use draft::{Draft, Prepared, Shown, prepare, prepared, shown};
pub use spec::{Action, Area, Bounds, MenuSpec, Size};

/// Why a menu was not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MenuError {
    /// The menu or its picture breaks one of LINE's rules.
    #[error("{0}")]
    Invalid(&'static str),
    /// The municipality uses LINE for notices only.
    #[error("this municipality uses LINE for notices only")]
    NoticesOnly,
    /// The municipality has no channel.
    #[error("no LINE channel is set")]
    NoChannel,
    /// LINE says no, with this status.
    #[error("LINE refused with status {0}")]
    Refused(u16),
    /// LINE was not reached, did not answer or has too much to do: try again.
    #[error("LINE does not answer")]
    Unavailable,
    /// Our database does not answer: try again.
    #[error("could not be stored")]
    Store,
}

impl From<MenuFault> for MenuError {
    fn from(fault: MenuFault) -> Self {
        match fault {
            MenuFault::Refused(status) => Self::Refused(status),
            MenuFault::Unavailable => Self::Unavailable,
        }
    }
}

/// What is written about a menu.
enum Note {
    Intended { content_hash: String, at: Millis },
    Created { menu_id: String },
    Current,
    TakenBack,
    Deleted,
}

impl Line {
    /// Makes `spec` with its picture the menu that everybody sees, and deletes our former one. Does nothing
    /// where it is that already; may be called again after any failure.
    pub async fn publish_menu(&self, tenant: TenantId, spec: &MenuSpec, png: &[u8]) -> Result<(), MenuError> {
        spec.check(png).map_err(MenuError::Invalid)?;
        let channel = self.inner.channel(tenant).ok_or(MenuError::NoChannel)?;
        if channel.mode == LineMode::NotifyOnly {
            return Err(MenuError::NoticesOnly);
        }
        let token = self.inner.tokens.get(&self.inner, &channel, None).await;
        let token = token.map_err(|_| MenuError::Unavailable)?;
        let menus = Menus { client: &self.inner.http, channel: &channel, token: &token.value };
        let content_hash = self.content_hash(spec, png);
        let before = self.menus_of(tenant).await?;
        let current = before.iter().find(|m| m.state == "current" && m.content_hash == content_hash);
        if let Some(id) = current.and_then(|m| m.menu_id.as_deref())
            && menus.default().await?.as_deref() == Some(id)
        {
            return self.tidy(tenant, &menus, &before).await;
        }
        let marker = random::alnum(16);
        self.note(tenant, &marker, Note::Intended { content_hash, at: self.inner.clock.wall() }).await?;
        Plan::hit(self.inner.crash.as_ref(), Point::MenuIntended);
        let menu_id = menus.create(spec.body(&marker)).await?;
        Plan::hit(self.inner.crash.as_ref(), Point::MenuCreated);
        self.note(tenant, &marker, Note::Created { menu_id: menu_id.clone() }).await?;
        menus.upload(&menu_id, png).await?;
        menus.set_default(&menu_id).await?;
        Plan::hit(self.inner.crash.as_ref(), Point::MenuDefault);
        self.note(tenant, &marker, Note::Current).await?;
        let after = self.menus_of(tenant).await?;
        self.tidy(tenant, &menus, &after).await
    }

    /// Takes our menu back: LINE then shows the one that was made in LINE公式アカウントマネージャー, or none. A
    /// default that others have set by the API is left alone. May be called again after any failure.
    pub async fn take_menu_back(&self, tenant: TenantId) -> Result<(), MenuError> {
        let channel = self.inner.channel(tenant).ok_or(MenuError::NoChannel)?;
        let token = self.inner.tokens.get(&self.inner, &channel, None).await;
        let token = token.map_err(|_| MenuError::Unavailable)?;
        let menus = Menus { client: &self.inner.http, channel: &channel, token: &token.value };
        let ours = self.menus_of(tenant).await?;
        let default = menus.default().await?;
        if default.is_some() && ours.iter().any(|m| m.menu_id == default) {
            menus.unset_default().await?;
        }
        for menu in ours.iter().filter(|m| m.state == "current") {
            self.note(tenant, &menu.marker, Note::TakenBack).await?;
        }
        let left = self.menus_of(tenant).await?;
        self.tidy(tenant, &menus, &left).await
    }

    /// Deletes every menu of ours that is not the current one, also those whose id a crash took from us.
    async fn tidy(&self, tenant: TenantId, menus: &Menus<'_>, rows: &[MenuRow]) -> Result<(), MenuError> {
        let left: Vec<&MenuRow> = rows.iter().filter(|m| m.state != "current").collect();
        if left.is_empty() {
            return Ok(());
        }
        let listed = if left.iter().any(|m| m.menu_id.is_none()) { menus.list().await? } else { Vec::new() };
        for row in left {
            let found = || {
                let ours = listed.iter().find(|l| l.name.ends_with(&spec::name_end(&row.marker)));
                ours.map(|l| l.rich_menu_id.clone())
            };
            if let Some(id) = row.menu_id.clone().or_else(found) {
                menus.delete(&id).await?;
            }
            self.note(tenant, &row.marker, Note::Deleted).await?;
        }
        Ok(())
    }

    async fn menus_of(&self, tenant: TenantId) -> Result<Vec<MenuRow>, MenuError> {
        let mut reader = self.inner.db.reader().await.map_err(|_| MenuError::Store)?;
        store::list(&mut reader, tenant).await.map_err(|_| MenuError::Store)
    }

    async fn note(&self, tenant: TenantId, marker: &str, note: Note) -> Result<(), MenuError> {
        let input = (tenant, marker.to_owned(), note);
        let written =
            self.inner.db.write("line-menu", Class::Machine, tenant, input, |(tenant, marker, note), tx| {
                Box::pin(async move {
                    match note {
                        Note::Intended { content_hash, at } => {
                            store::intend(tx, *tenant, marker, content_hash, *at).await?;
                        }
                        Note::Created { menu_id } => {
                            store::set_state(tx, *tenant, marker, Some(menu_id), "created").await?;
                        }
                        Note::TakenBack => store::set_state(tx, *tenant, marker, None, "retired").await?,
                        Note::Current => store::make_current(tx, *tenant, marker).await?,
                        Note::Deleted => store::set_state(tx, *tenant, marker, None, "deleted").await?,
                    }
                    Ok::<(), Stop<Never>>(())
                })
            });
        written.await.map_err(|_| MenuError::Store)
    }

    fn content_hash(&self, spec: &MenuSpec, png: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.inner.keys.mac("rich-menu", &[&spec.body(""), png]))
    }
}
