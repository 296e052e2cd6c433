//! The emulator's own ES256 key: native id tokens and signed authorization responses.

use super::event::Event;
use crate::error::Error;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A key pair on P-256 under its name.
#[derive(Debug)]
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pair: EcdsaKeyPair,
}

impl SigningKey {
    /// A new key as an event of the journal.
    pub(super) fn make() -> Result<Event, Error> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| Error::Key)?;
        let pkcs8 = pair.to_pkcs8v1().map_err(|_| Error::Key)?;
        Ok(Event::SigningKey { kid: crate::ids::random_hex(), pkcs8: STANDARD.encode(pkcs8.as_ref()) })
    }

    pub(super) fn read(kid: String, pkcs8: &str) -> Option<Self> {
        let bytes = STANDARD.decode(pkcs8).ok()?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &bytes).ok()?;
        Some(Self { kid, pair })
    }

    /// The public half (RFC 7517).
    pub(crate) fn jwk(&self) -> Value {
        // An uncompressed point: 4, x, y.
        let point = self.pair.public_key().as_ref();
        let [x, y] = [1..33, 33..65].map(|part| URL_SAFE_NO_PAD.encode(point.get(part).unwrap_or_default()));
        json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.kid, "x": x, "y": y })
    }

    /// Signs as ES256 does; `None` only if the system has no randomness.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.pair.sign(&SystemRandom::new(), bytes).ok().map(|s| s.as_ref().to_vec())
    }

    pub(crate) fn is_signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key().as_ref());
        key.verify(bytes, signature).is_ok()
    }
}
