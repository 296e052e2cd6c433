//! The menu of one person. LINE docs: link-rich-menu-to-user.

use super::super::Call;
use crate::ids;
use crate::state::World;
use crate::state::event::Event;
use crate::wire::Reply;
use http::StatusCode;
use serde_json::json;

/// The person of the path; `Ok(None)` for ids of nobody here.
fn person(call: &Call<'_>, world: &World) -> Result<Option<usize>, Reply> {
    let user = call.params[0];
    if !ids::is_receiver(user) || !user.starts_with('U') {
        return Err(Reply::bad("The value for the 'userId' parameter is invalid"));
    }
    Ok(world.tenants[call.tenant()].users.get(user).copied())
}

/// `GET /v2/bot/user/{userId}/richmenu`
pub(in super::super) fn get(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    let person = match person(call, &world) {
        Ok(person) => person,
        Err(reply) => return reply,
    };
    match person.and_then(|p| world.tenants[call.tenant()].user_menus.get(&p)) {
        Some(id) => Reply::ok(&json!({ "richMenuId": id })),
        None => Reply::error(StatusCode::NOT_FOUND, "the user has no richmenu"),
    }
}

/// `POST /v2/bot/user/{userId}/richmenu/{richMenuId}`: at once; nothing happens to who is no friend.
pub(in super::super) fn link(call: &Call<'_>) -> Reply {
    let mut world = call.app.store.lock();
    let person = match person(call, &world) {
        Ok(person) => person,
        Err(reply) => return reply,
    };
    let id = call.params[1];
    let tenant = &world.tenants[call.tenant()];
    if let Err(reply) = super::usable(tenant, id) {
        return reply;
    }
    if let Some(person) = person.filter(|p| tenant.is_friend(*p)) {
        let channel = tenant.provider.messaging.id.clone();
        world.record(Event::MenuUsers { channel, people: vec![person as u32], id: Some(id.to_owned()) });
    }
    Reply::ok(&json!({}))
}

/// `DELETE /v2/bot/user/{userId}/richmenu`
pub(in super::super) fn unlink(call: &Call<'_>) -> Reply {
    let mut world = call.app.store.lock();
    match person(call, &world) {
        Ok(Some(person)) => {
            let channel = world.tenants[call.tenant()].provider.messaging.id.clone();
            world.record(Event::MenuUsers { channel, people: vec![person as u32], id: None });
            Reply::ok(&json!({}))
        }
        Ok(None) => Reply::ok(&json!({})),
        Err(reply) => reply,
    }
}
