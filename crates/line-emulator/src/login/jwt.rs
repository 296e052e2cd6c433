//! JSON Web Tokens (RFC 7515): HS256 as LINE gives to web logins, ES256 as to native ones.

use crate::state::signing::SigningKey;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// What a token is signed with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key<'a> {
    /// HS256 with the channel secret as it is written (its UTF-8 bytes).
    Secret(&'a str),
    /// ES256 with the key that `certs` publishes.
    Pair(&'a SigningKey),
}

impl Key<'_> {
    /// Signs claims.
    pub(super) fn sign(self, claims: &Value) -> String {
        let header = match self {
            Self::Secret(_) => json!({ "typ": "JWT", "alg": "HS256" }),
            Self::Pair(pair) => json!({ "typ": "JWT", "alg": "ES256", "kid": pair.kid }),
        };
        let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let body = format!("{header}.{claims}");
        let signature = match self {
            Self::Secret(secret) => hmac::sign(&hs256(secret), body.as_bytes()).as_ref().to_vec(),
            Self::Pair(pair) => pair.sign(body.as_bytes()).unwrap_or_default(),
        };
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The claims, if the signature is right. The algorithm is the key's, whatever the header says.
    pub(super) fn open(self, token: &str) -> Option<Value> {
        let (body, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let right = match self {
            Self::Secret(secret) => hmac::verify(&hs256(secret), body.as_bytes(), &signature).is_ok(),
            Self::Pair(pair) => pair.is_signed(body.as_bytes(), &signature),
        };
        right.then(|| claims(token)).flatten()
    }
}

fn hs256(secret: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

/// The claims without a look at the signature: only to find out whose key to look with.
pub(super) fn claims(token: &str) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}
