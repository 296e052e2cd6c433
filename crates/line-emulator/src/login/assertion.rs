//! JWT assertions of channels. LINE docs: generate-jwt: iss = sub = channel id,
//! aud = `https://api.line.me/`, exp at most 30 minutes ahead.

use super::jwt;
use crate::state::World;
use crate::wire::{Pairs, Reply};
use http::StatusCode;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const MAX_AHEAD_SECONDS: i64 = 30 * 60;

/// A good assertion.
pub(super) struct Assertion {
    pub(super) channel: String,
    pub(super) token_seconds: Option<i64>,
}

/// Checks `client_assertion` of a form.
pub(super) fn check(world: &World, form: &Pairs, now_ms: i64) -> Result<Assertion, Reply> {
    let refused = |text| Reply::oauth("invalid_client", text);
    if form.get("client_assertion_type") != Some(KIND) {
        return Err(Reply::oauth("invalid_request", "client_assertion_type is invalid"));
    }
    let token = form.get("client_assertion").unwrap_or_default();
    let header = jsonwebtoken::decode_header(token).map_err(|_| refused("Invalid client_assertion"))?;
    let channel = jwt::claims(token).and_then(|c| c["iss"].as_str().map(str::to_owned));
    let channel = channel.ok_or_else(|| refused("Invalid client_assertion"))?;
    let (tenant, _) = world.channel(&channel).ok_or_else(|| refused("Invalid client_assertion"))?;
    let kid = header.kid.unwrap_or_default();
    let no_key = || {
        let text = "Cannot find channel key that satisfies the conditions";
        Reply::error(StatusCode::NOT_FOUND, text)
    };
    let jwk = world.tenants[tenant].assertion_keys.get(&kid).ok_or_else(no_key)?;
    let key = serde_json::from_value::<jsonwebtoken::jwk::Jwk>(jwk.clone()).map_err(|_| no_key())?;
    let key = DecodingKey::from_jwk(&key).map_err(|_| no_key())?;
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
        return Err(refused("Invalid client_assertion"));
    }
    let mut rules = Validation::new(header.alg);
    rules.set_audience(&["https://api.line.me/"]);
    // Time is the emulator's own, below.
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Value>(token, &key, &rules)
        .map_err(|_| refused("Invalid client_assertion"))?
        .claims;
    let now = now_ms / 1000;
    let exp = claims["exp"].as_i64().unwrap_or(0);
    if claims["sub"].as_str() != Some(channel.as_str()) || exp <= now || exp > now + MAX_AHEAD_SECONDS {
        return Err(refused("Invalid client_assertion"));
    }
    Ok(Assertion { channel, token_seconds: claims["token_exp"].as_i64() })
}
