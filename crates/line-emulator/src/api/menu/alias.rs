//! Other names of menus, for tabs. LINE docs: create-rich-menu-alias.

use super::super::Call;
use super::super::body::{json_object, text};
use super::super::fields::Findings;
use crate::state::event::Event;
use crate::state::tenant::Tenant;
use crate::wire::Reply;
use http::StatusCode;
use serde_json::{Map, Value, json};

const MAX_ALIASES: usize = 1000;

fn missing() -> Reply {
    Reply::error(StatusCode::NOT_FOUND, "richmenu alias not found")
}

fn is_alias(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    (1..=32).contains(&text.len()) && text.bytes().all(allowed)
}

/// The menu that the body names, if it can be shown.
fn menu_of(tenant: &Tenant, body: &Map<String, Value>) -> Result<String, Reply> {
    let id = text(body, "richMenuId").unwrap_or_default();
    match tenant.menus.get(id) {
        None => Err(Reply::bad("richmenu not found")),
        Some(menu) if menu.image.is_none() => Err(Reply::bad(super::NO_IMAGE)),
        Some(_) => Ok(id.to_owned()),
    }
}

/// `POST /v2/bot/richmenu/alias`
pub(in super::super) fn create(call: &Call<'_>) -> Reply {
    let body = match json_object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let alias = text(&body, "richMenuAliasId").unwrap_or_default();
    let mut findings = Findings::default();
    if !is_alias(alias) {
        findings.add("richMenuAliasId", "must match \"^[a-z0-9_-]{1,32}$\"");
    }
    if let Some(reply) = findings.reply() {
        return reply;
    }
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    if tenant.aliases.contains_key(alias) {
        return Reply::bad("conflict richmenu alias id");
    }
    if tenant.aliases.len() >= MAX_ALIASES {
        return Reply::bad("The number of richmenu aliases has reached the limit");
    }
    match menu_of(tenant, &body) {
        Ok(id) => {
            let channel = tenant.provider.messaging.id.clone();
            world.record(Event::MenuAlias { channel, alias: alias.to_owned(), id: Some(id) });
            Reply::ok(&json!({}))
        }
        Err(reply) => reply,
    }
}

/// `POST /v2/bot/richmenu/alias/{richMenuAliasId}`
pub(in super::super) fn update(call: &Call<'_>) -> Reply {
    let body = match json_object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let alias = call.params[0].to_owned();
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    if !tenant.aliases.contains_key(&alias) {
        return missing();
    }
    match menu_of(tenant, &body) {
        Ok(id) => {
            let channel = tenant.provider.messaging.id.clone();
            world.record(Event::MenuAlias { channel, alias, id: Some(id) });
            Reply::ok(&json!({}))
        }
        Err(reply) => reply,
    }
}

/// `DELETE /v2/bot/richmenu/alias/{richMenuAliasId}`
pub(in super::super) fn delete(call: &Call<'_>) -> Reply {
    let alias = call.params[0].to_owned();
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    if !tenant.aliases.contains_key(&alias) {
        return missing();
    }
    let channel = tenant.provider.messaging.id.clone();
    world.record(Event::MenuAlias { channel, alias, id: None });
    Reply::ok(&json!({}))
}

/// `GET /v2/bot/richmenu/alias/{richMenuAliasId}`
pub(in super::super) fn get(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    match world.tenants[call.tenant()].aliases.get_key_value(call.params[0]) {
        Some((alias, id)) => Reply::ok(&json!({ "richMenuAliasId": alias, "richMenuId": id })),
        None => missing(),
    }
}

/// `GET /v2/bot/richmenu/alias/list`
pub(in super::super) fn list(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    let aliases = &world.tenants[call.tenant()].aliases;
    let all: Vec<Value> =
        aliases.iter().map(|(alias, id)| json!({ "richMenuAliasId": alias, "richMenuId": id })).collect();
    Reply::ok(&json!({ "aliases": all }))
}
