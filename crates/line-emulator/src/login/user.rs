//! What a person's token opens, and how the link is ended.
//! LINE docs: userinfo, get-user-profile, get-friendship-status, deauthorize.

use crate::api::{Call, unauthorized};
use crate::state::World;
use crate::state::event::{Event, UserToken};
use crate::state::signing::SigningKey;
use crate::wire::Reply;
use http::StatusCode;
use serde_json::{Value, json};

fn bearer<'a>(call: &Call<'_>, world: &'a World, scope: &str) -> Result<&'a UserToken, Reply> {
    let token = call.req.bearer().and_then(|t| world.user_token(t, call.app.now()));
    let token = token.ok_or_else(|| Reply::error(StatusCode::UNAUTHORIZED, "invalid token"))?;
    if token.scopes.iter().any(|s| s == scope) {
        return Ok(token);
    }
    let text = format!("This LINE Login channel's token has no {scope} scope");
    Err(Reply::error(StatusCode::FORBIDDEN, &text))
}

fn with_token(call: &Call<'_>, scope: &str, answer: impl Fn(&World, &UserToken, usize) -> Value) -> Reply {
    let world = call.app.store.lock();
    match bearer(call, &world, scope) {
        Ok(token) => match world.login(&token.channel) {
            Some(tenant) => Reply::ok(&answer(&world, token, tenant)),
            None => unauthorized(),
        },
        Err(reply) => reply,
    }
}

fn picture(call: &Call<'_>, persona: &str) -> String {
    format!("{}/phone/avatar/{persona}", call.app.phone_origin)
}

/// `GET`/`POST /oauth2/v2.1/userinfo`
pub(crate) fn userinfo(call: &Call<'_>) -> Reply {
    with_token(call, "openid", |world, token, tenant| {
        let mut body = json!({ "sub": world.tenants[tenant].user_id(&token.persona) });
        if token.scopes.iter().any(|s| s == "profile") {
            body["name"] = world.people.get(&token.persona).map(|p| p.name.as_str()).into();
            body["picture"] = picture(call, &token.persona).into();
        }
        body
    })
}

/// `GET /v2/profile`
pub(crate) fn profile(call: &Call<'_>) -> Reply {
    with_token(call, "profile", |world, token, tenant| {
        json!({
            "userId": world.tenants[tenant].user_id(&token.persona),
            "displayName": world.people.get(&token.persona).map(|p| p.name.as_str()),
            "pictureUrl": picture(call, &token.persona),
        })
    })
}

/// `GET /friendship/v1/status`: false when blocked, too.
pub(crate) fn friendship(call: &Call<'_>) -> Reply {
    with_token(call, "profile", |world, token, tenant| {
        let friend = world.people.find(&token.persona).is_some_and(|p| world.tenants[tenant].is_friend(p));
        json!({ "friendFlag": friend })
    })
}

/// `GET /oauth2/v2.1/certs`: the keys of native and LIFF logins and of signed responses.
pub(crate) fn certs(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    let keys: Vec<Value> = world.signing.iter().map(SigningKey::jwk).collect();
    Reply::ok(&json!({ "keys": keys }))
}

/// `POST /user/v1/deauthorize`: by the Login channel's own token.
pub(crate) fn deauthorize(call: &Call<'_>) -> Reply {
    let now = call.app.now();
    let mut world = call.app.store.lock();
    let ours = call.req.bearer().and_then(|t| world.channel_token(t, now)).filter(|t| !t.messaging);
    let Some(tenant) = ours.map(|t| t.tenant) else { return unauthorized() };
    let channel = world.tenants[tenant].provider.login.id.clone();
    let body: Value = serde_json::from_slice(&call.req.body).unwrap_or_default();
    let token = body["userAccessToken"].as_str().unwrap_or_default();
    let Some(token) = world.user_token(token, now).filter(|t| t.channel == channel) else {
        return Reply::bad("invalid token");
    };
    let persona = token.persona.clone();
    world.record(Event::Ungrant { channel, persona });
    Reply::empty(StatusCode::NO_CONTENT)
}
