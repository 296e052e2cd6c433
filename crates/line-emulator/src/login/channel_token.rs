//! Tokens of channels. LINE docs: channel-access-token (v2.1 by JWT assertion, stateless v3).

use super::assertion;
use crate::api::Call;
use crate::ids;
use crate::state::event::Event;
use crate::state::{TokenKind, World};
use crate::wire::{Pairs, Reply};
use serde_json::json;

/// LINE docs: so many live v2.1 tokens a channel.
const MOST: usize = 30;
const STATELESS_SECONDS: i64 = 900;
pub(super) const MAX_SECONDS: i64 = 30 * 24 * 60 * 60;

pub(super) fn record(world: &mut World, channel: String, seconds: i64, now: i64, kind: TokenKind) -> String {
    let token = ids::jws_like();
    let expires_at = now + seconds * 1000;
    world.record(Event::ChannelToken { token: token.clone(), channel, expires_at, at: now, kind });
    token
}

/// Any channel whose secret is right.
pub(super) fn by_secret(world: &World, form: &Pairs) -> Result<String, Reply> {
    let channel = form.get("client_id").unwrap_or_default();
    let secret = world.channel(channel).map(|(tenant, messaging)| {
        let provider = &world.tenants[tenant].provider;
        if messaging { provider.messaging.secret.as_str() } else { provider.login.secret.as_str() }
    });
    match (secret, form.get("client_secret")) {
        (Some(secret), Some(given)) if secret == given => Ok(channel.to_owned()),
        _ => Err(Reply::oauth("invalid_client", "invalid client_id or client_secret")),
    }
}

/// `POST /oauth2/v3/token`: 15 minutes, cannot be revoked.
pub(crate) fn stateless(call: &Call<'_>) -> Reply {
    let form = call.req.form();
    if form.get("grant_type") != Some("client_credentials") {
        return Reply::oauth("unsupported_grant_type", "grant_type must be client_credentials");
    }
    let now = call.app.now();
    let mut world = call.app.store.lock();
    let channel = match form.get("client_assertion") {
        Some(_) => assertion::check(&world, &form, now).map(|a| a.channel),
        None => by_secret(&world, &form),
    };
    match channel {
        Ok(channel) => {
            let token = record(&mut world, channel, STATELESS_SECONDS, now, TokenKind::Stateless);
            Reply::ok(&json!({
                "token_type": "Bearer", "access_token": token, "expires_in": STATELESS_SECONDS,
            }))
        }
        Err(reply) => reply,
    }
}

/// `POST /oauth2/v2.1/token` with an assertion: as long as the assertion's `token_exp` says.
pub(super) fn by_assertion(call: &Call<'_>) -> Reply {
    let form = call.req.form();
    let now = call.app.now();
    let mut world = call.app.store.lock();
    match assertion::check(&world, &form, now) {
        Ok(made) => {
            let seconds = made.token_seconds.unwrap_or(MAX_SECONDS).clamp(1, MAX_SECONDS);
            let named = |kind: &TokenKind| matches!(kind, TokenKind::Named(_));
            if world.live_tokens(&made.channel, now, named).len() >= MOST {
                let text = "The maximum number of access tokens has already been issued";
                return Reply::oauth("invalid_request", text);
            }
            let kid = ids::random_hex();
            let token = record(&mut world, made.channel, seconds, now, TokenKind::Named(kid.clone()));
            Reply::ok(&json!({
                "access_token": token, "token_type": "Bearer", "expires_in": seconds, "key_id": kid,
            }))
        }
        Err(reply) => reply,
    }
}
