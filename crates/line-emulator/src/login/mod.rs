//! LINE Login v2.1 for the web. LINE docs: integrate-line-login, reference/line-login.

mod account_link;
mod assertion;
mod authorize;
mod callback;
pub(crate) mod channel_token;
mod consent;
pub(crate) mod id_token_verify;
mod jwt;
pub(crate) mod kids;
pub(crate) mod pages;
pub(crate) mod pending;
mod person;
mod sign_in;
pub(crate) use person::cookie as person_cookie;
pub(crate) mod short_token;
pub(crate) mod token;
pub(crate) mod token_check;
pub(crate) mod user;

use crate::app::App;
use crate::config::IdTokenAlg;
use crate::state::World;
use crate::wire::{Reply, Req};
use http::{Method, StatusCode};
use serde_json::json;

/// The key of a Login channel's id tokens.
fn id_token_key(world: &World, tenant: usize) -> Option<jwt::Key<'_>> {
    let login = &world.tenants.get(tenant)?.provider.login;
    match login.id_token {
        IdTokenAlg::Hs256 => Some(jwt::Key::Secret(&login.secret)),
        IdTokenAlg::Es256 => world.signing.as_ref().map(jwt::Key::Pair),
    }
}

/// The issuer is LINE's own name, whatever the emulator's address is: verifiers compare it.
pub(crate) const ISSUER: &str = "https://access.line.me";

/// Name of the cookie by which the access host knows whose phone this is.
pub(crate) const PERSON_COOKIE: &str = "phone_person";

/// Answers the access host.
pub(crate) fn access(app: &App, req: &Req) -> Reply {
    match (&req.method, req.path.as_str()) {
        (&Method::GET, "/.well-known/openid-configuration") => discovery(app),
        (&Method::GET, "/oauth2/v2.1/authorize") => authorize::authorize(app, req),
        (&Method::GET, "/dialog/bot/accountLink") => account_link::link(app, req),
        (&Method::POST, "/oauth2/v2.1/authorize/person") => person::chosen(app, req),
        (&Method::POST, "/oauth2/v2.1/authorize/sign-in") => sign_in::signed(app, req),
        (&Method::POST, "/oauth2/v2.1/authorize/consent") => consent::decided(app, req),
        (&Method::POST, "/oauth2/v2.1/authorize/friend") => consent::friend_decided(app, req),
        _ => pages::message(
            app,
            StatusCode::NOT_FOUND,
            "ページが見つかりません",
            "アドレスをお確かめください。",
        ),
    }
}

fn discovery(app: &App) -> Reply {
    let (access, api) = (&app.phone_origin, &app.api_base);
    Reply::ok(&json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{access}/oauth2/v2.1/authorize"),
        "token_endpoint": format!("{api}/oauth2/v2.1/token"),
        "revocation_endpoint": format!("{api}/oauth2/v2.1/revoke"),
        "userinfo_endpoint": format!("{api}/oauth2/v2.1/userinfo"),
        "scopes_supported": ["openid", "profile", "email"],
        "jwks_uri": format!("{api}/oauth2/v2.1/certs"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post", "query.jwt", "form_post.jwt", "jwt"],
        "authorization_signing_alg_values_supported": ["ES256"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256"],
        "code_challenge_methods_supported": ["S256"],
    }))
}
