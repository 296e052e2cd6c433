use crate::login::{authorize, decide};
use crate::support::{BOT, BOT_SECRET, CALLBACK, LOGIN, Line, SECRET, answer};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Of RFC 7636, appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn code(line: &Line, persona: &str) -> String {
    let changes = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256"), ("nonce", "n0")];
    let seen = authorize(line, persona, &changes).await;
    let back = match seen.field("code") {
        Some(code) => return code,
        None => decide(line, &seen, "consent", &[("decision", "allow")]).await,
    };
    back.field("code").expect("code")
}

async fn redeem(line: &Line, code: &str, changes: &[(&str, &str)]) -> (u16, Value) {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("client_id", LOGIN),
        ("client_secret", SECRET),
        ("code_verifier", VERIFIER),
    ];
    form.retain(|(name, _)| !changes.iter().any(|(n, _)| n == name));
    form.extend(changes);
    answer(line.client.post(line.api("/oauth2/v2.1/token")).form(&form)).await
}

fn claims(token: &Value) -> Value {
    let part = token.as_str().expect("token").split('.').nth(1).expect("claims");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
}

#[tokio::test]
async fn a_code_becomes_tokens_with_the_claims_of_line() {
    let line = Line::start().await;
    let (status, tokens) = redeem(&line, &code(&line, "hanako").await, &[]).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!((&tokens["expires_in"], &tokens["token_type"]), (&json!(2_592_000), &json!("Bearer")));
    let user = line.user_id("hanako").await;
    let claims = claims(&tokens["id_token"]);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("https://access.line.me"), &json!(LOGIN)));
    assert_eq!((&claims["sub"], &claims["nonce"]), (&json!(user), &json!("n0")));
    assert_eq!((&claims["name"], &claims["amr"]), (&json!("西尾 花子"), &json!(["lineautologin"])));

    let bearer = tokens["access_token"].as_str().expect("token");
    let get = |path: &str| answer(line.client.get(line.api(path)).bearer_auth(bearer));
    assert_eq!(get("/v2/profile").await.1["userId"], json!(user));
    assert_eq!(get("/oauth2/v2.1/userinfo").await.1["sub"], json!(user));
    assert_eq!(get("/friendship/v1/status").await.1, json!({ "friendFlag": false }));
    line.act("hanako", "add").await;
    assert_eq!(get("/friendship/v1/status").await.1, json!({ "friendFlag": true }));
}

#[tokio::test]
async fn a_code_is_good_once_even_if_the_call_fails_and_for_ten_minutes() {
    let line = Line::start().await;
    let invalid =
        (400, json!({ "error": "invalid_grant", "error_description": "invalid authorization code" }));
    let wrong_secret = code(&line, "hanako").await;
    assert_eq!(redeem(&line, &wrong_secret, &[("client_secret", "x")]).await.0, 400);
    assert_eq!(redeem(&line, &wrong_secret, &[]).await, invalid);
    let wrong_address = code(&line, "hanako").await;
    let answer = redeem(&line, &wrong_address, &[("redirect_uri", "https://other.example/")]).await;
    assert_eq!(answer.1["error_description"], "redirect_uri does not match");
    let wrong_verifier = code(&line, "hanako").await;
    let other = "x".repeat(43);
    assert_eq!(
        redeem(&line, &wrong_verifier, &[("code_verifier", &other)]).await.1["error"],
        "invalid_grant"
    );
    let late = code(&line, "hanako").await;
    line.emulator.clock().advance_ms(10 * 60 * 1000);
    assert_eq!(redeem(&line, &late, &[]).await, invalid);
}

#[tokio::test]
async fn tokens_are_verified_refreshed_revoked_and_deauthorized() {
    let line = Line::start().await;
    let (_, tokens) = redeem(&line, &code(&line, "hanako").await, &[]).await;
    let verify = async |token: &Value| {
        let token = token.as_str().expect("token");
        answer(line.client.get(line.api("/oauth2/v2.1/verify")).query(&[("access_token", token)])).await
    };
    let refused = |text: &str| (400, json!({ "error": "invalid_request", "error_description": text }));
    assert_eq!(verify(&tokens["access_token"]).await.1["client_id"], LOGIN);
    assert_eq!(verify(&json!("x")).await, refused("The access token not JWS"));

    let form = |extra: &[(&'static str, &str)]| {
        let mut form = vec![("client_id", LOGIN.to_owned()), ("client_secret", SECRET.to_owned())];
        form.extend(extra.iter().map(|(n, v)| (*n, (*v).to_owned())));
        form
    };
    let old_refresh = tokens["refresh_token"].as_str().expect("refresh");
    let refresh = form(&[("grant_type", "refresh_token"), ("refresh_token", old_refresh)]);
    let token_url = line.api("/oauth2/v2.1/token");
    let (status, fresh) = answer(line.client.post(&token_url).form(&refresh)).await;
    assert_eq!((status, &fresh["refresh_token"]), (200, &tokens["refresh_token"]));
    assert_eq!(verify(&tokens["access_token"]).await, refused("The access token revoked"));

    let token = fresh["access_token"].as_str().expect("token");
    let channel = line.get_json(&line.access("/_emulator/channels")).await[0]["token"].clone();
    let channel = channel.as_str().expect("token");
    let deauthorize = || {
        let request = line.client.post(line.api("/user/v1/deauthorize")).bearer_auth(channel);
        answer(request.json(&json!({ "userAccessToken": token })))
    };
    assert_eq!(deauthorize().await.0, 204);
    assert_eq!(deauthorize().await, (400, json!({ "message": "invalid token" })));
    let again = authorize(&line, "hanako", &[]).await;
    assert!(again.page.contains("許可する"), "consent is asked again");

    line.emulator.clock().advance_ms(91 * 24 * 60 * 60 * 1000);
    let late = answer(line.client.post(&token_url).form(&refresh)).await;
    assert_eq!(late.1, json!({ "error": "invalid_grant", "error_description": "invalid refresh token" }));
}

#[tokio::test]
async fn id_tokens_are_verified_with_lines_six_errors() {
    let line = Line::start().await;
    let (_, tokens) = redeem(&line, &code(&line, "hanako").await, &[]).await;
    let token = tokens["id_token"].as_str().expect("token");
    let verify = async |fields: &[(&str, &str)]| {
        let (status, body) = answer(line.client.post(line.api("/oauth2/v2.1/verify")).form(fields)).await;
        (status, body["error_description"].as_str().unwrap_or_default().to_owned())
    };
    let id = ("id_token", token);
    let client = ("client_id", LOGIN);
    assert_eq!(verify(&[id, client, ("nonce", "n0")]).await.0, 200);
    assert_eq!(verify(&[("id_token", &format!("{token}x")), client]).await.1, "Invalid IdToken.");
    assert_eq!(verify(&[id, ("client_id", "1")]).await.1, "Invalid IdToken Audience.");
    assert_eq!(verify(&[id, client, ("nonce", "x")]).await.1, "Invalid IdToken Nonce.");
    assert_eq!(verify(&[id, client, ("user_id", "x")]).await.1, "Invalid IdToken Subject Identifier.");
    line.emulator.clock().advance_ms(3_600_000);
    assert_eq!(verify(&[id, client]).await.1, "IdToken expired.");
}

#[tokio::test]
async fn stateless_tokens_live_fifteen_minutes() {
    let line = Line::start().await;
    let form = [("grant_type", "client_credentials"), ("client_id", BOT), ("client_secret", BOT_SECRET)];
    let (status, body) = answer(line.client.post(line.api("/oauth2/v3/token")).form(&form)).await;
    assert_eq!((status, &body["expires_in"]), (200, &json!(900)));
    let token = body["access_token"].as_str().expect("token");
    let info = || answer(line.client.get(line.api("/v2/bot/info")).bearer_auth(token));
    assert_eq!(info().await.0, 200);
    line.emulator.clock().advance_ms(900_000);
    assert_eq!(info().await.0, 401);
}

#[tokio::test]
async fn an_assertion_under_a_registered_key_becomes_a_token() {
    let line = Line::start().await;
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("key");
    let key = jsonwebtoken::EncodingKey::from_ec_der(pair.to_pkcs8v1().expect("key").as_ref());
    // An uncompressed point: 4, x, y.
    let [x, y] = [1..33, 33..65].map(|part| URL_SAFE_NO_PAD.encode(&pair.public_key().as_ref()[part]));
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": "ES256", "use": "sig" });
    let made = line.control(&format!("channels/{BOT}/assertion-keys"), json!({ "jwk": jwk })).await;
    let now = line.emulator.clock().now_ms() / 1000;
    let assertion = |kid: &str| {
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
        header.kid = Some(kid.to_owned());
        let claims = json!({
            "iss": BOT, "sub": BOT, "aud": "https://api.line.me/", "exp": now + 1500, "token_exp": 86400,
        });
        jsonwebtoken::encode(&header, &claims, &key).expect("JWT")
    };
    let ask = async |path: &str, kid: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion(kid)),
        ];
        answer(line.client.post(line.api(path)).form(&form)).await
    };
    let kid = made["kid"].as_str().expect("kid");
    let (status, body) = ask("/oauth2/v2.1/token", kid).await;
    assert_eq!((status, &body["expires_in"]), (200, &json!(86400)), "{body}");
    let token = body["access_token"].as_str().expect("token");
    assert_eq!(answer(line.client.get(line.api("/v2/bot/info")).bearer_auth(token)).await.0, 200);
    assert_eq!(ask("/oauth2/v3/token", kid).await.1["expires_in"], 900);
    let unknown = ask("/oauth2/v2.1/token", "other").await;
    assert_eq!(unknown.1["message"], "Cannot find channel key that satisfies the conditions");
    assert_eq!(unknown.0, 404);
}
