//! People and the account itself. LINE docs: get-profile, get-follower-ids, get-bot-info, issue-link-token.

use super::{Call, forbidden, paging};
use crate::ids;
use crate::state::event::Event;
use crate::wire::Reply;
use serde_json::json;

/// LINE docs: ids on a page, at most and without `limit`.
const PAGE: usize = 1000;
const USUAL_PAGE: usize = 300;

fn is_user(id: &str) -> bool {
    id.starts_with('U') && ids::is_receiver(id)
}

/// `GET /v2/bot/profile/{userId}`: 404 for whoever is not a friend.
pub(super) fn profile(call: &Call<'_>) -> Reply {
    let user_id = call.params[0];
    if !is_user(user_id) {
        return Reply::bad("The value for the 'userId' parameter is invalid");
    }
    let world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    match tenant.users.get(user_id).filter(|p| tenant.is_friend(**p)) {
        Some(person) => {
            let person = &world.people.all[*person];
            Reply::ok(&json!({
                "userId": user_id,
                "displayName": person.name,
                "pictureUrl": format!("{}/phone/avatar/{}", call.app.phone_origin, person.id),
                "language": "ja",
            }))
        }
        None => Reply::not_found(),
    }
}

/// `GET /v2/bot/followers/ids?limit=&start=`: not for unverified accounts, and without who blocks.
pub(super) fn followers(call: &Call<'_>) -> Reply {
    let page = match paging::read(call, USUAL_PAGE, PAGE) {
        Ok(page) => page,
        Err(reply) => return reply,
    };
    let world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    if tenant.provider.messaging.unverified {
        return forbidden("Access to this API is not available for your account");
    }
    let friends = tenant.all_friends();
    paging::answer(&page, "userIds", &friends, call.app.now(), |person| {
        tenant.user_id(&world.people.all[*person as usize].id).into()
    })
}

/// `GET /v2/bot/info`
pub(super) fn info(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    let channel = &world.tenants[call.tenant()].provider.messaging;
    Reply::ok(&json!({
        "userId": ids::bot_user_id(&channel.id),
        "basicId": channel.bot_basic_id,
        "displayName": channel.name,
        "chatMode": "bot",
        "markAsReadMode": "auto",
    }))
}

/// `POST /v2/bot/user/{userId}/linkToken`: ten minutes, once.
pub(super) fn link_token(call: &Call<'_>) -> Reply {
    let user_id = call.params[0];
    if !is_user(user_id) {
        return Reply::bad("The value for the 'userId' parameter is invalid");
    }
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    let Some(person) = tenant.users.get(user_id).copied().filter(|p| tenant.is_friend(*p)) else {
        return Reply::not_found();
    };
    let token = ids::random_hex();
    let (channel, at) = (tenant.provider.messaging.id.clone(), call.app.now());
    world.record(Event::LinkToken { at, channel, token: token.clone(), person: person as u32 });
    Reply::ok(&json!({ "linkToken": token }))
}
