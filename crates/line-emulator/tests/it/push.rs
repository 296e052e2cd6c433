use crate::support::{BOT, Line, TOKEN, answer, header};
use serde_json::{Value, json};

const KEY: &str = "123e4567-e89b-12d3-a456-426614174000";

#[tokio::test]
async fn a_friend_receives_and_a_stranger_does_not_and_both_are_accepted() {
    let line = Line::start().await;
    line.act("hanako", "add").await;
    for (person, count) in [("hanako", 1), ("taro", 0)] {
        let (status, body) = answer(line.push(&line.text_to(person, "こんにちは").await)).await;
        assert_eq!(status, 200);
        assert!(body["sentMessages"][0]["id"].is_string());
        assert_eq!(line.arrived(person), count, "{person}");
    }
    line.act("hanako", "block").await;
    assert_eq!(answer(line.push(&line.text_to("hanako", "x").await)).await.0, 200);
    assert_eq!(line.arrived("hanako"), 1);
    let (_, usage) = answer(line.bot("GET", "/v2/bot/message/quota/consumption")).await;
    assert_eq!(usage, json!({ "totalUsage": 1 }), "who gets nothing is not counted");
}

#[tokio::test]
async fn unknown_and_malformed_receivers_are_refused_with_lines_words() {
    let line = Line::start().await;
    let to = |to: &str| json!({ "to": to, "messages": [{ "type": "text", "text": "x" }] });
    let unknown = answer(line.push(&to("U00000000000000000000000000000000"))).await;
    assert_eq!(unknown, (400, json!({ "message": "Failed to send messages" })));
    let malformed = answer(line.push(&to("hanako"))).await;
    let text = "The property, 'to', in the request body is invalid (line: -, column: -)";
    assert_eq!(malformed, (400, json!({ "message": text })));
}

#[tokio::test]
async fn a_retry_key_is_accepted_once_in_24_hours() {
    let line = Line::start().await;
    line.act("hanako", "add").await;
    let body = line.text_to("hanako", "一度だけ").await;
    let send = || line.push(&body).header("x-line-retry-key", KEY).send();
    let first = send().await.expect("answer");
    let first_id = header(&first, "x-line-request-id");
    let accepted: Value = first.json().await.expect("JSON");
    let second = send().await.expect("answer");
    assert_eq!(second.status(), 409);
    assert_eq!(header(&second, "x-line-accepted-request-id"), first_id);
    assert_ne!(header(&second, "x-line-request-id"), first_id);
    let again: Value = second.json().await.expect("JSON");
    assert_eq!(again["message"], "The retry key is already accepted");
    assert_eq!(again["sentMessages"], accepted["sentMessages"]);
    assert_eq!(line.arrived("hanako"), 1);
    line.control("clock", json!({ "advance_seconds": 24 * 60 * 60 })).await;
    assert_eq!(send().await.expect("answer").status(), 200, "a day later the key is new");
    assert_eq!(line.arrived("hanako"), 2);
}

#[tokio::test]
async fn a_failed_request_does_not_use_up_its_retry_key() {
    let line = Line::start().await;
    line.act("hanako", "add").await;
    let good = line.text_to("hanako", "x").await;
    let mut bad = good.clone();
    bad["messages"][0]["text"] = "".into();
    assert_eq!(answer(line.push(&bad).header("x-line-retry-key", KEY)).await.0, 400);
    assert_eq!(answer(line.push(&good).header("x-line-retry-key", KEY)).await.0, 200);
    assert_eq!(answer(line.push(&good).header("x-line-retry-key", "7")).await.0, 400, "not a UUID");
}

#[tokio::test]
async fn limits_are_named_by_property() {
    let line = Line::start().await;
    let user = line.user_id("hanako").await;
    let details = async |messages: Value| {
        let (status, body) = answer(line.push(&json!({ "to": user, "messages": messages }))).await;
        (status, body["details"].clone())
    };
    let detail = |property: &str, message: &str| (400, json!([{ "message": message, "property": property }]));
    let text = |n: usize| json!([{ "type": "text", "text": "あ".repeat(n) }]);
    assert_eq!(details(text(5001)).await, detail("messages[0].text", "Length must be between 0 and 5000"));
    assert_eq!(details(text(0)).await, detail("messages[0].text", "May not be empty"));
    assert_eq!(details(json!([])).await, detail("messages", "Size must be between 1 and 5"));
    // UTF-16 for texts: an emoji is two.
    let emoji = json!([{ "type": "text", "text": "🍎".repeat(2501) }]);
    assert_eq!(details(emoji).await.0, 400);
    // Graphemes for labels: a family is one.
    let buttons = |label: &str, uri: &str| {
        let actions = json!([{ "type": "uri", "label": label, "uri": uri }]);
        let template = json!({ "type": "buttons", "text": "本文", "actions": actions });
        json!([{ "type": "template", "altText": "x", "template": template }])
    };
    let family = "👨‍👩‍👧‍👦".repeat(20);
    assert_eq!(details(buttons(&family, "https://a.example/")).await.0, 200);
    let place = "messages[0].template.actions[0]";
    let long = details(buttons(&"あ".repeat(21), "https://a.example/")).await;
    assert_eq!(long, detail(&format!("{place}.label"), "Length must be between 0 and 20"));
    let scheme = details(buttons("x", "javascript:1")).await;
    assert_eq!(scheme, detail(&format!("{place}.uri"), "invalid uri"));
}

#[tokio::test]
async fn strangers_wrong_hosts_and_wrong_bodies_get_lines_errors() {
    let line = Line::start().await;
    let body = line.text_to("hanako", "x").await;
    let wrong = line.client.post(line.api("/v2/bot/message/push")).bearer_auth("x").json(&body);
    let text = "Authentication failed. Confirm that the access token in the authorization header is valid.";
    assert_eq!(answer(wrong).await, (401, json!({ "message": text })));
    let elsewhere = line.client.post(line.data("/v2/bot/message/push")).bearer_auth(TOKEN).json(&body);
    assert_eq!(answer(elsewhere).await.0, 404);
    let slash = line.bot("POST", "/v2/bot/message/push/").json(&body);
    assert_eq!(answer(slash).await.0, 404);
    let raw = |kind: &str, text: String| {
        line.bot("POST", "/v2/bot/message/push").header("content-type", kind).body(text)
    };
    assert_eq!(answer(raw("text/plain", "x".into())).await.0, 415);
    let broken = answer(raw("application/json", "{\n\"to\":,}".into())).await;
    let text = "The request body could not be parsed as JSON (line: 2, column: 6)";
    assert_eq!(broken, (400, json!({ "message": text })));
    assert_eq!(answer(raw("application/json", " ".repeat(2 * 1024 * 1024 + 1))).await.0, 413);
}

#[tokio::test]
async fn a_limited_plan_ends_with_its_own_429() {
    let mut seed = line_emulator::Seed::demo();
    seed.providers[0].messaging.quota = Some(1);
    let line = Line::with(seed, None).await;
    line.act("hanako", "add").await;
    let body = line.text_to("hanako", "x").await;
    assert_eq!(answer(line.push(&body)).await.0, 200);
    let over = answer(line.push(&body)).await;
    assert_eq!(over, (429, json!({ "message": "You have reached your monthly limit." })));
    let quota = answer(line.bot("GET", "/v2/bot/message/quota")).await;
    assert_eq!(quota.1, json!({ "type": "limited", "value": 1 }));
}

#[tokio::test]
async fn profiles_are_for_friends_and_the_ledger_holds_it_all() {
    let line = Line::start().await;
    let user = line.user_id("hanako").await;
    let profile = || line.bot("GET", &format!("/v2/bot/profile/{user}"));
    assert_eq!(answer(profile()).await.0, 404);
    line.act("hanako", "add").await;
    assert_eq!(answer(profile()).await.1["displayName"], "西尾 花子");
    assert_eq!(answer(line.bot("GET", "/v2/bot/profile/x")).await.0, 400);
    assert_eq!(answer(line.bot("GET", "/v2/bot/info")).await.1["basicId"], "@000mihon");
    let ledger = line.emulator.requests(0, 100);
    let seen: Vec<_> = ledger.iter().map(|r| (r["host"].as_str(), r["status"].as_u64())).collect();
    let api = Some("api");
    assert_eq!(seen, [(api, Some(404)), (api, Some(200)), (api, Some(400)), (api, Some(200))]);
    assert_eq!(ledger[0]["headers"]["authorization"], format!("Bearer {TOKEN}"));
    let one = line.get_json(&line.access("/_emulator/requests?since=1&limit=1")).await;
    assert_eq!(one, json!([ledger[1]]));
}

#[tokio::test]
async fn a_city_of_people_is_made_at_once() {
    let line = Line::start().await;
    let made = line.control("personas", json!({ "count": 100_000, "friend_of": BOT })).await;
    assert_eq!(made["ids"].as_array().map(Vec::len), Some(100_000));
    let last = line.get_json(&line.access("/_emulator/personas?since=100002&limit=1")).await;
    assert_eq!(last[0]["channels"][0]["friend"], true);
    let to = &last[0]["channels"][0]["user_id"];
    let push = json!({ "to": to, "messages": [{ "type": "text", "text": "x" }] });
    assert_eq!(answer(line.push(&push)).await.0, 200);
    assert_eq!(line.arrived(last[0]["id"].as_str().expect("id")), 1);
}

#[tokio::test]
async fn whoever_wrote_within_seven_days_is_reached_without_being_a_friend() {
    let line = Line::start().await;
    let say = async |persona: &str| {
        line.control(&format!("personas/{persona}/say"), json!({ "channel": BOT, "text": "質問です" })).await
    };
    say("taro").await;
    say("maria").await;
    line.act("maria", "add").await;
    line.act("maria", "block").await;
    for (persona, count) in [("taro", 1), ("maria", 0), ("hanako", 0)] {
        assert_eq!(answer(line.push(&line.text_to(persona, "x").await)).await.0, 200);
        assert_eq!(line.arrived(persona), count, "{persona}");
    }
    line.control("clock", json!({ "advance_seconds": 7 * 24 * 60 * 60 })).await;
    assert_eq!(answer(line.push(&line.text_to("taro", "x").await)).await.0, 200);
    assert_eq!(line.arrived("taro"), 1, "a week later it does not arrive");
}
