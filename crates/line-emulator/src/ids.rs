//! Names that LINE gives to things.

use aws_lc_rs::digest::{SHA256, digest};
use uuid::Uuid;

/// The id of a person at a provider: `U` and 32 hex digits, the same after every restart.
/// LINE docs: user ids are issued per provider.
pub(crate) fn user_id(provider: &str, persona: &str) -> String {
    format!("U{}", digest_hex(&[provider, "\0", persona]))
}

/// The official account's own id (`destination` of webhooks).
pub(crate) fn bot_user_id(channel: &str) -> String {
    format!("U{}", digest_hex(&["bot\0", channel]))
}

fn digest_hex(parts: &[&str]) -> String {
    let whole = parts.concat();
    hex::encode(&digest(&SHA256, whole.as_bytes()).as_ref()[..16])
}

/// `U`, `C` or `R` and 32 lower-case hex digits.
pub(crate) fn is_receiver(id: &str) -> bool {
    let bytes = id.as_bytes();
    bytes.len() == 33
        && matches!(bytes[0], b'U' | b'C' | b'R')
        && bytes[1..].iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// 32 random hex digits.
pub(crate) fn random_hex() -> String {
    Uuid::new_v4().simple().to_string()
}

/// A token in three parts, as LINE's JWS tokens look from outside; the parts mean nothing.
pub(crate) fn jws_like() -> String {
    format!("eyJhbGciOiJIUzI1NiJ9.{}{}.{}", random_hex(), random_hex(), random_hex())
}

/// An authorization code.
pub(crate) fn code() -> String {
    random_hex()[..20].to_owned()
}

/// Message ids are numbers in text; 18 digits as LINE's are today.
pub(crate) fn message_id(number: u64) -> String {
    (600_000_000_000_000_000 + number).to_string()
}
