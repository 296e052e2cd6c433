//! Cookies: `__Host-`, Secure, HttpOnly, `SameSite=Lax`, named after the municipality's code.
//!
//! Over plain http, browsers keep such cookies on names under `localhost` only; bare addresses such as
//! 127.0.0.1 (scripts, and browsers that see it otherwise) get plain names. The settings decide first: where the
//! service is reached by https, nothing that a request says of itself makes a cookie weaker.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use cookie::{Cookie, SameSite};
use madoguchi_base::TenantId;

use crate::app::App;

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A citizen's session.
    Session,
    /// A sign-in on its way to LINE and back.
    Attempt,
    /// This browser agreed to this version of our page before.
    Agreed,
    /// A staff session.
    Staff,
}

impl Use {
    fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Attempt => "attempt",
            Self::Agreed => "agreed",
            Self::Staff => "staff",
        }
    }
}

fn name(is_plain: bool, tenant: TenantId, what: Use) -> String {
    let prefix = if is_plain { "" } else { "__Host-" };
    format!("{prefix}madoguchi-{}-{tenant}", what.word())
}

/// The value of a cookie, where the browser sent one.
pub fn get<'a>(app: &App, headers: &'a HeaderMap, tenant: TenantId, what: Use) -> Option<&'a str> {
    let name = name(app.bare_host(headers).is_some(), tenant, what);
    headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';')).find_map(
        |pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        },
    )
}

/// A `Set-Cookie` value; `max_age` in seconds, 0 removes the cookie.
pub fn set(
    app: &App,
    request: &HeaderMap,
    tenant: TenantId,
    what: Use,
    value: &str,
    max_age: i64,
) -> Option<HeaderValue> {
    let is_plain = app.bare_host(request).is_some();
    let cookie = Cookie::build((name(is_plain, tenant, what), value.to_owned()))
        .path("/")
        .http_only(true)
        .secure(!is_plain)
        .same_site(SameSite::Lax)
        .max_age(cookie::time::Duration::seconds(max_age))
        .build();
    HeaderValue::from_str(&cookie.to_string()).ok()
}
