//! Short-lived channel tokens. LINE docs: issue-short-lived-channel-access-token.

use super::channel_token::{MAX_SECONDS, by_secret, record};
use crate::api::Call;
use crate::state::TokenKind;
use crate::state::event::Event;
use crate::wire::Reply;
use http::StatusCode;
use serde_json::json;

/// LINE docs: of more than so many, the oldest are revoked.
const MOST: usize = 30;

/// `POST /v2/oauth/accessToken`
pub(crate) fn issue(call: &Call<'_>) -> Reply {
    let form = call.req.form();
    if form.get("grant_type") != Some("client_credentials") {
        return Reply::oauth("unsupported_grant_type", "grant_type must be client_credentials");
    }
    let now = call.app.now();
    let mut world = call.app.store.lock();
    let channel = match by_secret(&world, &form) {
        Ok(channel) => channel,
        Err(reply) => return reply,
    };
    let mut live = world.live_tokens(&channel, now, |kind| *kind == TokenKind::Short);
    while live.len() >= MOST {
        let (_, token) = live.remove(0);
        world.record(Event::ChannelTokenRevoked { token });
    }
    let token = record(&mut world, channel, MAX_SECONDS, now, TokenKind::Short);
    Reply::ok(&json!({ "access_token": token, "expires_in": MAX_SECONDS, "token_type": "Bearer" }))
}

/// `POST /v2/oauth/verify`
pub(crate) fn verify(call: &Call<'_>) -> Reply {
    let form = call.req.form();
    let now = call.app.now();
    let world = call.app.store.lock();
    let Some(token) = form.get("access_token").and_then(|token| world.channel_token(token, now)) else {
        return Reply::oauth("invalid_request", "access token expired");
    };
    let provider = &world.tenants[token.tenant].provider;
    let channel = if token.messaging { &provider.messaging.id } else { &provider.login.id };
    let left = token.expires_at.saturating_sub(now) / 1000;
    Reply::ok(&json!({ "client_id": channel, "expires_in": left, "scope": "P CM" }))
}

/// `POST /v2/oauth/revoke`: 200 whether there was such a token or not.
pub(crate) fn revoke(call: &Call<'_>) -> Reply {
    let form = call.req.form();
    let mut world = call.app.store.lock();
    let token = form.get("access_token").unwrap_or_default().to_owned();
    let is_long = |kind: &TokenKind| matches!(kind, TokenKind::Short | TokenKind::LongLived);
    if world.channel_tokens.get(&token).is_some_and(|t| is_long(&t.kind)) {
        world.record(Event::ChannelTokenRevoked { token });
    }
    Reply::empty(StatusCode::OK)
}
