//! What the events of rich menus do.

use super::World;
use super::event::Event;
use super::tenant::{Menu, Tenant};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

impl World {
    pub(super) fn apply_menu(&mut self, event: Event) {
        match event {
            Event::MenuMade { channel, id, menu } => self.with_bot(&channel, |t| {
                t.menus.insert(id, Menu { menu, image: None });
            }),
            Event::MenuImage { id, media_type, base64 } => {
                let menu = self.tenants.iter_mut().find_map(|t| t.menus.get_mut(&id));
                if let (Some(menu), Ok(bytes)) = (menu, STANDARD.decode(base64)) {
                    menu.image = Some((media_type, bytes.into()));
                }
            }
            Event::MenuGone { id } => self.tenants.iter_mut().for_each(|t| {
                t.menus.remove(&id);
                t.default_menu.take_if(|d| *d == id);
                t.user_menus.retain(|_, m| *m != id);
            }),
            Event::MenuDefault { channel, id } => self.with_bot(&channel, |t| t.default_menu = id),
            Event::MenuUsers { channel, people, id } => self.with_bot(&channel, |t| {
                for person in people.into_iter().map(|p| p as usize) {
                    match &id {
                        Some(id) => t.user_menus.insert(person, id.clone()),
                        None => t.user_menus.remove(&person),
                    };
                }
            }),
            Event::MenuAlias { channel, alias, id } => self.with_bot(&channel, |t| {
                match id {
                    Some(id) => t.aliases.insert(alias, id),
                    None => t.aliases.remove(&alias),
                };
            }),
            Event::ManagerMenu { channel, made } => self.with_bot(&channel, |t| {
                t.manager_menu = made.and_then(|made| {
                    let bytes = STANDARD.decode(made.base64).ok()?;
                    let image = Some((made.media_type, bytes.into()));
                    Some((made.id, Menu { menu: made.menu, image }))
                });
            }),
            _ => {}
        }
    }

    /// Does something with the tenant of a messaging channel, if there is one.
    pub(super) fn with_bot(&mut self, channel: &str, act: impl FnOnce(&mut Tenant)) {
        if let Some(t) = self.messaging(channel) {
            act(&mut self.tenants[t]);
        }
    }
}
