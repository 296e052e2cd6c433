//! `POST /oauth2/v2.1/verify`. LINE docs: verify-id-token, with its six error texts.

use super::{ISSUER, id_token_key, jwt};
use crate::api::Call;
use crate::wire::Reply;
use serde_json::Value;

/// Checks an id token for whoever does not want to do it.
pub(crate) fn verify(call: &Call<'_>) -> Reply {
    let form = call.req.form();
    let now = call.app.now() / 1000;
    let world = call.app.store.lock();
    let refused = |text| Reply::oauth("invalid_request", text);
    let token = form.get("id_token").unwrap_or_default();
    // The key is that of the channel for which the token was made.
    let made_for = jwt::claims(token).and_then(|c| c["aud"].as_str().map(str::to_owned));
    let tenant = made_for.and_then(|channel| world.login(&channel));
    let key = tenant.and_then(|t| id_token_key(&world, t));
    let Some(claims) = key.and_then(|key| key.open(token)) else {
        return refused("Invalid IdToken.");
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(ISSUER) {
        return refused("Invalid IdToken Issuer.");
    }
    if claims["exp"].as_i64().is_none_or(|exp| exp <= now) {
        return refused("IdToken expired.");
    }
    if text("aud") != form.get("client_id") {
        return refused("Invalid IdToken Audience.");
    }
    if form.get("nonce").is_some_and(|nonce| text("nonce") != Some(nonce)) {
        return refused("Invalid IdToken Nonce.");
    }
    if form.get("user_id").is_some_and(|user| text("sub") != Some(user)) {
        return refused("Invalid IdToken Subject Identifier.");
    }
    Reply::ok(&claims)
}
