//! Channels, faults, webhooks and the clock.

use super::body;
use crate::app::App;
use crate::faults::Order;
use crate::rate::Limit;
use crate::state::TokenKind;
use crate::state::event::Event;
use crate::wire::{Reply, Req};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

/// A bearer for the Login channel, made when somebody asks: it has no long-lived one.
const LOGIN_TOKEN_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// `GET /_emulator/channels`
pub(super) fn channels(app: &App) -> Reply {
    let now = app.now();
    let mut world = app.store.lock();
    let mut all = Vec::new();
    for tenant in 0..world.tenants.len() {
        let provider = world.tenants[tenant].provider.clone();
        let known = world
            .channel_tokens
            .iter()
            .find(|(_, t)| t.tenant == tenant && !t.messaging && now + LOGIN_TOKEN_MS / 2 < t.expires_at);
        let token = if let Some((token, _)) = known {
            token.clone()
        } else {
            let token = crate::ids::jws_like();
            let (channel, expires_at) = (provider.login.id.clone(), now + LOGIN_TOKEN_MS);
            world.record(Event::ChannelToken {
                token: token.clone(),
                channel,
                expires_at,
                at: now,
                kind: TokenKind::Short,
            });
            token
        };
        all.push(json!({
            "id": provider.login.id, "kind": "login", "provider": provider.name,
            "name": provider.login.name, "secret": provider.login.secret, "token": token,
            "callbacks": provider.login.callbacks,
        }));
        all.push(json!({
            "id": provider.messaging.id, "kind": "messaging", "provider": provider.name,
            "name": provider.messaging.name, "secret": provider.messaging.secret,
            "token": provider.messaging.token, "webhook": provider.messaging.webhook,
        }));
    }
    Reply::ok(&all.into())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    jwk: Value,
}

/// `POST /_emulator/channels/{id}/assertion-keys`
pub(super) fn assertion_key(app: &App, id: &str, req: &Req) -> Reply {
    let new: NewKey = match body(req) {
        Ok(new) => new,
        Err(reply) => return reply,
    };
    if serde_json::from_value::<jsonwebtoken::jwk::Jwk>(new.jwk.clone()).is_err() {
        return Reply::bad("jwk is not a JSON Web Key");
    }
    let mut world = app.store.lock();
    if world.channel(id).is_none() {
        return Reply::not_found();
    }
    let kid = uuid::Uuid::new_v4().to_string();
    world.record(Event::AssertionKey { channel: id.to_owned(), kid: kid.clone(), jwk: new.jwk });
    Reply::json(StatusCode::CREATED, &json!({ "kid": kid }))
}

/// `POST /_emulator/faults`
pub(super) fn add_fault(app: &App, req: &Req) -> Reply {
    let order: Order = match body(req) {
        Ok(order) => order,
        Err(reply) => return reply,
    };
    if let Some(complaint) = order.complaint() {
        return Reply::bad(complaint);
    }
    app.faults.add(order, app.now());
    Reply::json(StatusCode::CREATED, &json!({}))
}

/// `DELETE /_emulator/faults`
pub(super) fn clear_faults(app: &App) -> Reply {
    app.faults.clear();
    Reply::ok(&json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

/// `POST /_emulator/clock`: kept in the journal, so that a restart does not turn time back.
pub(super) fn clock(app: &App, req: &Req) -> Reply {
    let advance: Advance = match body(req) {
        Ok(advance) => advance,
        Err(reply) => return reply,
    };
    let by_ms = advance.advance_seconds.saturating_mul(1000);
    app.store.lock().record(Event::ClockAdvanced { by_ms });
    app.clock.advance_ms(by_ms);
    app.settle();
    Reply::ok(&json!({ "now": app.now() }))
}

#[derive(Deserialize)]
struct NewLimit {
    endpoint: String,
    #[serde(flatten)]
    limit: Limit,
}

/// `POST /_emulator/limits` `{endpoint, count, per_ms}`: another rate limit than LINE's, for measuring.
pub(super) fn limit(app: &App, req: &Req) -> Reply {
    match body::<NewLimit>(req) {
        Ok(new) => {
            app.rates.set(new.endpoint, new.limit);
            Reply::ok(&json!({}))
        }
        Err(reply) => reply,
    }
}
