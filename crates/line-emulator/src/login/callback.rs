//! The way back to the application. LINE docs: receiving-the-authorization-code.

use super::jwt::Key;
use super::pending::{Asked, Pending};
use super::{ISSUER, pages};
use crate::app::App;
use crate::faults::Kind;
use crate::ids;
use crate::state::event::{Code, Event};
use crate::wire::Reply;
use http::StatusCode;
use serde_json::json;
use url::Url;

/// A code lives ten minutes; so does the token around it.
const RESPONSE_SECONDS: i64 = 600;

/// Gives the application its code. `changed` is there only if the add-friend option was shown.
pub(super) fn succeeded(app: &App, pending: &Pending, person: usize, changed: Option<bool>) -> Reply {
    let asked = &pending.asked;
    let code = ids::code();
    let now = app.now();
    let mut world = app.store.lock();
    let data = Code {
        channel: asked.channel.clone(),
        persona: world.people.all[person].id.clone(),
        redirect_uri: asked.redirect_uri.clone(),
        scopes: asked.scopes.clone(),
        nonce: asked.nonce.clone(),
        challenge: asked.challenge.clone(),
        amr: pending.amr.clone(),
        auth_time: asked.max_age.then_some(now / 1000),
        at: now,
    };
    world.record(Event::Code { code: code.clone(), data: Box::new(data) });
    drop(world);
    let mut fields = vec![("code", code.as_str()), ("state", asked.state.as_str())];
    if let Some(changed) = changed {
        fields.push(("friendship_status_changed", if changed { "true" } else { "false" }));
    }
    back(app, asked, &fields)
}

/// Tells the application what went wrong. LINE's codes are upper case, unlike RFC 6749.
pub(super) fn failed(app: &App, asked: &Asked, error: &str, description: &str) -> Reply {
    let mut fields = vec![("error", error), ("error_description", description)];
    if !asked.state.is_empty() {
        fields.push(("state", asked.state.as_str()));
    }
    back(app, asked, &fields)
}

/// Auto-login failed: a code that means nothing and a state that is not the application's.
/// LINE docs: how-to-handle-auto-login-failure.
pub(super) fn bogus(app: &App, asked: &Asked) -> Reply {
    back(app, asked, &[("code", &ids::code()), ("state", &ids::random_hex())])
}

fn back(app: &App, asked: &Asked, fields: &[(&str, &str)]) -> Reply {
    let Ok(mut to) = Url::parse(&asked.redirect_uri) else {
        return pages::message(
            app,
            StatusCode::BAD_REQUEST,
            "400 Bad Request",
            "Invalid redirect_uri value.",
        );
    };
    let switches = |kind| matches!(kind, Kind::BrowserSwitch | Kind::ReturnInOtherBrowser);
    let names = [super::authorize::NAME];
    let elsewhere = app.faults.take(&names, Some(&asked.channel), switches, app.now()).is_some();
    let by_hand = elsewhere && !other_browser(&mut to);
    let signed = asked.mode.jwt.then(|| signed(app, asked, fields));
    let whole = [("response", signed.as_deref().unwrap_or_default())];
    let fields = if signed.is_some() { &whole[..] } else { fields };
    if by_hand {
        to.query_pairs_mut().extend_pairs(fields);
        return pages::elsewhere(app, to.as_str());
    }
    if asked.mode.form_post {
        return pages::form_post(app, to.as_str(), fields);
    }
    to.query_pairs_mut().extend_pairs(fields);
    Reply::redirect(StatusCode::SEE_OTHER, to.as_str())
}

/// The whole answer as one token: JWT Secured Authorization Response Mode (JARM) §2.1.
fn signed(app: &App, asked: &Asked, fields: &[(&str, &str)]) -> String {
    let mut claims =
        json!({ "iss": ISSUER, "aud": asked.channel, "exp": app.now() / 1000 + RESPONSE_SECONDS });
    for (name, value) in fields {
        claims[*name] = (*value).into();
    }
    let world = app.store.lock();
    world.signing.as_ref().map(|pair| Key::Pair(pair).sign(&claims)).unwrap_or_default()
}

/// Another browser has none of the cookies. In one browser the same comes of another name of the
/// same machine, since cookies belong to a host name. False where the machine has no other name.
fn other_browser(to: &mut Url) -> bool {
    let other = match to.host_str() {
        Some("127.0.0.1") => "localhost",
        Some(host) if host == "localhost" || host.ends_with(".localhost") => "127.0.0.1",
        _ => return false,
    };
    to.set_host(Some(other)).is_ok()
}
