//! A page on which a menu is made as staff make it in LINE's account manager, without the API.

use crate::app::App;
use crate::login::pages::page;
use crate::wire::Reply;
use askama::Template;
use http::StatusCode;

#[derive(Template)]
#[template(path = "manager.html")]
struct Manager {
    /// Messaging channels: id, name, and whether a menu of the Manager is there.
    channels: Vec<(String, String, bool)>,
}

/// `GET /manager`
pub(super) fn manager(app: &App) -> Reply {
    let world = app.store.lock();
    let channels = world
        .tenants
        .iter()
        .map(|tenant| {
            let channel = &tenant.provider.messaging;
            (channel.id.clone(), channel.name.clone(), tenant.manager_menu.is_some())
        })
        .collect();
    drop(world);
    page(app, StatusCode::OK, &Manager { channels })
}
