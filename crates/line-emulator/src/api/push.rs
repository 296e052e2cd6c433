//! Sending: push and reply. LINE docs: send-push-message, send-reply-message, retrying-api-request.

use super::fields::Findings;
use super::{Call, over_quota, validate};
use crate::ids;
use crate::state::World;
use crate::state::event::{Event, Push};
use crate::state::tenant::Tenant;
use crate::wire::Reply;
use http::{HeaderName, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

const ACCEPTED_ID: HeaderName = HeaderName::from_static("x-line-accepted-request-id");

/// A JSON object from the body, or LINE's error for what it is instead.
pub(super) fn json_object(call: &Call<'_>) -> Result<Map<String, Value>, Reply> {
    let media_type = call.req.media_type();
    if media_type != "application/json" {
        let message = format!("The content type, {media_type}, is not supported");
        return Err(Reply::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, &message));
    }
    serde_json::from_slice(&call.req.body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        if error.is_data() {
            return Reply::bad(&format!(
                "The request body could not be read (line: {line}, column: {column})"
            ));
        }
        Reply::bad(&format!("The request body could not be parsed as JSON (line: {line}, column: {column})"))
    })
}

/// `POST /v2/bot/message/push`
pub(super) fn push(call: &Call<'_>) -> Reply {
    let mut body = match json_object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let key = match call.req.header("x-line-retry-key").map(Uuid::try_parse) {
        None => None,
        Some(Ok(key)) => Some(key),
        Some(Err(_)) => return Reply::bad("The value of the 'X-Line-Retry-Key' header is not a UUID"),
    };
    let shape = check_shape(&body);
    let messages = match body.remove("messages") {
        Some(Value::Array(messages)) => messages,
        _ => Vec::new(),
    };
    let to = body.get("to").and_then(Value::as_str).unwrap_or_default();
    let now = call.app.now();
    let mut world = call.app.store.lock();
    if let Some(reply) = already_accepted(&world.tenants[call.tenant()], key, now) {
        return reply;
    }
    if let Err(reply) = shape {
        return reply;
    }
    let tenant = &world.tenants[call.tenant()];
    let Some(person) = tenant.users.get(to).copied() else {
        return Reply::bad("Failed to send messages");
    };
    let delivered = tenant.is_reachable(person, now);
    if delivered && tenant.quota_is_used_up(now) {
        return over_quota();
    }
    let count = messages.len();
    let push = Push {
        at: now,
        channel: tenant.provider.messaging.id.clone(),
        persona: world.people.all[person].id.clone(),
        key,
        request: call.id,
        first_id: world.next_message(count),
        messages,
        delivered,
        counted: true,
    };
    accept(&mut world, push)
}

fn accept(world: &mut World, push: Push) -> Reply {
    let sent = sent_messages(push.first_id, push.messages.len());
    world.record(Event::Push(Box::new(push)));
    Reply::ok(&json!({ "sentMessages": sent }))
}

fn sent_messages(first: u64, count: usize) -> Vec<Value> {
    (first..first + count as u64).map(|n| json!({ "id": ids::message_id(n) })).collect()
}

/// 409 when that key was accepted within the last 24 hours, with the ids of then.
fn already_accepted(tenant: &Tenant, key: Option<Uuid>, now: i64) -> Option<Reply> {
    let accepted = tenant.accepted(&key?, now)?;
    let body = json!({
        "message": "The retry key is already accepted",
        "sentMessages": sent_messages(accepted.first_id, accepted.count),
    });
    Some(Reply::json(StatusCode::CONFLICT, &body).with(ACCEPTED_ID, &accepted.request.to_string()))
}

fn check_shape(body: &Map<String, Value>) -> Result<(), Reply> {
    match body.get("to") {
        Some(Value::String(to)) if ids::is_receiver(to) => {}
        _ => return Err(invalid_property("to")),
    }
    check_messages(body)
}

fn check_messages(body: &Map<String, Value>) -> Result<(), Reply> {
    let mut findings = Findings::default();
    validate::messages(body, &mut findings);
    findings.reply().map_or(Ok(()), Err)
}

fn invalid_property(name: &str) -> Reply {
    // The dashes are LINE's own: it documents the message with them.
    Reply::bad(&format!("The property, '{name}', in the request body is invalid (line: -, column: -)"))
}

/// `POST /v2/bot/message/validate/{push,reply}`
pub(super) fn validate_only(call: &Call<'_>) -> Reply {
    match json_object(call).and_then(|body| check_messages(&body)) {
        Ok(()) => Reply::ok(&json!({})),
        Err(reply) => reply,
    }
}

/// `POST /v2/bot/message/reply`: free, once, within a minute; no retry keys.
pub(super) fn reply(call: &Call<'_>) -> Reply {
    if call.req.header("x-line-retry-key").is_some() {
        return Reply::bad("The retry key is not supported for this endpoint");
    }
    let mut body = match json_object(call).and_then(|body| check_messages(&body).map(|()| body)) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let token = body.get("replyToken").and_then(Value::as_str).unwrap_or_default();
    let now = call.app.now();
    let Some(persona) = call.app.webhooks.redeem_reply_token(token, call.tenant(), now) else {
        return Reply::bad("Invalid reply token");
    };
    let Some(Value::Array(messages)) = body.remove("messages") else {
        return invalid_property("messages");
    };
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    let push = Push {
        at: now,
        channel: tenant.provider.messaging.id.clone(),
        persona,
        key: None,
        request: call.id,
        first_id: world.next_message(messages.len()),
        messages,
        delivered: true,
        counted: false,
    };
    accept(&mut world, push)
}
