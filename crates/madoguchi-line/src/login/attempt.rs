//! Sign-in attempts in a sealed cookie.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madoguchi_base::keys::{Aad, Keys};
use madoguchi_base::{Millis, TenantId, random};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// Open attempts at a time; the oldest gives way.
const MAX: usize = 4;
/// How long LINE's code lives, and so an attempt: ten minutes.
const LIFE_SECS: i64 = 600;
/// A cookie longer than this is not ours.
const COOKIE_MAX: usize = 4_096;

/// One attempt: what the browser that began it must come back with.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Attempt {
    #[serde(rename = "s")]
    pub(super) state: String,
    #[serde(rename = "n")]
    pub(super) nonce: String,
    #[serde(rename = "v")]
    pub(super) verifier: String,
    #[serde(rename = "p")]
    pub(super) next: String,
    /// Where LINE sends the browser, if not to the usual origin.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<String>,
    /// Begun in order to end the link.
    #[serde(rename = "u", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) unlink: bool,
    #[serde(rename = "e")]
    expires: i64,
}

impl Attempt {
    pub(super) fn new(next: String, origin: Option<&str>, now: Millis) -> Self {
        Self {
            state: super::alnum(),
            nonce: super::alnum(),
            verifier: random::token(),
            next,
            origin: origin.map(str::to_owned),
            unlink: false,
            expires: now.plus_secs(LIFE_SECS).0,
        }
    }

    pub(super) fn is_expired(&self, now: Millis) -> bool {
        now.0 >= self.expires
    }
}

fn aad(tenant: TenantId) -> Aad<'static> {
    Aad { tenant, table: "line_attempt", column: "cookie", row: "", round: 0 }
}

/// The newest four attempts as a cookie value.
pub(super) fn seal(keys: &Keys, tenant: TenantId, attempts: &[Attempt]) -> String {
    let newest = &attempts[attempts.len().saturating_sub(MAX)..];
    let plain = serde_json::to_vec(newest).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(keys.seal(&aad(tenant), &plain))
}

/// The attempts in a cookie; none where it is missing, foreign or damaged.
pub(super) fn open(keys: &Keys, tenant: TenantId, cookie: Option<&str>) -> Vec<Attempt> {
    let read = |value: &str| -> Option<Vec<Attempt>> {
        let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
        serde_json::from_slice(&keys.open(&aad(tenant), &sealed).ok()?).ok()
    };
    cookie.filter(|c| c.len() <= COOKIE_MAX).and_then(read).unwrap_or_default()
}

/// Which attempt has this state; every one is compared, in constant time.
pub(super) fn position(attempts: &[Attempt], state: &str) -> Option<usize> {
    let mut found = None;
    for (i, attempt) in attempts.iter().enumerate() {
        if bool::from(attempt.state.as_bytes().ct_eq(state.as_bytes())) {
            found = Some(i);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_holds_four_attempts_of_one_municipality() {
        let dir = tempfile::tempdir().expect("dir");
        let keys = Keys::load_or_create(&dir.path().join("keys")).expect("keys");
        let (nishio, other) = ("232131".parse().expect("Nishio"), "011002".parse().expect("Sapporo"));
        let now = Millis(1_795_327_200_000);
        let attempts: Vec<Attempt> =
            (0..5).map(|i| Attempt::new(format!("/232131/p/{}{i}", "x".repeat(500)), None, now)).collect();
        let cookie = seal(&keys, nishio, &attempts);
        assert!(cookie.len() < COOKIE_MAX, "{}", cookie.len());
        let back = open(&keys, nishio, Some(&cookie));
        assert_eq!(back.len(), 4);
        assert_eq!(position(&back, &attempts[4].state), Some(3));
        assert_eq!(position(&back, &attempts[0].state), None);
        assert_eq!(position(&back, ""), None);
        assert!(open(&keys, other, Some(&cookie)).is_empty());
        assert!(open(&keys, nishio, Some(&cookie[1..])).is_empty());
        assert!(!back[0].is_expired(now.plus_secs(599)) && back[0].is_expired(now.plus_secs(600)));
    }
}
