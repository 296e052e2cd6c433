//! The official account: quota, profiles, its own data, its webhook address.

use super::Call;
use super::push::json_object;
use crate::ids;
use crate::state::event::Event;
use crate::wire::Reply;
use serde_json::{Value, json};

/// `GET /v2/bot/message/quota`
pub(super) fn quota(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    match world.tenants[call.tenant()].provider.messaging.quota {
        Some(value) => Reply::ok(&json!({ "type": "limited", "value": value })),
        None => Reply::ok(&json!({ "type": "none" })),
    }
}

/// `GET /v2/bot/message/quota/consumption`
pub(super) fn consumption(call: &Call<'_>) -> Reply {
    let usage = call.app.store.lock().tenants[call.tenant()].usage(call.app.now());
    Reply::ok(&json!({ "totalUsage": usage }))
}

/// `GET /v2/bot/profile/{userId}`: 404 for whoever is not a friend.
pub(super) fn profile(call: &Call<'_>) -> Reply {
    let user_id = call.params[0];
    if !ids::is_receiver(user_id) || !user_id.starts_with('U') {
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

/// `GET /v2/bot/channel/webhook/endpoint`
pub(super) fn webhook(call: &Call<'_>) -> Reply {
    match &call.app.store.lock().tenants[call.tenant()].provider.messaging.webhook {
        Some(endpoint) => Reply::ok(&json!({ "endpoint": endpoint, "active": true })),
        None => Reply::error(http::StatusCode::NOT_FOUND, "Webhook endpoint not found"),
    }
}

/// `PUT /v2/bot/channel/webhook/endpoint`; plain http to this machine is allowed here.
pub(super) fn set_webhook(call: &Call<'_>) -> Reply {
    let body = match json_object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let endpoint = body.get("endpoint").and_then(Value::as_str).unwrap_or_default();
    let valid = endpoint.len() <= 500
        && url::Url::parse(endpoint).is_ok_and(|u| matches!(u.scheme(), "http" | "https"));
    if !valid {
        return Reply::bad("Invalid webhook endpoint URL");
    }
    let mut world = call.app.store.lock();
    let channel = world.tenants[call.tenant()].provider.messaging.id.clone();
    world.record(Event::Webhook { channel, url: Some(endpoint.to_owned()) });
    Reply::ok(&json!({}))
}
