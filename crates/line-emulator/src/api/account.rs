//! The channel's webhook address, and a look whether it answers. LINE docs: webhook-settings.

use super::Call;
use super::body::{json_object, text};
use super::routes::Later;
use crate::app::App;
use crate::state::calendar::iso;
use crate::state::event::Event;
use crate::webhook::Target;
use crate::wire::Reply;
use http::StatusCode;
use serde_json::json;

fn missing() -> Reply {
    Reply::error(StatusCode::NOT_FOUND, "Webhook endpoint not found")
}

/// Plain http is allowed here, for programs on this machine.
fn is_endpoint(text: &str) -> bool {
    text.encode_utf16().count() <= 500
        && url::Url::parse(text).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
}

/// `GET /v2/bot/channel/webhook/endpoint`
pub(super) fn webhook(call: &Call<'_>) -> Reply {
    match &call.app.store.lock().tenants[call.tenant()].provider.messaging.webhook {
        Some(endpoint) => Reply::ok(&json!({ "endpoint": endpoint, "active": true })),
        None => missing(),
    }
}

/// `PUT /v2/bot/channel/webhook/endpoint`
pub(super) fn set_webhook(call: &Call<'_>) -> Reply {
    let body = match json_object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let endpoint = text(&body, "endpoint").unwrap_or_default();
    if !is_endpoint(endpoint) {
        return Reply::bad("Invalid webhook endpoint URL");
    }
    let mut world = call.app.store.lock();
    let channel = world.tenants[call.tenant()].provider.messaging.id.clone();
    world.record(Event::Webhook { channel, url: Some(endpoint.to_owned()) });
    Reply::ok(&json!({}))
}

/// `POST /v2/bot/channel/webhook/test`: an event-less delivery, and what came of it.
pub(super) fn test_webhook<'a>(call: &'a Call<'a>) -> Later<'a> {
    Box::pin(async move {
        let given = if call.req.body.is_empty() { Ok(None) } else { json_object(call).map(Some) };
        let given = match given {
            Ok(body) => body.and_then(|body| text(&body, "endpoint").map(str::to_owned)),
            Err(reply) => return reply,
        };
        if given.as_deref().is_some_and(|endpoint| !is_endpoint(endpoint)) {
            return Reply::bad("Invalid webhook endpoint URL");
        }
        let target = {
            let world = call.app.store.lock();
            let configured = App::target(&world, call.tenant());
            Target { url: given.or(configured.url.clone()), ..configured }
        };
        if target.url.is_none() {
            return missing();
        }
        let timestamp = iso(call.app.now());
        let outcome = call.app.webhooks.verify(target).await;
        Reply::ok(&json!({
            "success": outcome.is_accepted(),
            "timestamp": timestamp,
            "statusCode": outcome.status(),
            "reason": outcome.reason(),
            "detail": outcome.detail(),
        }))
    })
}
