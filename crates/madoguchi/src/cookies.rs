//! Cookies: `__Host-`, Secure, HttpOnly, `SameSite=Lax`, named after the municipality's code.
//!
//! Over plain http, browsers keep such cookies on names under `localhost` only; bare addresses such as
//! 127.0.0.1 (scripts, and browsers that see it otherwise) get plain names. `serve` refuses plain http
//! elsewhere, so the plain names exist on loopback only.

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite};
use madoguchi_base::TenantId;

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

fn is_bare_address(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok()
}

fn name(headers: &HeaderMap, tenant: TenantId, what: Use) -> String {
    let prefix = if is_bare_address(headers) { "" } else { "__Host-" };
    format!("{prefix}madoguchi-{}-{tenant}", what.word())
}

/// The value of a cookie, where the browser sent one.
pub fn get(headers: &HeaderMap, tenant: TenantId, what: Use) -> Option<&str> {
    let name = name(headers, tenant, what);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        })
}

/// A `Set-Cookie` value; `max_age` in seconds, 0 removes the cookie.
pub fn set(
    request: &HeaderMap,
    tenant: TenantId,
    what: Use,
    value: &str,
    max_age: i64,
) -> Option<HeaderValue> {
    let cookie = Cookie::build((name(request, tenant, what), value.to_owned()))
        .path("/")
        .http_only(true)
        .secure(!is_bare_address(request))
        .same_site(SameSite::Lax)
        .max_age(cookie::time::Duration::seconds(max_age))
        .build();
    HeaderValue::from_str(&cookie.to_string()).ok()
}
