use crate::support::{BOT, CALLBACK, LOGIN, Line, answer};
use line_emulator::Seed;
use serde_json::json;
use std::collections::HashMap;
use url::Url;

/// What the browser of a person sees.
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) page: String,
    pub(crate) to: Option<Url>,
}

impl Seen {
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let pairs: HashMap<_, _> = self.to.as_ref()?.query_pairs().into_owned().collect();
        pairs.get(name).cloned()
    }

    /// The hidden number of the page.
    pub(crate) fn txn(&self) -> String {
        let after = self.page.split("name=\"txn\" value=\"").nth(1).expect("a form");
        after.split('"').next().expect("value").to_owned()
    }
}

pub(crate) async fn seen(request: reqwest::RequestBuilder) -> Seen {
    let answer = request.send().await.expect("answer");
    let to = crate::support::header(&answer, "location");
    let status = answer.status().as_u16();
    Seen { status, page: answer.text().await.expect("page"), to: Url::parse(&to).ok() }
}

fn cookie(persona: &str) -> String {
    format!("phone_person={persona}")
}

/// An authorization request; a value of "" leaves the parameter out.
pub(crate) async fn authorize(line: &Line, persona: &str, changes: &[(&str, &str)]) -> Seen {
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", LOGIN),
        ("redirect_uri", CALLBACK),
        ("state", "s7a7e"),
        ("scope", "profile openid"),
        ("bot_prompt", "normal"),
    ];
    query.retain(|(name, _)| !changes.iter().any(|(n, _)| n == name));
    query.extend(changes.iter().filter(|(_, v)| !v.is_empty()));
    let request = line.client.get(line.access("/oauth2/v2.1/authorize")).query(&query);
    seen(request.header("cookie", cookie(persona))).await
}

pub(crate) async fn decide(line: &Line, page: &Seen, what: &str, fields: &[(&str, &str)]) -> Seen {
    let txn = page.txn();
    let mut form = vec![("txn", txn.as_str())];
    form.extend(fields);
    seen(line.client.post(line.access(&format!("/oauth2/v2.1/authorize/{what}"))).form(&form)).await
}

#[tokio::test]
async fn an_unknown_client_or_address_gets_a_page_and_no_redirect() {
    let line = Line::start().await;
    let text = "Invalid redirect_uri value. Check if it is registered in a LINE developers site.";
    for wrong in [
        ("client_id", "1"),
        ("redirect_uri", "http://127.0.0.1:8080/line/mihon/callback/"),
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", ""),
    ] {
        let seen = authorize(&line, "hanako", &[wrong]).await;
        assert_eq!((seen.status, seen.to), (400, None), "{wrong:?}");
        assert!(seen.page.contains(text), "{}", seen.page);
    }
    let extra = format!("{CALLBACK}?from=menu");
    assert_eq!(authorize(&line, "hanako", &[("redirect_uri", &extra)]).await.status, 200);
}

#[tokio::test]
async fn each_wrong_parameter_has_its_own_error() {
    let line = Line::start().await;
    let plain = [("code_challenge", "x"), ("code_challenge_method", "plain")];
    for (changes, error) in [
        ([("state", ""), ("nonce", "")], "INVALID_REQUEST"),
        ([("response_type", "token"), ("nonce", "")], "UNSUPPORTED_RESPONSE_TYPE"),
        ([("scope", "profile mail"), ("nonce", "")], "INVALID_SCOPE"),
        ([("scope", "email"), ("nonce", "")], "INVALID_SCOPE"),
        ([("prompt", "none"), ("nonce", "")], "INTERACTION_REQUIRED"),
        ([("response_mode", "fragment"), ("nonce", "")], "INVALID_REQUEST"),
        (plain, "INVALID_REQUEST"),
    ] {
        let seen = authorize(&line, "hanako", &changes).await;
        assert_eq!(seen.field("error").as_deref(), Some(error), "{changes:?}");
    }
    let seen = authorize(&line, "hanako", &[("state", "")]).await;
    assert_eq!(seen.field("error_description").as_deref(), Some("'state' is not specified."));
    let seen = authorize(&line, "nobody", &[("prompt", "none")]).await;
    assert_eq!(seen.field("error").as_deref(), Some("LOGIN_REQUIRED"));
    assert_eq!(seen.field("state").as_deref(), Some("s7a7e"));
}

#[tokio::test]
async fn consent_is_asked_once_and_makes_a_friend() {
    let line = Line::start().await;
    let sheet = authorize(&line, "hanako", &[]).await;
    assert!(sheet.page.contains("許可する") && sheet.page.contains("name=\"friend\" value=\"yes\" checked"));
    assert!(sheet.page.contains("これはLINEの同意画面の模型です"));
    let back = decide(&line, &sheet, "consent", &[("decision", "allow"), ("friend", "yes")]).await;
    assert_eq!(back.field("friendship_status_changed").as_deref(), Some("true"));
    assert_eq!(back.field("state").as_deref(), Some("s7a7e"));
    assert_eq!(answer(line.push(&line.text_to("hanako", "x").await)).await.0, 200);
    assert_eq!(line.arrived("hanako"), 1, "now a friend");
    let again = authorize(&line, "hanako", &[("prompt", "none")]).await;
    assert!(again.field("code").is_some(), "a returning person sees no page");
    assert_eq!(again.field("friendship_status_changed"), None, "no option was shown");
    let forced = authorize(&line, "hanako", &[("prompt", "consent")]).await;
    assert!(forced.page.contains("友だちに追加済み"));
    let back = decide(&line, &forced, "consent", &[("decision", "allow")]).await;
    assert_eq!(back.field("friendship_status_changed"), None);
}

#[tokio::test]
async fn cancelling_is_access_denied_and_a_page_is_answered_once() {
    let line = Line::start().await;
    let sheet = authorize(&line, "hanako", &[]).await;
    let back = decide(&line, &sheet, "consent", &[("decision", "cancel")]).await;
    assert_eq!(back.field("error").as_deref(), Some("ACCESS_DENIED"));
    let description = back.field("error_description");
    assert_eq!(description.as_deref(), Some("The resource owner denied the request."));
    let twice = decide(&line, &sheet, "consent", &[("decision", "allow")]).await;
    assert_eq!((twice.status, twice.to), (400, None));
}

#[tokio::test]
async fn the_friend_option_has_its_variants() {
    let mut seed = Seed::demo();
    seed.providers[0].certified = false;
    let line = Line::with(seed, None).await;
    let sheet = authorize(&line, "hanako", &[]).await;
    assert!(sheet.page.contains("友だちに追加する") && !sheet.page.contains("checked"));
    let back = decide(&line, &sheet, "consent", &[("decision", "allow")]).await;
    assert_eq!(back.field("friendship_status_changed").as_deref(), Some("false"));

    line.act("taro", "block").await;
    let sheet = authorize(&line, "taro", &[]).await;
    assert!(sheet.page.contains("ブロックを解除する"));

    let sheet = authorize(&line, "maria", &[("bot_prompt", "aggressive")]).await;
    assert!(!sheet.page.contains("友だちに追加"), "it has a page of its own");
    let second = decide(&line, &sheet, "consent", &[("decision", "allow")]).await;
    assert!(second.page.contains("友だちに追加する"));
    let back = decide(&line, &second, "friend", &[("friend", "yes")]).await;
    assert_eq!(back.field("friendship_status_changed").as_deref(), Some("true"));

    let none = authorize(&line, "taro", &[("bot_prompt", "")]).await;
    assert!(!none.page.contains("ブロック"));
}

#[tokio::test]
async fn a_browser_that_is_nobodys_phone_is_asked_whose_it_is() {
    let line = Line::start().await;
    let page = authorize(&line, "", &[]).await;
    assert!(page.page.contains("だれの電話ですか"));
    let sheet = decide(&line, &page, "person", &[("persona", "taro")]).await;
    assert!(sheet.page.contains("三河 太郎さん"));
    let forced = authorize(&line, "taro", &[("prompt", "login")]).await;
    assert!(forced.page.contains("taro@example.jp"), "signs in again, even on the own phone");
}

#[tokio::test]
async fn form_post_carries_the_answer_in_a_form() {
    let line = Line::start().await;
    let sheet = authorize(&line, "hanako", &[("response_mode", "form_post")]).await;
    let page = decide(&line, &sheet, "consent", &[("decision", "allow")]).await;
    assert!(page.page.contains(&format!("action=\"{CALLBACK}\"")) && page.page.contains("name=\"code\""));
}

#[tokio::test]
async fn a_failed_auto_login_comes_back_with_a_foreign_state() {
    let line = Line::start().await;
    line.fault(json!({ "endpoint": "*", "kind": "auto-login-failure", "channel": LOGIN })).await;
    let bogus = authorize(&line, "hanako", &[]).await;
    assert!(bogus.field("code").is_some());
    assert_ne!(bogus.field("state").as_deref(), Some("s7a7e"));
    let remedy = authorize(&line, "hanako", &[("disable_auto_login", "true")]).await;
    assert!(remedy.page.contains("許可する"), "disable_auto_login helps");
}

#[tokio::test]
async fn a_callback_can_open_in_another_browser() {
    let line = Line::start().await;
    line.fault(json!({ "endpoint": "*", "kind": "browser-switch", "times": 1 })).await;
    let sheet = authorize(&line, "hanako", &[]).await;
    let back = decide(&line, &sheet, "consent", &[("decision", "allow")]).await;
    let host = back.to.as_ref().and_then(Url::host_str);
    assert_eq!(host, Some("localhost"), "another name of the machine has none of the cookies");
    assert_eq!(back.field("state").as_deref(), Some("s7a7e"));
    let again = authorize(&line, "hanako", &[]).await;
    assert_eq!(again.to.as_ref().and_then(Url::host_str), Some("127.0.0.1"));
    assert_eq!(line.emulator.messages("hanako").len(), 0, "{BOT} sent nothing");
}
