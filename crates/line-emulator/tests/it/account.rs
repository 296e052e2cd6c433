//! The account's own affairs: tokens, links, webhook address, the talk's small signs, coupons, LIFF apps.

use crate::login::seen;
use crate::support::{BOT, BOT_SECRET, LOGIN, Line, TOKEN, answer};
use crate::webhooks::Receiver;
use serde_json::{Value, json};

#[tokio::test]
async fn of_more_than_thirty_short_lived_tokens_the_oldest_is_revoked() {
    let line = Line::start().await;
    let issue = async |secret: &str| {
        let form = [("grant_type", "client_credentials"), ("client_id", BOT), ("client_secret", secret)];
        answer(line.client.post(line.api("/v2/oauth/accessToken")).form(&form)).await
    };
    assert_eq!(issue("wrong").await.0, 400);
    let mut tokens = Vec::new();
    for _ in 0..31 {
        let (status, body) = issue(BOT_SECRET).await;
        assert_eq!((status, &body["expires_in"]), (200, &json!(2_592_000)));
        tokens.push(body["access_token"].as_str().expect("token").to_owned());
        line.emulator.clock().advance_ms(1);
    }
    let works =
        async |token: &str| answer(line.client.get(line.api("/v2/bot/info")).bearer_auth(token)).await.0;
    assert_eq!([works(&tokens[0]).await, works(&tokens[1]).await, works(&tokens[30]).await], [401, 200, 200]);
    let token = [("access_token", tokens[30].as_str())];
    let verify = || answer(line.client.post(line.api("/v2/oauth/verify")).form(&token));
    assert_eq!(verify().await.1["client_id"], BOT);
    assert_eq!(answer(line.client.post(line.api("/v2/oauth/revoke")).form(&token)).await.0, 200);
    assert_eq!((verify().await.0, works(&tokens[30]).await), (400, 401));
}

#[tokio::test]
async fn an_account_is_linked_once_by_the_person_whose_phone_it_is() {
    let line = Line::start().await;
    let mut hook = Receiver::start(&line).await;
    for person in ["hanako", "taro"] {
        line.act(person, "add").await;
        assert_eq!(hook.next().await.0["type"], "follow");
    }
    let user = line.user_id("hanako").await;
    let token = async || {
        let (status, body) = answer(line.bot("POST", &format!("/v2/bot/user/{user}/linkToken"))).await;
        assert_eq!(status, 200, "{body}");
        body["linkToken"].as_str().expect("token").to_owned()
    };
    let visit = async |persona: &str, token: &str| {
        let query = [("linkToken", token), ("nonce", "bm9uY2Utb2YtdGhlLXNlcnZpY2U")];
        let request = line.client.get(line.access("/dialog/bot/accountLink")).query(&query);
        seen(request.header("cookie", format!("phone_person={persona}"))).await.status
    };
    let first = token().await;
    assert_eq!(visit("hanako", &first).await, 200);
    let (event, right) = hook.next().await;
    assert!(right && event["replyToken"].is_string(), "{event}");
    assert_eq!((&event["link"]["result"], &event["source"]["userId"]), (&json!("ok"), &json!(user)));
    assert_eq!(event["link"]["nonce"], "bm9uY2Utb2YtdGhlLXNlcnZpY2U");
    assert_eq!(visit("hanako", &first).await, 400, "it works once, and nobody is told of the second time");
    assert_eq!(visit("taro", &token().await).await, 400);
    let (event, _) = hook.next().await;
    assert_eq!((&event["type"], &event["link"]["result"]), (&json!("accountLink"), &json!("failed")));
    assert!(event.get("source").is_none() && event.get("replyToken").is_none(), "{event}");
    let late = token().await;
    line.control("clock", json!({ "advance_seconds": 10 * 60 })).await;
    assert_eq!(visit("hanako", &late).await, 400);
    line.act("maria", "add").await;
    assert_eq!(hook.next().await.0["type"], "follow", "of the late one nobody was told");
}

#[tokio::test]
async fn the_webhook_address_is_set_read_and_tried() {
    let line = Line::start().await;
    let get = || answer(line.bot("GET", "/v2/bot/channel/webhook/endpoint"));
    let test = |body: Value| answer(line.bot("POST", "/v2/bot/channel/webhook/test").json(&body));
    let missing = (404, json!({ "message": "Webhook endpoint not found" }));
    assert_eq!(get().await, missing);
    assert_eq!(test(json!({})).await, missing);
    let _hook = Receiver::start(&line).await;
    assert_eq!(get().await.1["active"], true);
    let tried = test(json!({})).await.1;
    assert_eq!(
        (&tried["success"], &tried["statusCode"], &tried["reason"]),
        (&json!(true), &json!(200), &json!("OK")),
        "{tried}"
    );
    let nobody = test(json!({ "endpoint": "http://127.0.0.1:9/hook" })).await.1;
    assert_eq!(
        (&nobody["success"], &nobody["reason"]),
        (&json!(false), &json!("COULD_NOT_CONNECT")),
        "{nobody}"
    );
    let refused = test(json!({ "endpoint": line.access("/nowhere") })).await.1;
    assert_eq!(
        (&refused["statusCode"], &refused["reason"]),
        (&json!(404), &json!("ERROR_STATUS_CODE")),
        "{refused}"
    );
    let wrong = (400, json!({ "message": "Invalid webhook endpoint URL" }));
    assert_eq!(test(json!({ "endpoint": "ftp://a" })).await, wrong);
    let long = json!({ "endpoint": format!("https://a.example/{}", "x".repeat(500)) });
    assert_eq!(answer(line.bot("PUT", "/v2/bot/channel/webhook/endpoint").json(&long)).await, wrong);
}

#[tokio::test]
async fn read_marks_and_the_loading_sign_take_what_line_takes() {
    let line = Line::start().await;
    let mut hook = Receiver::start(&line).await;
    line.control("personas/hanako/say", json!({ "channel": BOT, "text": "質問" })).await;
    let token = hook.next().await.0["message"]["markAsReadToken"].clone();
    let by_token = |token: &Value| {
        let body = json!({ "markAsReadToken": token });
        answer(line.bot("POST", "/v2/bot/chat/markAsRead").json(&body))
    };
    assert_eq!(by_token(&token).await, (200, json!({})));
    let text = "Invalid markAsReadToken. Tokens must be used by the bot that received them via Webhook.";
    assert_eq!(by_token(&json!("nonsense")).await, (400, json!({ "message": text })));
    let user = line.user_id("hanako").await;
    let read = json!({ "chat": { "userId": user } });
    assert_eq!(answer(line.bot("POST", "/v2/bot/message/markAsRead").json(&read)).await.0, 200);
    let loading = |chat: &str, seconds: i64| {
        let body = json!({ "chatId": chat, "loadingSeconds": seconds });
        answer(line.bot("POST", "/v2/bot/chat/loading/start").json(&body))
    };
    assert_eq!(loading(&user, 60).await, (202, json!({})));
    let sign = async || {
        let state = line.get_json(&line.access("/phone/hanako/state")).await;
        state["talks"][0]["loading_ms"].clone()
    };
    assert!(sign().await.as_i64().is_some_and(|left| left > 50_000));
    assert_eq!(answer(line.push(&line.text_to("hanako", "お待たせしました").await)).await.0, 200);
    assert_eq!(sign().await, Value::Null, "it ends with the next message");
    let (status, body) = loading("C00000000000000000000000000000000", 7).await;
    assert_eq!((status, body["details"].as_array().map(Vec::len)), (400, Some(2)), "{body}");
}

#[tokio::test]
async fn what_a_person_sent_can_be_fetched_by_its_account() {
    let line = Line::start().await;
    let body = json!({
        "channel": BOT, "message": { "type": "image" }, "content_base64": "iVBORw0KGgo=", "content_type": "image/png",
    });
    let id = line.control("personas/hanako/send", body).await["message_id"].clone();
    let id = id.as_str().expect("id");
    for end in ["content", "content/preview"] {
        let url = line.data(&format!("/v2/bot/message/{id}/{end}"));
        let got = line.client.get(url).bearer_auth(TOKEN).send().await.expect("answer");
        assert_eq!(crate::support::header(&got, "content-type"), "image/png");
        assert_eq!(got.bytes().await.expect("bytes").as_ref(), b"\x89PNG\r\n\x1a\n");
    }
    let url = line.data("/v2/bot/message/1/content");
    assert_eq!(answer(line.client.get(url).bearer_auth(TOKEN)).await.0, 404);
}

#[tokio::test]
async fn a_coupon_is_made_listed_and_closed_once() {
    let line = Line::start().await;
    let coupon = json!({
        "title": "ごみ袋", "startTimestamp": 1_790_000_000, "endTimestamp": 1_800_000_000, "visibility": "UNLISTED",
        "timezone": "ASIA_TOKYO", "maxUseCountPerTicket": 1, "acquisitionCondition": { "type": "normal" },
        "reward": { "type": "free" },
    });
    let (status, made) = answer(line.bot("POST", "/v2/bot/coupon").json(&coupon)).await;
    assert_eq!(status, 200, "{made}");
    let path = format!("/v2/bot/coupon/{}", made["couponId"].as_str().expect("id"));
    let one = answer(line.bot("GET", &path)).await.1;
    assert_eq!((&one["status"], &one["title"]), (&json!("RUNNING"), &json!("ごみ袋")), "{one}");
    let list = answer(line.bot("GET", "/v2/bot/coupon?status=RUNNING")).await.1;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    let close = || answer(line.bot("PUT", &format!("{path}/close")));
    assert_eq!([close().await.0, close().await.0], [200, 410]);
    let wrong = json!({ "title": "あ".repeat(61) });
    assert_eq!(answer(line.bot("POST", "/v2/bot/coupon").json(&wrong)).await.0, 400);
}

#[tokio::test]
async fn liff_apps_are_kept_for_the_login_channel_only() {
    let line = Line::start().await;
    let channels = line.get_json(&line.access("/_emulator/channels")).await;
    let login = channels.as_array().expect("list").iter().find(|c| c["id"] == LOGIN).expect("login");
    let token = login["token"].as_str().expect("token");
    let ask = |method: &str, path: &str, body: Value| {
        let request = line.client.request(method.parse().expect("method"), line.api(path));
        answer(request.bearer_auth(token).json(&body))
    };
    assert_eq!(ask("GET", "/liff/v1/apps", json!({})).await.0, 404);
    let app = json!({ "view": { "type": "full", "url": "https://city.example/liff" }, "scope": ["openid"] });
    let (status, made) = ask("POST", "/liff/v1/apps", app.clone()).await;
    assert_eq!(status, 200, "{made}");
    let path = format!("/liff/v1/apps/{}", made["liffId"].as_str().expect("id"));
    assert_eq!(ask("PUT", &path, json!({ "view": { "type": "tall" } })).await.0, 200);
    let apps = ask("GET", "/liff/v1/apps", json!({})).await.1;
    let view = json!({ "type": "tall", "url": "https://city.example/liff" });
    assert_eq!(apps["apps"][0]["view"], view);
    assert_eq!(answer(line.bot("POST", "/liff/v1/apps").json(&app)).await.0, 401, "another kind of channel");
    assert_eq!(
        [ask("DELETE", &path, json!({})).await.0, ask("DELETE", &path, json!({})).await.0],
        [200, 404]
    );
}
