//! The menu that is ready to be published, and which one people see.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Millis, TenantId};

use super::{MenuError, MenuSpec};
use crate::line::Line;
use crate::store::menu as store;

/// A menu that keeps LINE's rules: ready for [`prepare`].
#[derive(Clone, Debug)]
pub struct Draft {
    spec: String,
    picture: Vec<u8>,
}

impl Draft {
    /// Checks a menu and its picture.
    pub fn new(spec: &MenuSpec, png: &[u8]) -> Result<Self, MenuError> {
        spec.check(png).map_err(MenuError::Invalid)?;
        // A struct of strings and numbers cannot fail to serialise.
        Ok(Self { spec: serde_json::to_string(spec).unwrap_or_default(), picture: png.to_vec() })
    }
}

/// A menu that is ready.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Without its picture.
    pub spec: MenuSpec,
    /// PNG.
    pub picture: Vec<u8>,
    /// Since when.
    pub changed_at: Millis,
}

/// Whose menu people see, as far as we have a part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// We have never published one.
    Never,
    /// Ours, published at this time.
    Ours(Millis),
    /// Ours was taken back.
    TakenBack,
}

/// Replaces the menu that is ready.
pub async fn prepare(tx: &mut Tx, tenant: TenantId, draft: &Draft, at: Millis) -> Result<(), sqlx::Error> {
    store::set_draft(tx, tenant, (&draft.spec, &draft.picture), at).await
}

/// The menu that is ready, if any.
pub async fn prepared(x: &mut impl Exec, tenant: TenantId) -> Result<Option<Prepared>, sqlx::Error> {
    let row = store::draft(x, tenant).await?;
    Ok(row.and_then(|(spec, picture, at)| {
        Some(Prepared { spec: serde_json::from_str(&spec).ok()?, picture, changed_at: Millis(at) })
    }))
}

/// Whose menu people see.
pub async fn shown(x: &mut impl Exec, tenant: TenantId) -> Result<Shown, sqlx::Error> {
    Ok(match store::last(x, tenant).await? {
        Some((state, at)) if state == "current" => Shown::Ours(Millis(at)),
        Some(_) => Shown::TakenBack,
        None => Shown::Never,
    })
}

impl Line {
    /// Publishes the menu that is ready; `false` where none is.
    pub async fn publish_prepared(&self, tenant: TenantId) -> Result<bool, MenuError> {
        let mut reader = self.inner.db.reader().await.map_err(|_| MenuError::Store)?;
        let ready = prepared(&mut reader, tenant).await.map_err(|_| MenuError::Store)?;
        drop(reader);
        match ready {
            Some(menu) => self.publish_menu(tenant, &menu.spec, &menu.picture).await.map(|()| true),
            None => Ok(false),
        }
    }
}
