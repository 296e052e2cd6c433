//! Sign-in with LINE: the way to LINE and back, and whose account it is.
//!
//! An attempt lives in a sealed cookie of the browser that began it; there is no row per visit. A code is
//! redeemed only where this browser's cookie holds the attempt: otherwise it is thrown away, and the page
//! offers a button that begins anew here (this also serves LINE's failed auto-login).

mod attempt;
mod next;
mod unlink;
mod verify;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madoguchi_base::db::Tx;
use madoguchi_base::keys::Aad;
use madoguchi_base::{AccountId, Millis, TenantId, random};
use url::Url;

use crate::api::login::{self as api, LoginFault};
use crate::channel::{BotPrompt, Channel};
use crate::line::Line;
use crate::store;

use attempt::Attempt;
pub use next::is_own_path;
pub use unlink::{account_of, unlink};

/// How a sign-in begins.
#[derive(Clone, Copy, Debug)]
pub struct Begin<'a> {
    /// Where the person goes afterwards: an absolute path of our own origin. Anything else becomes
    /// `/{tenant}/`.
    pub next: &'a str,
    /// Set after a failed auto-login: LINE then asks instead of trying again by itself.
    pub disable_auto_login: bool,
    /// Asks LINE to show its add-friend screen once more, for somebody whom notices do not reach.
    pub offer_friend: bool,
    /// The person wants to end the link: see [`Verified::is_unlink`].
    pub unlink: bool,
    /// The origin under which the browser sees us, where it is not the usual one (a script on a loopback
    /// address). LINE sends the browser back only to registered addresses.
    pub origin: Option<&'a str>,
    /// The present value of the attempt cookie: up to four attempts stay open at a time.
    pub other_attempts: Option<&'a str>,
}

/// Where to send the browser, and the new value of the attempt cookie (life: ten minutes).
#[derive(Clone, Debug)]
pub struct Started {
    /// LINE's authorise address.
    pub location: String,
    /// Sealed attempts; the window chooses the cookie's name.
    pub cookie_value: String,
}

/// What LINE sends back in the address of the callback.
#[derive(Clone, Default)]
pub struct CallbackQuery {
    /// Single use.
    pub code: Option<String>,
    /// Names the attempt.
    pub state: Option<String>,
    /// `ACCESS_DENIED` and others, in either case.
    pub error: Option<String>,
    /// A hint only; the friendship itself is read.
    pub friendship_status_changed: Option<bool>,
}

impl fmt::Debug for CallbackQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackQuery")
    }
}

/// Why nobody is signed in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// No attempt of this browser matches: begun elsewhere, or auto-login failed. Offer a button that begins
    /// anew with `disable_auto_login`.
    #[error("the sign-in was not begun in this browser")]
    NotThisBrowser,
    /// The person pressed キャンセル.
    #[error("the person did not allow it")]
    Denied {
        /// Where the person wanted to go.
        next: String,
    },
    /// More than ten minutes have passed.
    #[error("the sign-in took too long")]
    Expired,
    /// The code or the id token is not good.
    #[error("LINE's answer does not prove who it is")]
    Refused,
    /// LINE was not reached or has too much to do; or the municipality has no channel.
    #[error("LINE does not answer")]
    Unavailable,
}

impl From<LoginFault> for LoginError {
    fn from(fault: LoginFault) -> Self {
        match fault {
            LoginFault::Refused => Self::Refused,
            LoginFault::Unavailable => Self::Unavailable,
        }
    }
}

/// A person proved to be a certain LINE user. The LINE user id inside is sealed and not to be had.
#[derive(Clone)]
pub struct Verified {
    /// Where the person wanted to go: an own path.
    pub next: String,
    /// Whether the person is a friend of the official account; `None` where LINE did not say.
    pub friend: Option<bool>,
    /// The attempt cookie without this attempt; `None` = remove the cookie.
    pub cookie_value: Option<String>,
    user_hash: String,
    user_sealed: Vec<u8>,
    /// LINE's time of the token: the friend state is at least that new.
    told_at: Millis,
    /// The person's access token, where the sign-in was begun in order to end the link. Never stored.
    unlink_token: Option<String>,
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verified")
    }
}

impl Line {
    /// Begins a sign-in. No SQL, no call.
    pub fn begin(&self, tenant: TenantId, begin: &Begin<'_>) -> Result<Started, LoginError> {
        let channel = self.inner.channel(tenant).ok_or(LoginError::Unavailable)?;
        let now = self.inner.clock.wall();
        let next = if is_own_path(begin.next) { begin.next.to_owned() } else { format!("/{tenant}/") };
        let mut attempt = Attempt::new(next, begin.origin, now);
        attempt.unlink = begin.unlink;
        let location = authorise(&channel, &attempt, begin).ok_or(LoginError::Unavailable)?;
        let mut attempts = attempt::open(&self.inner.keys, tenant, begin.other_attempts);
        attempts.retain(|a| !a.is_expired(now));
        attempts.push(attempt);
        let cookie_value = attempt::seal(&self.inner.keys, tenant, &attempts);
        Ok(Started { location, cookie_value })
    }

    /// Finishes a sign-in: redeems the code, verifies the id token here, reads the friendship, gives the
    /// access token back. Name and picture are dropped at parse.
    pub async fn finish(
        &self,
        tenant: TenantId,
        query: &CallbackQuery,
        cookie: Option<&str>,
    ) -> Result<Verified, LoginError> {
        let channel = self.inner.channel(tenant).ok_or(LoginError::Unavailable)?;
        let now = self.inner.clock.wall();
        let mut attempts = attempt::open(&self.inner.keys, tenant, cookie);
        let state = query.state.as_deref().unwrap_or_default();
        let at = attempt::position(&attempts, state).ok_or(LoginError::NotThisBrowser)?;
        let attempt = attempts.remove(at);
        if attempt.is_expired(now) {
            return Err(LoginError::Expired);
        }
        if let Some(error) = &query.error {
            return Err(told(error, &attempt));
        }
        let code = query.code.as_deref().filter(|c| !c.is_empty()).ok_or(LoginError::Refused)?;
        let back = channel.redirect_uri(attempt.origin.as_deref());
        let redeemed = api::redeem(&self.inner.http, &channel, code, (&back, &attempt.verifier)).await?;
        let proved = verify::id_token(&redeemed.id_token, &channel, &attempt.nonce, now);
        let friend = match &proved {
            Some(_) => api::friendship(&self.inner.http, &channel, &redeemed.access_token).await,
            None => None,
        };
        let unlink_token = if attempt.unlink && proved.is_some() {
            Some(redeemed.access_token)
        } else {
            api::revoke(&self.inner.http, &channel, &redeemed.access_token).await;
            None
        };
        let claims = proved.ok_or(LoginError::Refused)?;
        let user_hash = self.inner.user_hash(tenant, &claims.sub);
        let user_sealed = self.inner.keys.seal(&user_aad(tenant, &user_hash), claims.sub.as_bytes());
        attempts.retain(|a| !a.is_expired(now));
        let cookie_value = (!attempts.is_empty()).then(|| attempt::seal(&self.inner.keys, tenant, &attempts));
        let told_at = Millis(claims.iat.saturating_mul(1_000));
        let next = attempt.next;
        Ok(Verified { next, friend, cookie_value, user_hash, user_sealed, told_at, unlink_token })
    }
}

/// What an error in the callback means. LINE's codes are upper case; others are accepted too.
fn told(error: &str, attempt: &Attempt) -> LoginError {
    match error.to_ascii_uppercase().as_str() {
        "ACCESS_DENIED" => LoginError::Denied { next: attempt.next.clone() },
        "SERVER_ERROR" | "TEMPORARILY_UNAVAILABLE" => LoginError::Unavailable,
        _ => LoginError::Refused,
    }
}

fn authorise(channel: &Channel, attempt: &Attempt, begin: &Begin<'_>) -> Option<String> {
    let mut url = Url::parse(&channel.access_base).ok()?;
    url.set_path("/oauth2/v2.1/authorize");
    let challenge = URL_SAFE_NO_PAD
        .encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, attempt.verifier.as_bytes()));
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &channel.login_id)
        .append_pair("redirect_uri", &channel.redirect_uri(attempt.origin.as_deref()))
        .append_pair("state", &attempt.state)
        .append_pair("scope", "profile openid")
        .append_pair("nonce", &attempt.nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("ui_locales", "ja-JP");
    if begin.offer_friend {
        url.query_pairs_mut().append_pair("prompt", "consent").append_pair("bot_prompt", "aggressive");
    } else if channel.bot_prompt != BotPrompt::None {
        url.query_pairs_mut().append_pair("bot_prompt", channel.bot_prompt.code());
    }
    if begin.disable_auto_login {
        url.query_pairs_mut().append_pair("disable_auto_login", "true");
    }
    Some(url.into())
}

/// Where a LINE user id belongs: its row is its own keyed hash.
pub(crate) fn user_aad(tenant: TenantId, user_hash: &str) -> Aad<'_> {
    Aad { tenant, table: "line_identity", column: "user_sealed", row: user_hash, round: 0 }
}

/// The account of the person: the one that this LINE user has, or `candidate`, which then is new (`true`).
/// `at` is our time of the sign-in.
pub async fn link(
    tx: &mut Tx,
    tenant: TenantId,
    verified: &Verified,
    candidate: AccountId,
    at: Millis,
) -> Result<(AccountId, bool), sqlx::Error> {
    if let Some(friend) = verified.friend {
        store::identity::set_friend(tx, tenant, &verified.user_hash, friend, verified.told_at).await?;
    }
    let (hash, sealed) = (verified.user_hash.as_str(), verified.user_sealed.as_slice());
    let known = store::identity::account_of(tx, tenant, hash).await?;
    if known.is_none() && store::identity::insert(tx, tenant, candidate, hash, sealed, at).await? {
        return Ok((candidate, true));
    }
    // Known before, or linked by a request at the same moment.
    let known = match known {
        Some(known) => Some(known),
        None => store::identity::account_of(tx, tenant, hash).await?,
    };
    store::identity::relink(tx, tenant, hash, sealed, at).await?;
    let account = known.and_then(|k| k.parse().ok()).ok_or(sqlx::Error::RowNotFound)?;
    Ok((account, false))
}

/// Thirty-two letters and digits: LINE's `state` must not need encoding.
fn alnum() -> String {
    random::alnum(32)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn begun(disable_auto_login: bool) -> Begin<'static> {
        Begin {
            next: "/",
            disable_auto_login,
            offer_friend: false,
            unlink: false,
            origin: None,
            other_attempts: None,
        }
    }

    fn channel() -> Channel {
        Channel {
            tenant: "232131".parse().expect("Nishio"),
            login_id: "1650000001".into(),
            login_secret: "s".into(),
            messaging_id: "2".into(),
            messaging_secret: "t".into(),
            access_base: "http://line.demo.localhost:8090".into(),
            api_base: "http://127.0.0.1:1".into(),
            data_base: "http://127.0.0.1:2".into(),
            callback_base: "http://nishio.demo.localhost:8080".into(),
            bot_prompt: BotPrompt::Aggressive,
            mode: crate::mode::LineMode::Full,
            relay_to: None,
            signer: None,
        }
    }

    #[test]
    fn the_authorise_address_has_every_parameter() {
        let attempt = Attempt::new("/232131/".into(), None, Millis(0));
        let url = Url::parse(&authorise(&channel(), &attempt, &begun(true)).expect("made")).expect("address");
        assert_eq!(url.host_str(), Some("line.demo.localhost"));
        assert_eq!(url.path(), "/oauth2/v2.1/authorize");
        let q: HashMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(q["response_type"], "code");
        assert_eq!(q["redirect_uri"], "http://nishio.demo.localhost:8080/line/232131/callback");
        assert_eq!(q["scope"], "profile openid");
        assert_eq!(q["bot_prompt"], "aggressive");
        assert_eq!(q["ui_locales"], "ja-JP");
        assert_eq!(q["disable_auto_login"], "true");
        assert_eq!(q["code_challenge_method"], "S256");
        assert_eq!(q["code_challenge"].len(), 43);
        assert_eq!(q["state"], attempt.state);
        assert!(q["state"].len() == 32 && q["state"].bytes().all(|b| b.is_ascii_alphanumeric()));
        assert!(attempt.verifier.len() >= 43);
        let plain = authorise(&channel(), &attempt, &begun(false)).expect("made");
        assert!(!plain.contains("disable_auto_login"));
    }

    #[test]
    fn errors_are_read_in_either_case() {
        let attempt = Attempt::new("/232131/p/x".into(), None, Millis(0));
        let denied = LoginError::Denied { next: "/232131/p/x".into() };
        assert_eq!(told("ACCESS_DENIED", &attempt), denied);
        assert_eq!(told("access_denied", &attempt), denied);
        assert_eq!(told("SERVER_ERROR", &attempt), LoginError::Unavailable);
        assert_eq!(told("INVALID_REQUEST", &attempt), LoginError::Refused);
    }
}
