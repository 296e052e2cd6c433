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

const FIRST_MESSAGE: u64 = 600_000_000_000_000_000;

/// Message ids are numbers in text; 18 digits as LINE's are today.
pub(crate) fn message_id(number: u64) -> String {
    (FIRST_MESSAGE + number).to_string()
}

/// The number in a message id.
pub(crate) fn message_number(id: &str) -> Option<u64> {
    id.parse::<u64>().ok()?.checked_sub(FIRST_MESSAGE)
}

/// A token by which the account may mark a person's messages as read: who it is, and a seal.
pub(crate) fn read_token(secret: &str, persona: &str) -> String {
    format!("{}-{}", hex::encode(persona), digest_hex(&["read\0", secret, "\0", persona]))
}

/// The person of such a token, if it is of that channel.
pub(crate) fn open_read_token(secret: &str, token: &str) -> Option<String> {
    let (persona, _) = token.split_once('-')?;
    let persona = String::from_utf8(hex::decode(persona).ok()?).ok()?;
    (read_token(secret, &persona) == token).then_some(persona)
}
