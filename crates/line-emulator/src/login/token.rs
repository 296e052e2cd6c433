//! `POST /oauth2/v2.1/token`. LINE docs: issue-access-token, refresh-access-token.

use super::{ISSUER, channel_token, id_token_key};
use crate::api::Call;
use crate::ids;
use crate::state::World;
use crate::state::event::{Code, Event, UserToken};
use crate::wire::{Pairs, Reply};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const CODE_MS: i64 = 10 * 60 * 1000;

/// `POST /oauth2/v2.1/token`
pub(crate) fn issue(call: &Call<'_>) -> Reply {
    let form = call.req.form();
    match form.get("grant_type") {
        Some("authorization_code") => redeem(call, &form),
        Some("refresh_token") => refresh(call, &form),
        Some("client_credentials") => channel_token::by_assertion(call),
        Some(_) => Reply::oauth("unsupported_grant_type", "unsupported grant_type"),
        None => Reply::oauth("invalid_request", "grant_type is not specified"),
    }
}

/// Index of the Login channel's tenant, if its secret is right.
pub(super) fn client(world: &World, form: &Pairs) -> Result<usize, Reply> {
    let tenant = form.get("client_id").and_then(|id| world.login(id));
    let secret = form.get("client_secret");
    tenant
        .filter(|t| secret == Some(world.tenants[*t].provider.login.secret.as_str()))
        .ok_or_else(|| Reply::oauth("invalid_client", "invalid client_id or client_secret"))
}

fn redeem(call: &Call<'_>, form: &Pairs) -> Reply {
    let now = call.app.now();
    let mut world = call.app.store.lock();
    let given = form.get("code").unwrap_or_default().to_owned();
    let code = world.codes.get(&given).cloned();
    if code.is_some() {
        // Single use, even if this call fails.
        world.record(Event::CodeUsed { code: given });
    }
    let tenant = match client(&world, form) {
        Ok(tenant) => tenant,
        Err(reply) => return reply,
    };
    let channel = world.tenants[tenant].provider.login.id.clone();
    let Some(code) = code.filter(|c| c.channel == channel && now < c.at + CODE_MS) else {
        return Reply::oauth("invalid_grant", "invalid authorization code");
    };
    if form.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Reply::oauth("invalid_grant", "redirect_uri does not match");
    }
    if !is_verified(code.challenge.as_deref(), form.get("code_verifier")) {
        return Reply::oauth("invalid_grant", "invalid code_verifier");
    }
    let id_token = code.scopes.iter().any(|s| s == "openid").then(|| id_token(call, &world, tenant, &code));
    let token = ids::jws_like();
    let data = UserToken {
        channel,
        persona: code.persona,
        scopes: code.scopes,
        refresh: ids::code(),
        expires_at: now + 30 * DAY_MS,
        refresh_until: now + 90 * DAY_MS,
        revoked: false,
    };
    let mut body = answer(&token, &data, now);
    if let Some(id_token) = id_token {
        body["id_token"] = id_token.into();
    }
    world.record(Event::UserToken { token, data: Box::new(data) });
    Reply::ok(&body)
}

/// RFC 7636 §4.6.
fn is_verified(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(challenge), Some(verifier)) => {
            (43..=128).contains(&verifier.len())
                && URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == challenge
        }
    }
}

/// "email" is never listed. LINE docs: issue-access-token.
pub(super) fn listed(scopes: &[String]) -> String {
    scopes.iter().filter(|s| *s != "email").map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn answer(token: &str, data: &UserToken, now: i64) -> Value {
    json!({
        "access_token": token,
        "token_type": "Bearer",
        "refresh_token": data.refresh,
        "expires_in": (data.expires_at - now) / 1000,
        "scope": listed(&data.scopes),
    })
}

/// LINE docs: id token payload; signed as the channel's kind of login is.
fn id_token(call: &Call<'_>, world: &World, index: usize, code: &Code) -> String {
    let tenant = &world.tenants[index];
    let now = call.app.now() / 1000;
    let mut claims = json!({
        "iss": ISSUER,
        "sub": tenant.user_id(&code.persona),
        "aud": code.channel,
        "exp": now + 3600,
        "iat": now,
        "amr": code.amr.split('+').collect::<Vec<_>>(),
    });
    if let Some(time) = code.auth_time {
        claims["auth_time"] = time.into();
    }
    if let Some(nonce) = &code.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    let has = |scope: &str| code.scopes.iter().any(|s| s == scope);
    if let (true, Some(person)) = (has("profile"), world.people.get(&code.persona)) {
        claims["name"] = person.name.as_str().into();
        claims["picture"] = format!("{}/phone/avatar/{}", call.app.phone_origin, person.id).into();
    }
    if has("email") {
        claims["email"] = format!("{}@mail.example", code.persona).into();
    }
    id_token_key(world, index).map(|key| key.sign(&claims)).unwrap_or_default()
}

/// The same refresh token comes back and lives no longer.
fn refresh(call: &Call<'_>, form: &Pairs) -> Reply {
    let now = call.app.now();
    let mut world = call.app.store.lock();
    let tenant = match client(&world, form) {
        Ok(tenant) => tenant,
        Err(reply) => return reply,
    };
    let channel = &world.tenants[tenant].provider.login.id;
    let given = form.get("refresh_token").unwrap_or_default();
    let old = world
        .user_tokens
        .iter()
        .find(|(_, t)| t.refresh == given && t.channel == *channel && !t.revoked && now < t.refresh_until);
    let Some((old, data)) = old.map(|(old, data)| (old.clone(), data.clone())) else {
        return Reply::oauth("invalid_grant", "invalid refresh token");
    };
    let token = ids::jws_like();
    let data = UserToken { expires_at: now + 30 * DAY_MS, ..data };
    let body = answer(&token, &data, now);
    world.record(Event::UserTokenRevoked { token: old });
    world.record(Event::UserToken { token, data: Box::new(data) });
    Reply::ok(&body)
}
