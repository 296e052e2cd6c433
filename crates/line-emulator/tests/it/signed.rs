//! What carries the emulator's own ES256 signature.

use crate::login::{authorize, decide};
use crate::support::{CALLBACK, LOGIN, Line, SECRET, answer, seen_fields};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use line_emulator::{IdTokenAlg, Seed};
use serde_json::{Value, json};

/// Claims of a token, verified with what `certs` publishes, as any program would.
async fn verified(line: &Line, token: &str) -> Value {
    let discovery = line.get_json(&line.access("/.well-known/openid-configuration")).await;
    let certs = line.get_json(discovery["jwks_uri"].as_str().expect("jwks_uri")).await;
    let keys: JwkSet = serde_json::from_value(certs).expect("key set");
    let header = jsonwebtoken::decode_header(token).expect("header");
    let key = keys.find(header.kid.as_deref().expect("kid")).expect("the key is published");
    let mut rules = Validation::new(Algorithm::ES256);
    rules.set_audience(&[LOGIN]);
    rules.set_issuer(&["https://access.line.me"]);
    let key = DecodingKey::from_jwk(key).expect("key");
    jsonwebtoken::decode::<Value>(token, &key, &rules).expect("a right signature").claims
}

#[tokio::test]
async fn the_answer_comes_back_as_one_signed_token_when_asked_for() {
    let line = Line::start().await;
    for mode in ["jwt", "query.jwt"] {
        let sheet = authorize(&line, "hanako", &[("response_mode", mode), ("prompt", "consent")]).await;
        let back = decide(&line, &sheet, "consent", &[("decision", "allow"), ("friend", "yes")]).await;
        assert!(back.field("code").is_none() && back.field("state").is_none(), "{mode}: {:?}", back.to);
        let claims = verified(&line, &back.field("response").expect("response")).await;
        assert_eq!(claims["state"], "s7a7e");
        assert!(claims["code"].as_str().is_some_and(|code| !code.is_empty()), "{claims}");
    }
    let refused = authorize(&line, "hanako", &[("response_mode", "jwt"), ("scope", "nonsense")]).await;
    let claims = verified(&line, &refused.field("response").expect("response")).await;
    assert_eq!((&claims["error"], &claims["state"]), (&json!("INVALID_SCOPE"), &json!("s7a7e")));
}

#[tokio::test]
async fn the_signed_answer_may_be_posted_as_a_form() {
    let line = Line::start().await;
    let sheet = authorize(&line, "hanako", &[("response_mode", "form_post.jwt")]).await;
    let page = decide(&line, &sheet, "consent", &[("decision", "allow")]).await;
    let fields = seen_fields(&page.page);
    assert_eq!(fields.len(), 1, "{fields:?}");
    let claims = verified(&line, &fields["response"]).await;
    assert_eq!(claims["aud"], LOGIN);
    let unknown = authorize(&line, "hanako", &[("response_mode", "fragment")]).await;
    assert_eq!(unknown.field("error").as_deref(), Some("INVALID_REQUEST"));
}

#[tokio::test]
async fn a_native_channel_gets_es256_id_tokens_under_a_key_that_outlives_a_restart() {
    let folder = tempfile::tempdir().expect("folder");
    let mut seed = Seed::demo();
    seed.providers[0].login.id_token = IdTokenAlg::Es256;
    let line = Line::with(seed, Some(folder.path())).await;
    let sheet = authorize(&line, "hanako", &[]).await;
    let back = decide(&line, &sheet, "consent", &[("decision", "allow")]).await;
    let code = back.field("code").expect("code");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("client_id", LOGIN),
        ("client_secret", SECRET),
    ];
    let (_, tokens) = answer(line.client.post(line.api("/oauth2/v2.1/token")).form(&form)).await;
    let token = tokens["id_token"].as_str().expect("id token").to_owned();
    assert_eq!(verified(&line, &token).await["sub"], line.user_id("hanako").await);
    let certs = line.get_json(&line.api("/oauth2/v2.1/certs")).await;
    line.emulator.shutdown().await;

    let line = Line::with(Seed::demo(), Some(folder.path())).await;
    assert_eq!(line.get_json(&line.api("/oauth2/v2.1/certs")).await, certs);
    let form = [("id_token", token.as_str()), ("client_id", LOGIN)];
    let (status, claims) = answer(line.client.post(line.api("/oauth2/v2.1/verify")).form(&form)).await;
    assert_eq!((status, &claims["aud"]), (200, &json!(LOGIN)), "{claims}");
    let forged = format!("{}x", &token[..token.len() - 1]);
    let form = [("id_token", forged.as_str()), ("client_id", LOGIN)];
    assert_eq!(answer(line.client.post(line.api("/oauth2/v2.1/verify")).form(&form)).await.0, 400);
}
