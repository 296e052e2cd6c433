//! What was answered is there after a restart, and what was promised is done.

use crate::menu_links::made;
use crate::sending::{crowd, date};
use crate::support::{BOT, Line, answer, header};
use line_emulator::Seed;
use serde_json::{Value, json};

/// Answers to questions about everything that the journal has to keep.
async fn memory(line: &Line, paths: &[String]) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for path in paths {
        let (status, body) = answer(line.bot("GET", path)).await;
        assert_eq!(status, 200, "{path}: {body}");
        all.push((path.clone(), body));
    }
    all
}

async fn ok(line: &Line, method: &str, path: &str, body: Value) -> Value {
    let (status, body) = answer(line.bot(method, path).json(&body)).await;
    assert!((200..300).contains(&status), "{path}: {status} {body}");
    body
}

#[tokio::test]
async fn a_restart_forgets_nothing_and_answers_the_same() {
    let folder = tempfile::tempdir().expect("folder");
    let line = Line::with(Seed::demo(), Some(folder.path())).await;
    let users = crowd(&line, 60, json!({ "gender": "female", "age": 41, "app": "ios" })).await;
    line.act("p000004", "block").await;
    let (first, second) = (made(&line, "一").await, made(&line, "二").await);
    ok(&line, "POST", &format!("/v2/bot/user/all/richmenu/{first}"), json!({})).await;
    ok(&line, "POST", "/v2/bot/richmenu/alias", json!({ "richMenuAliasId": "tab", "richMenuId": second }))
        .await;
    ok(&line, "POST", "/v2/bot/richmenu/bulk/link", json!({ "richMenuId": second, "userIds": users })).await;
    let ids: Vec<Value> = users.iter().map(|id| json!({ "id": id })).collect();
    let audience = json!({ "description": "全員", "audiences": ids });
    let audience =
        ok(&line, "POST", "/v2/bot/audienceGroup/upload", audience).await["audienceGroupId"].clone();
    let messages = json!([{ "type": "text", "text": "https://city.example/x をご覧ください" }]);
    let sent = line.bot("POST", "/v2/bot/message/broadcast").json(&json!({ "messages": messages }));
    let request = header(&sent.send().await.expect("answer"), "x-line-request-id");
    let push = json!({ "to": users[5], "messages": messages, "customAggregationUnits": ["unit"] });
    ok(&line, "POST", "/v2/bot/message/push", push).await;
    // One of them opens the address out of the push, which is newer.
    line.control("clock", json!({ "advance_seconds": 2 })).await;
    for person in 5..35 {
        let path = format!("personas/p{person:06}");
        line.control(&format!("{path}/look"), json!({ "channel": BOT })).await;
        let open = json!({ "channel": BOT, "uri": "https://city.example/x" });
        line.control(&format!("{path}/open"), open).await;
        line.control(&format!("{path}/tap"), json!({ "channel": BOT, "area": 1 })).await;
    }
    line.control("clock", json!({ "advance_seconds": 24 * 60 * 60 })).await;
    let today = date(line.emulator.clock().now_ms() - 24 * 60 * 60 * 1000);
    let paths: Vec<String> = [
        "/v2/bot/followers/ids".to_owned(),
        "/v2/bot/message/quota/consumption".to_owned(),
        "/v2/bot/message/aggregation/list".to_owned(),
        "/v2/bot/richmenu/list".to_owned(),
        "/v2/bot/richmenu/alias/list".to_owned(),
        "/v2/bot/user/all/richmenu".to_owned(),
        format!("/v2/bot/user/{}/richmenu", users[9]),
        format!("/v2/bot/audienceGroup/{audience}"),
        format!("/v2/bot/message/delivery/broadcast?date={today}"),
        format!("/v2/bot/insight/followers?date={today}"),
        format!("/v2/bot/insight/message/event?requestId={request}"),
        format!("/v2/bot/insight/richmenu/{second}/daily?from={today}&to={today}"),
        "/v2/bot/insight/demographic".to_owned(),
    ]
    .into();
    let before = memory(&line, &paths).await;
    assert_eq!(before[10].1["overview"]["uniqueClick"], 29, "{}", before[10].1);
    assert_eq!(before[11].1["clicks"][1]["metrics"][0]["uniqueUsers"], 30, "{}", before[11].1);
    line.emulator.shutdown().await;
    let line = Line::with(Seed::demo(), Some(folder.path())).await;
    assert_eq!(memory(&line, &paths).await, before);
    line.control("personas/p000005/say", json!({ "channel": BOT, "text": "x" })).await;
    let (_, sent) = answer(line.push(&line.text_to("p000005", "y").await)).await;
    let talk = line.get_json(&line.access("/phone/p000005/state")).await;
    let ids: Vec<&Value> =
        talk["talks"][0]["lines"].as_array().expect("lines").iter().map(|l| &l["message"]["id"]).collect();
    assert!(!ids.contains(&&sent["sentMessages"][0]["id"]), "no id twice");
}

#[tokio::test]
async fn what_was_promised_before_a_restart_is_done_after_it() {
    let folder = tempfile::tempdir().expect("folder");
    let line = Line::with(Seed::demo(), Some(folder.path())).await;
    crowd(&line, 3, Value::Null).await;
    let body = json!({ "messages": [{ "type": "text", "text": "あとで" }] });
    let sent = line.bot("POST", "/v2/bot/message/narrowcast").json(&body).send().await.expect("answer");
    let request = header(&sent, "x-line-request-id");
    line.emulator.shutdown().await;
    let line = Line::with(Seed::demo(), Some(folder.path())).await;
    let path = "/v2/bot/message/progress/narrowcast";
    let done = crate::sending::finished(&line, path, &request).await;
    assert_eq!((&done["phase"], &done["successCount"]), (&json!("succeeded"), &json!(3)), "{done}");
    assert_eq!(line.arrived("p000004"), 1);
    line.emulator.shutdown().await;
    let line = Line::with(Seed::demo(), Some(folder.path())).await;
    assert_eq!(line.arrived("p000004"), 1, "once");
}

#[tokio::test]
async fn a_narrowcast_reserves_its_messages_and_is_taken_once() {
    let mut seed = Seed::demo();
    seed.providers[0].messaging.quota = Some(5);
    let line = Line::with(seed, None).await;
    crowd(&line, 3, Value::Null).await;
    let body = json!({ "messages": [{ "type": "text", "text": "x" }] });
    let key = "123e4567-e89b-12d3-a456-426614174000";
    let narrowcast =
        || answer(line.bot("POST", "/v2/bot/message/narrowcast").json(&body).header("x-line-retry-key", key));
    assert_eq!([narrowcast().await.0, narrowcast().await.0], [202, 409]);
    let broadcast = || answer(line.bot("POST", "/v2/bot/message/broadcast").json(&body));
    assert_eq!(broadcast().await.0, 429, "three of five are reserved, and three are wanted");
    let capped = json!({ "messages": body["messages"], "limit": { "upToRemainingQuota": true } });
    assert_eq!(answer(line.bot("POST", "/v2/bot/message/narrowcast").json(&capped)).await.0, 202);
    line.control("clock", json!({ "advance_seconds": 2 })).await;
    let usage = answer(line.bot("GET", "/v2/bot/message/quota/consumption")).await.1;
    assert_eq!(usage, json!({ "totalUsage": 5 }));
}

#[tokio::test]
async fn there_is_room_for_a_thousand_menus() {
    let line = Line::start().await;
    let limit = json!({ "endpoint": "POST /v2/bot/richmenu", "count": 10_000, "per_ms": 1000 });
    line.control("limits", limit).await;
    for _ in 0..1000 {
        assert_eq!(answer(line.bot("POST", "/v2/bot/richmenu").json(&crate::menus::menu())).await.0, 200);
    }
    let (status, body) = answer(line.bot("POST", "/v2/bot/richmenu").json(&crate::menus::menu())).await;
    assert_eq!(status, 400, "{body}");
}
