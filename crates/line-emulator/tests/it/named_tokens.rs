//! Tokens of channels by signed assertions.

use crate::support::{BOT, BOT_SECRET, Line, answer};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A key that is registered for the bot's channel.
struct Signer {
    key: jsonwebtoken::EncodingKey,
    kid: String,
}

impl Signer {
    async fn register(line: &Line) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("key");
        let key = jsonwebtoken::EncodingKey::from_ec_der(pair.to_pkcs8v1().expect("key").as_ref());
        // An uncompressed point: 4, x, y.
        let [x, y] = [1..33, 33..65].map(|part| URL_SAFE_NO_PAD.encode(&pair.public_key().as_ref()[part]));
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": "ES256", "use": "sig" });
        let made = line.control(&format!("channels/{BOT}/assertion-keys"), json!({ "jwk": jwk })).await;
        Self { key, kid: made["kid"].as_str().expect("kid").to_owned() }
    }

    fn assertion(&self, line: &Line) -> String {
        let now = line.emulator.clock().now_ms() / 1000;
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
        header.kid = Some(self.kid.clone());
        let claims = json!({
            "iss": BOT, "sub": BOT, "aud": "https://api.line.me/", "exp": now + 1500, "token_exp": 86400,
        });
        jsonwebtoken::encode(&header, &claims, &self.key).expect("JWT")
    }

    async fn issue(&self, line: &Line) -> (u16, Value) {
        let assertion = self.assertion(line);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", KIND),
            ("client_assertion", &assertion),
        ];
        answer(line.client.post(line.api("/oauth2/v2.1/token")).form(&form)).await
    }

    async fn kids(&self, line: &Line) -> Vec<String> {
        let assertion = self.assertion(line);
        let query = [("client_assertion_type", KIND), ("client_assertion", &assertion)];
        let (status, body) = answer(line.client.get(line.api("/oauth2/v2.1/tokens/kid")).query(&query)).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_value(body["kids"].clone()).expect("kids")
    }
}

#[tokio::test]
async fn thirty_tokens_live_at_once_and_each_has_a_name() {
    let line = Line::start().await;
    let signer = Signer::register(&line).await;
    let mut names = Vec::new();
    let mut first = String::new();
    for _ in 0..30 {
        let (status, body) = signer.issue(&line).await;
        assert_eq!(status, 200, "{body}");
        names.push(body["key_id"].as_str().expect("name").to_owned());
        if first.is_empty() {
            body["access_token"].as_str().expect("token").clone_into(&mut first);
        }
        line.emulator.clock().advance_ms(1);
    }
    assert_eq!(signer.kids(&line).await, names);
    let (status, body) = signer.issue(&line).await;
    let text = "The maximum number of access tokens has already been issued";
    assert_eq!((status, &body["error_description"]), (400, &json!(text)));

    let url = line.api(&format!("/oauth2/v2.1/verify?access_token={first}"));
    assert_eq!(line.get_json(&url).await["client_id"], BOT);
    let revoke = |secret: &str| {
        let form = [("client_id", BOT), ("client_secret", secret), ("access_token", first.as_str())];
        answer(line.client.post(line.api("/oauth2/v2.1/revoke")).form(&form))
    };
    assert_eq!(revoke("wrong").await.0, 400);
    let works = || answer(line.client.get(line.api("/v2/bot/info")).bearer_auth(&first));
    assert_eq!(works().await.0, 200);
    assert_eq!(revoke(BOT_SECRET).await.0, 200);
    assert_eq!((works().await.0, signer.kids(&line).await.len()), (401, 29));
    assert_eq!(signer.issue(&line).await.0, 200, "there is room for one again");
    line.control("clock", json!({ "advance_seconds": 86400 })).await;
    assert_eq!(signer.kids(&line).await, Vec::<String>::new(), "they lived as long as they were asked to");
}
