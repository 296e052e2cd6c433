//! `GET /oauth2/v2.1/authorize`. LINE docs: making-an-authorization-request.

use super::callback;
use super::pending::{Asked, BotPrompt, Pending, Prompt, ResponseMode};
use super::{PERSON_COOKIE, consent, pages, person, sign_in};
use crate::app::App;
use crate::faults::Kind;
use crate::wire::{Pairs, Reply, Req};
use http::StatusCode;

/// The name that faults know this address by.
pub(super) const NAME: &str = "GET /oauth2/v2.1/authorize";

/// Answers an authorization request.
pub(super) fn authorize(app: &App, req: &Req) -> Reply {
    let query = req.query();
    let Some(mut asked) = addressee(app, &query) else {
        // LINE's text, as many public reports have it; there is nobody to redirect to.
        return pages::message(
            app,
            StatusCode::BAD_REQUEST,
            "400 Bad Request",
            "Invalid redirect_uri value. Check if it is registered in a LINE developers site.",
        );
    };
    if let Err((error, description)) = read(&mut asked, &query) {
        return callback::failed(app, &asked, error, &description);
    }
    let person = req.cookie(PERSON_COOKIE).and_then(|id| app.store.lock().people.find(&id));
    match person {
        Some(person) if asked.prompt != Some(Prompt::Login) => known(app, req, asked, person),
        Some(person) => sign_in::ask(app, Pending::new(asked, Some(person), "pwd", app.now())),
        None if asked.prompt == Some(Prompt::None) => {
            callback::failed(app, &asked, "LOGIN_REQUIRED", "User login is required.")
        }
        None => person::ask(app, Pending::new(asked, None, "pwd", app.now())),
    }
}

/// It is known whose phone this is: auto-login, then single sign-on, then e-mail or a QR code.
/// LINE docs: authentication process; FAQ how-does-auto-login-work.
fn known(app: &App, req: &Req, asked: Asked, person: usize) -> Reply {
    let device = app.store.lock().people.all[person].device;
    let now = app.now();
    let meets = |kind| app.faults.take(&[NAME], Some(&asked.channel), |k| k == kind, now).is_some();
    let ios_off = asked.disable_ios_auto_login && device.is_ios();
    let mut app_opens = true;
    if !asked.disable_auto_login && !ios_off && device.logs_in_by_itself() {
        if meets(Kind::AutoLoginFailure) {
            return callback::bogus(app, &asked);
        }
        app_opens = !meets(Kind::AppDoesNotOpen);
        if app_opens {
            let reply = consent::next(app, Pending::new(asked, Some(person), "lineautologin", now));
            return sign_in::remember(app, person, reply);
        }
    }
    if app_opens && sign_in::has_session(app, req, person) {
        return consent::next(app, Pending::new(asked, Some(person), "linesso", now));
    }
    if asked.prompt == Some(Prompt::None) {
        return callback::failed(app, &asked, "LOGIN_REQUIRED", "User login is required.");
    }
    sign_in::ask(app, Pending::new(asked, Some(person), "pwd", now))
}

/// Whom the answer goes to, if client and redirect address are registered.
fn addressee(app: &App, query: &Pairs) -> Option<Asked> {
    let (channel, redirect_uri) = (query.get("client_id")?, query.get("redirect_uri")?);
    let world = app.store.lock();
    let tenant = world.login(channel)?;
    let callbacks = &world.tenants[tenant].provider.login.callbacks;
    if !callbacks.iter().any(|c| is_callback(c, redirect_uri)) {
        return None;
    }
    Some(Asked {
        tenant,
        channel: channel.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        state: query.get("state").unwrap_or_default().to_owned(),
        scopes: Vec::new(),
        nonce: query.get("nonce").map(str::to_owned),
        prompt: None,
        max_age: query.get("max_age").is_some(),
        bot_prompt: None,
        disable_auto_login: query.get("disable_auto_login") == Some("true"),
        disable_ios_auto_login: query.get("disable_ios_auto_login") == Some("true"),
        qr_first: query.get("initial_amr_display") == Some("lineqr"),
        switch_amr: query.get("switch_amr") != Some("false"),
        challenge: None,
        mode: ResponseMode::read(query.get("response_mode")).unwrap_or_default(),
    })
}

/// Registered exactly, or registered plus a query.
fn is_callback(registered: &str, given: &str) -> bool {
    given.strip_prefix(registered).is_some_and(|rest| {
        let joint = if registered.contains('?') { '&' } else { '?' };
        rest.is_empty() || rest.starts_with(joint)
    }) && url::Url::parse(given).is_ok()
}

/// Reads the rest of the parameters, in LINE's order of complaints.
fn read(asked: &mut Asked, query: &Pairs) -> Result<(), (&'static str, String)> {
    let invalid = |text: &str| ("INVALID_REQUEST", text.to_owned());
    if asked.state.is_empty() {
        return Err(invalid("'state' is not specified."));
    }
    match query.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(("UNSUPPORTED_RESPONSE_TYPE", "'response_type' is not supported.".to_owned())),
        None => return Err(invalid("'response_type' is not specified.")),
    }
    if ResponseMode::read(query.get("response_mode")).is_none() {
        return Err(invalid("'response_mode' is invalid."));
    }
    asked.scopes = scopes(query)?;
    asked.prompt = match query.get("prompt") {
        None => None,
        Some("consent") => Some(Prompt::Consent),
        Some("none") => Some(Prompt::None),
        Some("login") => Some(Prompt::Login),
        Some(_) => return Err(invalid("'prompt' is invalid.")),
    };
    asked.bot_prompt = match query.get("bot_prompt") {
        None => None,
        Some("normal") => Some(BotPrompt::Normal),
        Some("aggressive") => Some(BotPrompt::Aggressive),
        Some(_) => return Err(invalid("'bot_prompt' is invalid.")),
    };
    if query.get("max_age").is_some_and(|age| age.parse::<u64>().is_err()) {
        return Err(invalid("'max_age' is invalid."));
    }
    asked.challenge = challenge(query).map_err(invalid)?;
    Ok(())
}

fn scopes(query: &Pairs) -> Result<Vec<String>, (&'static str, String)> {
    let Some(text) = query.get("scope") else {
        return Err(("INVALID_REQUEST", "'scope' is not specified.".to_owned()));
    };
    let scopes: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let unknown = scopes.iter().find(|s| !matches!(s.as_str(), "profile" | "openid" | "email"));
    let lonely = scopes.iter().any(|s| s == "email") && !scopes.iter().any(|s| s == "openid");
    match unknown {
        Some(scope) => Err(("INVALID_SCOPE", format!("'{scope}' is not a known scope."))),
        None if lonely || scopes.is_empty() => Err(("INVALID_SCOPE", "'scope' is invalid.".to_owned())),
        None => Ok(scopes),
    }
}

/// RFC 7636; LINE takes S256 only.
fn challenge(query: &Pairs) -> Result<Option<String>, &'static str> {
    match (query.get("code_challenge"), query.get("code_challenge_method")) {
        (None, None) => Ok(None),
        (Some(challenge), Some("S256")) => {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            if challenge.len() == 43 && challenge.bytes().all(plain) {
                Ok(Some(challenge.to_owned()))
            } else {
                Err("'code_challenge' is invalid.")
            }
        }
        (None, Some(_)) => Err("'code_challenge' is not specified."),
        (Some(_), _) => Err("'code_challenge_method' must be S256."),
    }
}
