//! The talk: read marks, the loading animation, what people sent. LINE docs: mark-as-read,
//! display-a-loading-indicator, get-content.

use super::Call;
use super::body::{invalid_property, json_object, text};
use super::fields::Findings;
use crate::ids;
use crate::state::event::Event;
use crate::wire::Reply;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

/// LINE docs: multiples of five up to a minute; 20 when left out.
const SECONDS: std::ops::RangeInclusive<i64> = 5..=60;
const USUAL_SECONDS: i64 = 20;

/// `POST /v2/bot/message/markAsRead` `{chat: {userId}}`
pub(super) fn mark_as_read(call: &Call<'_>) -> Reply {
    let body = match json_object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let user = body.get("chat").and_then(|chat| chat.get("userId")).and_then(Value::as_str);
    let Some(user) = user.filter(|id| ids::is_receiver(id)) else { return invalid_property("chat") };
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    if let Some(person) = tenant.users.get(user).copied() {
        let (channel, at) = (tenant.provider.messaging.id.clone(), call.app.now());
        world.record(Event::Read { at, channel, person: person as u32 });
    }
    Reply::ok(&json!({}))
}

/// `POST /v2/bot/chat/markAsRead` `{markAsReadToken}`
pub(super) fn mark_as_read_by_token(call: &Call<'_>) -> Reply {
    let body = match json_object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    let secret = &tenant.provider.messaging.secret;
    let persona = text(&body, "markAsReadToken").and_then(|token| ids::open_read_token(secret, token));
    let Some(person) = persona.and_then(|persona| world.people.find(&persona)) else {
        return Reply::bad(
            "Invalid markAsReadToken. Tokens must be used by the bot that received them via Webhook.",
        );
    };
    let (channel, at) = (tenant.provider.messaging.id.clone(), call.app.now());
    world.record(Event::Read { at, channel, person: person as u32 });
    Reply::ok(&json!({}))
}

/// `POST /v2/bot/chat/loading/start` `{chatId, loadingSeconds}`: 202.
pub(super) fn loading(call: &Call<'_>) -> Reply {
    let body = match json_object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let mut findings = Findings::default();
    let chat = text(&body, "chatId").filter(|id| id.starts_with('U') && ids::is_receiver(id));
    if chat.is_none() {
        findings.add("chatId", "chatId must be a valid user ID");
    }
    let seconds = body.get("loadingSeconds").map_or(Some(USUAL_SECONDS), Value::as_i64);
    let seconds = seconds.filter(|s| SECONDS.contains(s) && s % 5 == 0);
    if seconds.is_none() {
        findings.add("loadingSeconds", "loadingSeconds must be a multiple of 5 between 5 and 60");
    }
    if let Some(reply) = findings.reply() {
        return reply;
    }
    let mut world = call.app.store.lock();
    let tenant = &mut world.tenants[call.tenant()];
    if let Some(person) = chat.and_then(|chat| tenant.users.get(chat).copied()) {
        // Not in the journal: it is over before anybody restarts.
        tenant.loading.insert(person, call.app.now() + seconds.unwrap_or(USUAL_SECONDS) * 1000);
    }
    Reply::json(StatusCode::ACCEPTED, &json!({}))
}

/// `GET api-data: /v2/bot/message/{messageId}/content` and `…/content/preview`
pub(super) fn content(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    match world.contents.get(call.params[0]).filter(|content| content.tenant == call.tenant()) {
        Some(content) => {
            Reply::new(StatusCode::OK, "", content.bytes.clone()).with(CONTENT_TYPE, &content.media_type)
        }
        None => Reply::not_found(),
    }
}

/// `GET api-data: /v2/bot/message/{messageId}/content/transcoding`: pictures need none.
pub(super) fn transcoding(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    match world.contents.get(call.params[0]).filter(|content| content.tenant == call.tenant()) {
        Some(_) => Reply::ok(&json!({ "status": "succeeded" })),
        None => Reply::not_found(),
    }
}
