//! The id token, verified here: algorithm pinned, key = the login channel's secret.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use madoguchi_base::Millis;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use crate::channel::Channel;

const ISSUER: &str = "https://access.line.me";
/// How far LINE's clock and ours may be apart.
const LEEWAY_MS: i64 = 60_000;

/// All that is read of an id token. There is no field for name, picture or e-mail.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    #[serde(default)]
    nonce: String,
    exp: i64,
    pub(super) iat: i64,
}

/// The claims, where signature, issuer, audience, nonce and time are right.
pub(super) fn id_token(token: &str, channel: &Channel, nonce: &str, now: Millis) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_audience(&[&channel.login_id]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // The time is compared below, by our clock.
    validation.validate_exp = false;
    let key = DecodingKey::from_secret(channel.login_secret.as_bytes());
    let claims = decode::<Claims>(token, &key, &validation).ok()?.claims;
    let in_time = claims.exp.saturating_mul(1_000).saturating_add(LEEWAY_MS) > now.0;
    let same = !nonce.is_empty() && bool::from(claims.nonce.as_bytes().ct_eq(nonce.as_bytes()));
    (in_time && same && is_user_id(&claims.sub)).then_some(claims)
}

/// `U` and 32 hexadecimal digits: what may go into the address of a push.
pub(crate) fn is_user_id(s: &str) -> bool {
    s.len() == 33 && s.starts_with('U') && s[1..].bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::{Value, json};

    use super::*;
    use crate::channel::BotPrompt;

    const NOW: Millis = Millis(1_795_327_200_000);
    const USER: &str = "U0123456789abcdef0123456789abcdef";

    fn channel() -> Channel {
        Channel {
            tenant: "232131".parse().expect("Nishio"),
            login_id: "165".into(),
            login_secret: "0123456789abcdef0123456789abcdef".into(),
            messaging_id: "2".into(),
            messaging_secret: "t".into(),
            access_base: String::new(),
            api_base: String::new(),
            data_base: String::new(),
            callback_base: String::new(),
            bot_prompt: BotPrompt::None,
            mode: crate::mode::LineMode::Full,
            relay_to: None,
            signer: None,
        }
    }

    fn claims() -> Value {
        json!({
            "iss": ISSUER, "sub": USER, "aud": "165", "exp": NOW.0 / 1_000 + 3_600, "iat": NOW.0 / 1_000,
            "nonce": "n1", "amr": ["lineautologin"], "name": "西尾 花子", "picture": "https://x.example/p"
        })
    }

    fn signed(header: &Header, claims: &Value, secret: &str) -> String {
        encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).expect("signed")
    }

    fn proves(token: &str) -> bool {
        id_token(token, &channel(), "n1", NOW).is_some_and(|c| c.sub == USER)
    }

    #[test]
    fn a_good_token_proves_who_it_is() {
        assert!(proves(&signed(&Header::new(Algorithm::HS256), &claims(), &channel().login_secret)));
    }

    #[test]
    fn everything_else_is_refused() {
        let secret = channel().login_secret;
        let with = |key: &str, value: Value| {
            let mut c = claims();
            c[key] = value;
            signed(&Header::new(Algorithm::HS256), &c, &secret)
        };
        let without = |key: &str| {
            let mut c = claims();
            c.as_object_mut().expect("object").remove(key);
            signed(&Header::new(Algorithm::HS256), &c, &secret)
        };
        let good = signed(&Header::new(Algorithm::HS256), &claims(), &secret);
        let mut unsigned = good.split('.').take(2).collect::<Vec<_>>().join(".");
        unsigned.push('.');
        let refused = [
            with("nonce", json!("n2")),
            with("nonce", json!("")),
            without("nonce"),
            with("iss", json!("https://evil.example")),
            without("iss"),
            with("aud", json!("166")),
            without("aud"),
            with("exp", json!(NOW.0 / 1_000 - 61)),
            without("exp"),
            with("sub", json!("U\"},\"x\":\"")),
            with("sub", json!("U0123")),
            without("sub"),
            signed(&Header::new(Algorithm::HS256), &claims(), "another secret of another channel"),
            signed(&Header::new(Algorithm::HS384), &claims(), &secret),
            unsigned,
            format!("{good}x"),
            String::new(),
        ];
        for token in refused {
            assert!(!proves(&token), "{token}");
        }
    }
}
