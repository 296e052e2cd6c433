//! Key pairs in place of a channel's secret: LINE is given a JWT that only the private half can sign, so that
//! no secret travels when a channel access token is asked for.
//!
//! The pair is made here; its public half is registered by hand at LINE, which names it (`kid`). It is used
//! only after LINE has given a token for it once.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::keys::{Aad, Keys};
use madoguchi_base::{Millis, TenantId, random};
use serde_json::json;

use crate::api::token::{self, NoToken, Proof};
use crate::line::Line;
use crate::store;

/// Whom assertions are for (LINE: issue a channel access token by JWT).
const AUDIENCE: &str = "https://api.line.me/";
/// An assertion is used at once. LINE allows thirty minutes; ten leave room for clocks that differ.
const LIFE_SECS: i64 = 600;

/// Why a key pair is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No pair could be made.
    #[error("a key pair could not be made")]
    Made,
    /// There is no such pair (any more), or no channel.
    #[error("there is no such key pair")]
    NotFound,
    /// The id is not one of LINE's.
    #[error("LINE's key id consists of letters, digits and hyphens")]
    Kid,
    /// LINE gives no token for it.
    #[error("LINE does not know this key for this channel")]
    Refused,
    /// LINE was not reached or did not answer.
    #[error("LINE does not answer")]
    Unavailable,
    /// Our database does not answer.
    #[error("could not be read")]
    Store,
}

/// A new pair, its private half sealed: ready for [`insert`].
pub struct NewKey {
    key_id: String,
    private_sealed: Vec<u8>,
    public_jwk: String,
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewKey({})", self.key_id)
    }
}

/// A pair as the settings page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyView {
    /// Our name for it.
    pub key_id: String,
    /// LINE's name for it, once it is used.
    pub kid: Option<String>,
    /// The public half as it is registered at LINE (JSON).
    pub public_jwk: String,
    /// Waits to be registered, is used, or was replaced.
    pub state: KeyState,
    /// When it was made.
    pub made_at: Millis,
}

/// How far a pair has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Made; its public half is to be registered.
    Made,
    /// In use.
    Active,
    /// Replaced; its private half is erased.
    Retired,
}

/// What signs assertions of a channel.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) kid: String,
    /// PKCS #8.
    private: Vec<u8>,
}

fn aad(tenant: TenantId, key_id: &str) -> Aad<'_> {
    Aad { tenant, table: "line_assertion_key", column: "private_sealed", row: key_id, round: 0 }
}

impl Signer {
    /// `None` where it does not open.
    pub(crate) fn open(
        keys: &Keys,
        tenant: TenantId,
        (key_id, kid): (&str, String),
        sealed: &[u8],
    ) -> Option<Self> {
        let private = keys.open(&aad(tenant, key_id), sealed).ok()?;
        Some(Self { kid, private: private.to_vec() })
    }

    /// A JWT that says "I am this channel", good for a few minutes.
    pub(crate) fn assertion(&self, channel_id: &str, now: Millis) -> Option<String> {
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({ "alg": "RS256", "typ": "JWT", "kid": self.kid }));
        let exp = now.0 / 1_000 + LIFE_SECS;
        let claims = part(json!({ "iss": channel_id, "sub": channel_id, "aud": AUDIENCE, "exp": exp }));
        let signed = format!("{header}.{claims}");
        let pair = KeyPair::from_pkcs8(&self.private).ok()?;
        let mut signature = vec![0; pair.public_modulus_len()];
        let rng = aws_lc_rs::rand::SystemRandom::new();
        pair.sign(&RSA_PKCS1_SHA256, &rng, signed.as_bytes(), &mut signature).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn make(keys: &Keys, tenant: TenantId) -> Option<NewKey> {
    let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
    let private: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    let public = pair.public_key();
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let jwk = json!({
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
        "n": number(public.modulus().big_endian_without_leading_zero()),
        "e": number(public.exponent().big_endian_without_leading_zero()),
    });
    let key_id = random::alnum(16);
    let private_sealed = keys.seal(&aad(tenant, &key_id), private.as_ref());
    Some(NewKey { key_id, private_sealed, public_jwk: jwk.to_string() })
}

/// Stores a new pair; one that was made before and never used gives way.
pub async fn insert(tx: &mut Tx, tenant: TenantId, key: &NewKey, at: Millis) -> Result<(), sqlx::Error> {
    let row = (key.key_id.as_str(), key.private_sealed.as_slice(), key.public_jwk.as_str());
    store::assertion::insert(tx, tenant, row, at).await
}

/// The pairs of a municipality, newest first.
pub async fn list(x: &mut impl Exec, tenant: TenantId) -> Result<Vec<KeyView>, sqlx::Error> {
    let rows = store::assertion::list(x, tenant).await?;
    let view = |row: store::assertion::KeyRow| KeyView {
        state: match row.state.as_str() {
            "made" => KeyState::Made,
            "active" => KeyState::Active,
            _ => KeyState::Retired,
        },
        key_id: row.key_id,
        kid: row.kid,
        public_jwk: row.public_jwk,
        made_at: Millis(row.made_at),
    };
    Ok(rows.into_iter().map(view).collect())
}

/// From now on tokens are asked for with this pair, the former one is retired; `false` where it is not there
/// any more. Try it first ([`Line::try_assertion_key`]); call [`Line::reload_channels`] after the commit.
pub async fn activate(tx: &mut Tx, tenant: TenantId, key_id: &str, kid: &str) -> Result<bool, sqlx::Error> {
    store::assertion::activate(tx, tenant, key_id, kid).await
}

/// Back to the channel's secret. Call [`Line::reload_channels`] after the commit.
pub async fn retire(tx: &mut Tx, tenant: TenantId) -> Result<(), sqlx::Error> {
    store::assertion::retire(tx, tenant, "active").await
}

impl Line {
    /// Makes a key pair and seals its private half. A tenth of a second of work: before the transaction, and
    /// not on a thread that serves pages.
    pub fn make_assertion_key(&self, tenant: TenantId) -> Result<NewKey, KeyError> {
        make(&self.inner.keys, tenant).ok_or(KeyError::Made)
    }

    /// Asks LINE for a token with a pair that was registered as `kid`.
    pub async fn try_assertion_key(&self, tenant: TenantId, key_id: &str, kid: &str) -> Result<(), KeyError> {
        let is_kid = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if kid.is_empty() || kid.len() > 128 || !kid.bytes().all(is_kid) {
            return Err(KeyError::Kid);
        }
        let channel = self.inner.channel(tenant).ok_or(KeyError::NotFound)?;
        let mut reader = self.inner.db.reader().await.map_err(|_| KeyError::Store)?;
        let sealed = store::assertion::private(&mut reader, tenant, key_id).await;
        drop(reader);
        let sealed = sealed.map_err(|_| KeyError::Store)?.ok_or(KeyError::NotFound)?;
        let signer = Signer::open(&self.inner.keys, tenant, (key_id, kid.to_owned()), &sealed);
        let signer = signer.ok_or(KeyError::NotFound)?;
        let proof = Proof::Key(&signer);
        match token::fetch(&self.inner, &channel, (&channel.messaging_id, &proof)).await {
            Ok(_) => Ok(()),
            Err(NoToken::Refused) => Err(KeyError::Refused),
            Err(NoToken::Unavailable) => Err(KeyError::Unavailable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assertion_is_signed_by_the_private_half_and_read_with_the_public_one() {
        let dir = tempfile::tempdir().expect("dir");
        let keys = Keys::load_or_create(&dir.path().join("keys")).expect("keys");
        let tenant = "232131".parse().expect("Nishio");
        let made = make(&keys, tenant).expect("made");
        assert!(!made.public_jwk.contains("\"d\""), "only the public half is shown: {}", made.public_jwk);
        let signer = Signer::open(&keys, tenant, (&made.key_id, "kid-1".into()), &made.private_sealed);
        let token = signer.expect("opens").assertion("1657000002", Millis(1_000_000)).expect("signed");
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_str(&made.public_jwk).expect("a JWK");
        let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).expect("a key");
        let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
        rules.set_audience(&[AUDIENCE]);
        rules.validate_exp = false;
        let read = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &rules).expect("verified");
        assert_eq!(read.header.kid.as_deref(), Some("kid-1"));
        assert_eq!(read.claims["iss"], "1657000002");
        assert_eq!(read.claims["sub"], "1657000002");
        assert_eq!(read.claims["exp"], 1_600);
        assert!(Signer::open(&keys, tenant, ("other", "kid-1".into()), &made.private_sealed).is_none());
    }
}
