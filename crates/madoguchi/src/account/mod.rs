//! 利用者: a citizen's account in one municipality: consent, sign-in, session.
//! Is: "the same person as last time". Is not: an identity (that would be a document) nor a LINE id (it stays
//! in a `line_*` table; the window never sees it). The account is made by itself at the first 許可する.
//! Sessions: 256 random bits; only their hash is stored; 12 hours at most, 2 hours without a visit.
//! The hash → account map is in memory, so that a signed-in GET makes no SQL statement.

pub mod acts;
pub mod citizen;
pub mod pages;
pub mod sessions;
pub mod store;
mod unlink;

use aws_lc_rs::digest;
use axum::http::HeaderMap;
use madoguchi_base::{AccountId, TenantId};

use crate::app::App;
use crate::cookies::{self, Use};

/// Version of our one page before LINE's consent; a new text asks again.
pub const CONSENT_VERSION: &str = "2026-11-23";

/// A citizen who is signed in, as the guard found them.
#[derive(Clone, Debug)]
pub struct Citizen {
    /// Municipality.
    pub tenant: TenantId,
    /// Account.
    pub account: AccountId,
    /// The session token, the proof for the key agent. Never logged.
    pub token: Token,
}

/// A session token; `Debug` hides it.
#[derive(Clone)]
pub struct Token(pub(crate) String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// What is stored of a token.
pub fn token_hash(token: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    out
}

/// The citizen whose session cookie these headers carry.
pub async fn admit(app: &App, tenant: TenantId, headers: &HeaderMap) -> Option<Citizen> {
    let token = cookies::get(app, headers, tenant, Use::Session)?;
    let account = app.sessions.find(&app.db, tenant, token).await?;
    Some(Citizen { tenant, account, token: Token(token.to_owned()) })
}
