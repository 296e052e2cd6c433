//! What a phone shows, as JSON for its script.

use crate::app::App;
use crate::state::World;
use crate::state::event::Friendship;
use crate::state::people::Line;
use crate::state::tenant::Tenant;
use crate::wire::Reply;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Value, json};
use std::fmt::Write;

/// Older lines stay in the talk but are not shown.
const LINES: usize = 200;

/// Changes exactly when something that the phone shows changes.
pub(super) fn version(app: &App, id: &str) -> Option<String> {
    let world = app.store.lock();
    let person = world.people.find(id)?;
    let them = &world.people.all[person];
    let mut version = format!("{}.{}.{}", them.talk.len(), them.changes, them.device.name());
    for tenant in &world.tenants {
        // Writing to a string cannot fail.
        let menu = tenant.menu_of(person).map_or("-", |(id, _)| id);
        let source = tenant.menu_source(person);
        let _ = write!(version, ".{}.{menu}.{source}", standing(tenant, person));
        if let Some(until) = loading(tenant, person, app.now()) {
            let _ = write!(version, ".{until}");
        }
    }
    Some(version)
}

/// Until when the sign stays that an answer is being made.
fn loading(tenant: &Tenant, person: usize, now: i64) -> Option<i64> {
    tenant.loading.get(&person).copied().filter(|until| *until > now)
}

fn standing(tenant: &Tenant, person: usize) -> &'static str {
    match tenant.friends.get(&person) {
        Some(Friendship::Friend) => "friend",
        Some(Friendship::Blocked) => "blocked",
        Some(Friendship::Deleted) => "deleted",
        None => "none",
    }
}

/// Everything on the phone.
pub(super) fn state(app: &App, id: &str, version: &str) -> Reply {
    let world = app.store.lock();
    let Some(person) = world.people.find(id) else { return Reply::not_found() };
    let talks: Vec<Value> = (0..world.tenants.len()).map(|t| talk(&world, t, person, app.now())).collect();
    let device = world.people.all[person].device;
    Reply::ok(&json!({ "version": version, "now": app.now(), "device": device, "talks": talks }))
        .with(CACHE_CONTROL, "no-store")
}

fn talk(world: &World, index: usize, person: usize, now: i64) -> Value {
    let tenant = &world.tenants[index];
    let talk = world.people.all[person].talk.iter().enumerate();
    let lines: Vec<(usize, &Line)> = talk.filter(|(_, line)| line.tenant as usize == index).collect();
    let first = lines.len().saturating_sub(LINES);
    let shown: Vec<Value> = lines[first..]
        .iter()
        .map(|(n, line)| {
            let message = serde_json::from_str::<Value>(&line.message).unwrap_or_default();
            json!({ "n": n, "at": line.at, "mine": line.mine, "message": message })
        })
        .collect();
    let channel = &tenant.provider.messaging;
    json!({
        "channel": channel.id,
        "name": channel.name,
        "basic_id": channel.bot_basic_id,
        "certified": tenant.provider.certified,
        "standing": standing(tenant, person),
        "count": lines.len(),
        "lines": shown,
        "loading_ms": loading(tenant, person, now).map(|until| until - now),
        "menu": tenant.menu_of(person).map(|(id, menu)| {
            json!({ "id": id, "menu": menu.menu, "source": tenant.menu_source(person) })
        }),
    })
}

/// `GET /phone/menu/{id}`: the picture.
pub(super) fn menu_image(app: &App, id: &str) -> Reply {
    let world = app.store.lock();
    match world.tenants.iter().find_map(|t| t.menu(id)).and_then(|m| m.image.as_ref()) {
        Some((media_type, bytes)) => Reply::new(StatusCode::OK, "", bytes.clone())
            .with(CONTENT_TYPE, media_type)
            .with(CACHE_CONTROL, "max-age=86400, immutable"),
        None => Reply::not_found(),
    }
}
