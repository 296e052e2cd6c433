//! `verify` and `revoke` of people's tokens. LINE docs: verify-access-token, revoke-access-token.

use super::channel_token::by_secret;
use super::token::{client, listed};
use crate::api::Call;
use crate::state::event::Event;
use crate::state::{TokenKind, World};
use crate::wire::{Pairs, Reply};
use http::StatusCode;
use serde_json::json;

/// `GET /oauth2/v2.1/verify?access_token=`
pub(crate) fn verify(call: &Call<'_>) -> Reply {
    let query = call.req.query();
    let token = query.get("access_token").unwrap_or_default();
    let now = call.app.now();
    let world = call.app.store.lock();
    let refused = |text| Reply::oauth("invalid_request", text);
    if let Some(known) = world.user_tokens.get(token) {
        if known.revoked {
            return refused("The access token revoked");
        }
        if now >= known.expires_at {
            return refused("The access token expired");
        }
        let left = (known.expires_at - now) / 1000;
        let body = json!({ "scope": listed(&known.scopes), "client_id": known.channel, "expires_in": left });
        return Reply::ok(&body);
    }
    if let Some(known) = world.channel_token(token, now) {
        let provider = &world.tenants[known.tenant].provider;
        let channel = if known.messaging { &provider.messaging.id } else { &provider.login.id };
        let left = known.expires_at.saturating_sub(now) / 1000;
        return Reply::ok(&json!({ "client_id": channel, "expires_in": left, "scope": "" }));
    }
    let parts = token.split('.').count();
    refused(if parts == 3 { "The access token revoked" } else { "The access token not JWS" })
}

/// `POST /oauth2/v2.1/revoke`
pub(crate) fn revoke(call: &Call<'_>) -> Reply {
    let form = call.req.form();
    let mut world = call.app.store.lock();
    if let Some(done) = revoke_channel_token(&mut world, &form) {
        return done;
    }
    let tenant = match client(&world, &form) {
        Ok(tenant) => tenant,
        Err(reply) => return reply,
    };
    let token = form.get("access_token").unwrap_or_default().to_owned();
    let channel = &world.tenants[tenant].provider.login.id;
    if world.user_tokens.get(&token).is_some_and(|t| t.channel == *channel) {
        world.record(Event::UserTokenRevoked { token });
    }
    Reply::empty(StatusCode::OK)
}

/// A v2.1 token of a channel, by the channel itself; `None` if it is no token of a channel.
fn revoke_channel_token(world: &mut World, form: &Pairs) -> Option<Reply> {
    let token = form.get("access_token")?.to_owned();
    let known = world.channel_tokens.get(&token)?;
    let owner = (known.tenant, known.messaging);
    let revocable = matches!(known.kind, TokenKind::Named(_));
    let channel = match by_secret(world, form) {
        Ok(channel) => channel,
        Err(reply) => return Some(reply),
    };
    if world.channel(&channel) == Some(owner) && revocable {
        world.record(Event::ChannelTokenRevoked { token });
    }
    Some(Reply::empty(StatusCode::OK))
}
