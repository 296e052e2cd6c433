use crate::login::{Seen, authorize, decide, seen};
use crate::support::{BOT, CALLBACK, LOGIN, Line, SECRET, answer, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

async fn holds(line: &Line, device: &str) {
    line.control("personas/hanako/device", json!({ "device": device })).await;
}

/// hanako has consented once, so that nothing but signing in is left.
async fn returning() -> Line {
    let line = Line::start().await;
    let sheet = authorize(&line, "hanako", &[]).await;
    decide(&line, &sheet, "consent", &[("decision", "allow")]).await;
    line
}

/// How LINE says that the person has signed in.
async fn amr(line: &Line, back: &Seen) -> Value {
    let code = back.field("code").expect("a code");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("client_id", LOGIN),
        ("client_secret", SECRET),
    ];
    let (status, got) = answer(line.client.post(line.api("/oauth2/v2.1/token")).form(&form)).await;
    assert_eq!(status, 200, "{got}");
    let claims = got["id_token"].as_str().and_then(|t| t.split('.').nth(1)).expect("claims");
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("JSON");
    claims["amr"].clone()
}

const OFF: [(&str, &str); 1] = [("disable_auto_login", "true")];

#[tokio::test]
async fn where_line_logs_in_by_itself_nobody_sees_a_page() {
    let line = returning().await;
    for device in ["line-ios", "line-android", "safari", "chrome"] {
        holds(&line, device).await;
        assert_eq!(
            amr(&line, &authorize(&line, "hanako", &[]).await).await,
            json!(["lineautologin"]),
            "{device}"
        );
    }
    for device in ["chrome-ios", "pc", "private"] {
        holds(&line, device).await;
        let page = authorize(&line, "hanako", &[]).await;
        assert!(page.to.is_none() && page.page.contains("hanako@example.jp"), "{device}: {}", page.page);
        let none = authorize(&line, "hanako", &[("prompt", "none")]).await;
        assert_eq!(none.field("error").as_deref(), Some("LOGIN_REQUIRED"), "{device}");
    }
    let (_, people) = answer(line.client.get(line.access("/_emulator/personas"))).await;
    assert_eq!(people[0]["device"], "private");
    let wrong =
        line.client.post(line.access("/_emulator/personas/hanako/device")).json(&json!({ "device": "fax" }));
    assert_eq!(answer(wrong).await.0, 400);
}

#[tokio::test]
async fn without_auto_login_a_session_is_enough_and_lines_own_browser_always_has_one() {
    let line = returning().await;
    for device in ["line-ios", "line-android"] {
        holds(&line, device).await;
        assert_eq!(amr(&line, &authorize(&line, "hanako", &OFF).await).await, json!(["linesso"]), "{device}");
    }
    holds(&line, "safari").await;
    assert!(authorize(&line, "hanako", &OFF).await.page.contains("ログイン"), "no session yet");
    assert!(authorize(&line, "hanako", &[("disable_ios_auto_login", "true")]).await.to.is_none());
    holds(&line, "chrome").await;
    let android = authorize(&line, "hanako", &[("disable_ios_auto_login", "true")]).await;
    assert_eq!(amr(&line, &android).await, json!(["lineautologin"]), "the older parameter is for iOS");
}

#[tokio::test]
async fn on_a_pc_one_signs_in_by_mail_or_code_and_the_browser_remembers() {
    let line = returning().await;
    holds(&line, "pc").await;
    let page = authorize(&line, "hanako", &[]).await;
    let wrong =
        decide(&line, &page, "sign-in", &[("way", "mail"), ("mail", "hanako@example.jp"), ("password", "")])
            .await;
    assert!(wrong.page.contains("aria-invalid"), "{}", wrong.page);
    let mail = [("way", "mail"), ("mail", "hanako@example.jp"), ("password", "x")];
    let back = decide(&line, &wrong, "sign-in", &mail).await;
    assert_eq!(amr(&line, &back).await, json!(["pwd"]));

    let page =
        authorize(&line, "hanako", &[("initial_amr_display", "lineqr"), ("switch_amr", "false")]).await;
    assert!(page.page.contains("読み取る") && !page.page.contains("type=\"password\""), "one way only");
    let url = line.access("/oauth2/v2.1/authorize/sign-in");
    let form = [("txn", page.txn()), ("way", "qr".into())];
    let signed = line.client.post(url).form(&form).send().await.expect("answer");
    let session = header(&signed, "set-cookie");
    assert!(session.starts_with("line_session=hanako.pc;") && session.contains("HttpOnly"), "{session}");
    let again = |cookie: String| {
        let query = [
            ("response_type", "code"),
            ("client_id", LOGIN),
            ("redirect_uri", CALLBACK),
            ("state", "s"),
            ("scope", "profile openid"),
        ];
        let request = line.client.get(line.access("/oauth2/v2.1/authorize")).query(&query);
        seen(request.header("cookie", cookie))
    };
    let known = "phone_person=hanako; line_session=hanako.pc";
    assert_eq!(amr(&line, &again(known.into()).await).await, json!(["linesso"]));
    let other = "phone_person=taro; line_session=hanako.pc";
    assert!(again(other.into()).await.page.contains("許可する"), "taro holds a phone of his own");
    holds(&line, "private").await;
    let session = "phone_person=hanako; line_session=hanako.private";
    let page = again(session.into()).await;
    assert!(page.to.is_none(), "a private window remembers nothing");
    let form = [("txn", page.txn()), ("way", "qr".into())];
    let signed = line.client.post(line.access("/oauth2/v2.1/authorize/sign-in")).form(&form).send().await;
    assert_eq!(header(&signed.expect("answer"), "set-cookie"), "");
}

#[tokio::test]
async fn when_the_app_does_not_open_the_browser_asks_for_mail_and_password() {
    let line = returning().await;
    let order = json!({ "endpoint": "GET /oauth2/v2.1/authorize", "kind": "app-does-not-open", "times": 1 });
    line.fault(order).await;
    let page = authorize(&line, "hanako", &[]).await;
    assert!(page.page.contains("hanako@example.jp"));
    let mail = [("way", "mail"), ("mail", "hanako@example.jp"), ("password", "x")];
    assert_eq!(amr(&line, &decide(&line, &page, "sign-in", &mail).await).await, json!(["pwd"]));
    assert!(authorize(&line, "hanako", &[]).await.to.is_some(), "once");
}

#[tokio::test]
async fn where_the_machine_has_no_other_name_the_address_is_opened_by_hand() {
    let line = returning().await;
    let public = "https://city.example/callback";
    line.control(&format!("channels/{LOGIN}/settings"), json!({ "callbacks": [public] })).await;
    line.fault(json!({ "endpoint": "*", "kind": "return-in-other-browser", "times": 1 })).await;
    let page = authorize(&line, "hanako", &[("redirect_uri", public)]).await;
    assert!(page.to.is_none() && page.page.contains("https://city.example/callback?code="), "{}", page.page);
}

#[tokio::test]
async fn a_channel_may_want_a_second_factor_where_nobody_is_logged_in() {
    let line = returning().await;
    line.control(&format!("channels/{LOGIN}/settings"), json!({ "two_factor": true })).await;
    assert_eq!(amr(&line, &authorize(&line, "hanako", &[]).await).await, json!(["lineautologin"]), "skipped");
    holds(&line, "pc").await;
    let page = authorize(&line, "hanako", &[]).await;
    let early = decide(&line, &page, "sign-in", &[("way", "pin")]).await;
    assert!(early.to.is_none() && early.page.contains("aria-invalid"), "not before the first factor");
    let mail = [("way", "mail"), ("mail", "hanako@example.jp"), ("password", "x")];
    let second = decide(&line, &early, "sign-in", &mail).await;
    assert!(second.to.is_none() && second.page.contains("電話に入力した"), "{}", second.page);
    let back = decide(&line, &second, "sign-in", &[("way", "pin")]).await;
    assert_eq!(amr(&line, &back).await, json!(["pwd", "mfa"]));
    let wrong = line.client.post(line.access(&format!("/_emulator/channels/{BOT}/settings")));
    assert_eq!(answer(wrong.json(&json!({ "two_factor": true }))).await.0, 400);
}
