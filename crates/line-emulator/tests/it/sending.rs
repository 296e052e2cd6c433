//! Sending to many.

use crate::support::{BOT, Line, answer, header};
use line_emulator::Seed;
use serde_json::{Value, json};

const KEY: &str = "123e4567-e89b-12d3-a456-426614174000";

fn text(text: &str) -> Value {
    json!([{ "type": "text", "text": text }])
}

/// People who are friends already; their user ids.
pub(crate) async fn crowd(line: &Line, count: usize, traits: Value) -> Vec<String> {
    let body = json!({ "count": count, "friend_of": BOT, "traits": traits });
    let made = line.control("personas", body).await;
    assert_eq!(made["ids"].as_array().map(Vec::len), Some(count));
    let all = line.get_json(&line.access("/_emulator/personas")).await;
    let new = all.as_array().expect("people").iter().rev().take(count).rev();
    new.map(|p| p["channels"][0]["user_id"].as_str().expect("id").to_owned()).collect()
}

/// Asks for the progress until the work is done; the clock is moved, nobody sleeps.
pub(crate) async fn finished(line: &Line, path: &str, request: &str) -> Value {
    line.control("clock", json!({ "advance_seconds": 2 })).await;
    let (status, progress) = answer(line.bot("GET", &format!("{path}?requestId={request}"))).await;
    assert_eq!(status, 200, "{progress}");
    progress
}

#[tokio::test]
async fn a_multicast_reaches_friends_counts_them_and_is_taken_once() {
    let line = Line::start().await;
    for person in ["hanako", "taro", "maria"] {
        line.act(person, "add").await;
    }
    line.act("maria", "block").await;
    let [hanako, taro, maria] =
        [line.user_id("hanako").await, line.user_id("taro").await, line.user_id("maria").await];
    let nobody = "U00000000000000000000000000000000";
    let body = json!({ "to": [hanako, taro, maria, hanako, nobody], "messages": text("こんにちは") });
    let send = || line.bot("POST", "/v2/bot/message/multicast").json(&body).header("x-line-retry-key", KEY);
    let first = send().send().await.expect("answer");
    assert_eq!(first.status(), 200);
    let id = header(&first, "x-line-request-id");
    assert_eq!(first.json::<Value>().await.expect("JSON"), json!({}));
    let second = send().send().await.expect("answer");
    assert_eq!((second.status().as_u16(), header(&second, "x-line-accepted-request-id")), (409, id));
    let expected = json!({ "message": "The retry key is already accepted" });
    assert_eq!(second.json::<Value>().await.expect("JSON"), expected, "ids are told of pushes only");
    assert_eq!([line.arrived("hanako"), line.arrived("taro"), line.arrived("maria")], [1, 1, 0]);
    let usage = answer(line.bot("GET", "/v2/bot/message/quota/consumption")).await.1;
    assert_eq!(usage, json!({ "totalUsage": 2 }));
}

#[tokio::test]
async fn a_multicast_names_the_receiver_that_is_wrong() {
    let line = Line::start().await;
    let user = line.user_id("hanako").await;
    let send = async |to: Value| {
        let body = json!({ "to": to, "messages": text("x") });
        answer(line.bot("POST", "/v2/bot/message/multicast").json(&body)).await
    };
    let wrong = "The property, 'to[1]', in the request body is invalid (line: -, column: -)";
    assert_eq!(send(json!([user, "C00000000000000000000000000000000"])).await.1["message"], wrong);
    let (status, body) = send(json!(vec![user; 501])).await;
    let detail = json!([{ "message": "Size must be between 1 and 500", "property": "to" }]);
    assert_eq!((status, &body["details"]), (400, &detail));
}

#[tokio::test]
async fn five_objects_to_one_person_are_one_message_and_a_plan_ends_for_all_at_once() {
    let mut seed = Seed::demo();
    seed.providers[0].messaging.quota = Some(3);
    let line = Line::with(seed, None).await;
    line.act("hanako", "add").await;
    line.act("taro", "add").await;
    let five: Vec<Value> = (0..5).map(|n| json!({ "type": "text", "text": n.to_string() })).collect();
    let broadcast = |messages: Value| {
        answer(line.bot("POST", "/v2/bot/message/broadcast").json(&json!({ "messages": messages })))
    };
    assert_eq!(broadcast(json!(five)).await, (200, json!({})));
    assert_eq!([line.arrived("hanako"), line.arrived("taro")], [5, 5]);
    let over = json!({ "message": "You have reached your monthly limit." });
    assert_eq!(broadcast(text("もう一度")).await, (429, over), "one is left, two are wanted");
    assert_eq!([line.arrived("hanako"), line.arrived("taro")], [5, 5], "all or nobody");
    assert_eq!(answer(line.push(&line.text_to("hanako", "x").await)).await.0, 200);
    assert_eq!(answer(line.push(&line.text_to("hanako", "x").await)).await.0, 429);
    line.act("maria", "add").await;
    line.act("maria", "block").await;
    assert_eq!(answer(line.push(&line.text_to("maria", "x").await)).await.0, 200, "who blocks costs nothing");
}

#[tokio::test]
async fn messages_are_counted_by_day_and_ready_the_day_after() {
    let line = Line::start().await;
    line.act("hanako", "add").await;
    assert_eq!(answer(line.push(&line.text_to("hanako", "x").await)).await.0, 200);
    let body = json!({ "to": [line.user_id("hanako").await], "messages": text("x") });
    assert_eq!(answer(line.bot("POST", "/v2/bot/message/multicast").json(&body)).await.0, 200);
    let body = json!({ "messages": text("x") });
    assert_eq!(answer(line.bot("POST", "/v2/bot/message/broadcast").json(&body)).await.0, 200);
    let today = date(line.emulator.clock().now_ms());
    let count = async |kind: &str, date: &str| {
        answer(line.bot("GET", &format!("/v2/bot/message/delivery/{kind}?date={date}"))).await
    };
    assert_eq!(count("push", &today).await, (200, json!({ "status": "unready" })));
    assert_eq!(count("push", "20180101").await.1, json!({ "status": "out_of_service" }));
    assert_eq!(count("push", "20261341").await.0, 400);
    line.control("clock", json!({ "advance_seconds": 24 * 60 * 60 })).await;
    for (kind, expected) in [("push", 1), ("multicast", 1), ("broadcast", 1), ("reply", 0)] {
        let expected = json!({ "status": "ready", "success": expected });
        assert_eq!(count(kind, &today).await, (200, expected), "{kind}");
    }
    let delivery = format!("/v2/bot/insight/message/delivery?date={today}");
    let (_, delivery) = answer(line.bot("GET", &delivery)).await;
    assert_eq!((&delivery["apiPush"], &delivery["apiBroadcast"]), (&json!(1), &json!(1)), "{delivery}");
}

/// `yyyyMMdd` in Japan.
pub(crate) fn date(now_ms: i64) -> String {
    let days = (now_ms + 9 * 3_600_000).div_euclid(86_400_000);
    // Days of civil years since 1970, counted one by one: the emulator's own way is another.
    let (mut year, mut left) = (1970, days);
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    while left >= 365 + i64::from(leap(year)) {
        left -= 365 + i64::from(leap(year));
        year += 1;
    }
    let february = 28 + i64::from(leap(year));
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while left >= months[month] {
        left -= months[month];
        month += 1;
    }
    format!("{year:04}{:02}{:02}", month + 1, left + 1)
}

#[tokio::test]
async fn a_retry_key_is_an_error_where_none_is_taken() {
    let line = Line::start().await;
    let body = json!({ "messages": text("x") });
    let keyed = line.bot("POST", "/v2/bot/message/validate/push").json(&body);
    assert_eq!(answer(keyed.header("x-line-retry-key", KEY)).await.0, 400);
    let keyed = line.bot("GET", "/v2/bot/info").header("x-line-retry-key", KEY);
    assert_eq!(answer(keyed).await.0, 400);
    for kind in ["reply", "push", "multicast", "narrowcast", "broadcast"] {
        let valid = line.bot("POST", &format!("/v2/bot/message/validate/{kind}"));
        assert_eq!(answer(valid.json(&body)).await, (200, json!({})), "{kind}");
        let empty = line.bot("POST", &format!("/v2/bot/message/validate/{kind}"));
        assert_eq!(answer(empty.json(&json!({ "messages": [] }))).await.0, 400, "{kind}");
    }
}

#[tokio::test]
async fn a_narrowcast_is_done_in_a_while_and_tells_how_far_it_is() {
    let line = Line::start().await;
    crowd(&line, 60, json!({ "gender": "female", "age": 34, "area": "jp_23", "app": "ios" })).await;
    crowd(&line, 60, json!({ "gender": "male", "age": 71, "area": "jp_13" })).await;
    let filter = json!({ "type": "operator", "and": [
        { "type": "area", "oneOf": ["jp_23"] }, { "type": "age", "gte": "age_30", "lt": "age_40" },
    ]});
    let body = json!({ "messages": text("お知らせ"), "filter": { "demographic": filter } });
    let sent = line.bot("POST", "/v2/bot/message/narrowcast").json(&body).send().await.expect("answer");
    assert_eq!(sent.status(), 202);
    let request = header(&sent, "x-line-request-id");
    let path = "/v2/bot/message/progress/narrowcast";
    let (_, begun) = answer(line.bot("GET", &format!("{path}?requestId={request}"))).await;
    assert!(matches!(begun["phase"].as_str(), Some("waiting" | "sending")), "{begun}");
    assert_eq!(line.arrived("p000004"), 0, "not yet");
    let done = finished(&line, path, &request).await;
    assert_eq!((&done["phase"], &done["successCount"]), (&json!("succeeded"), &json!(60)), "{done}");
    assert_eq!([line.arrived("p000004"), line.arrived("p000064")], [1, 0]);
    assert!(done["completedTime"].as_str().is_some_and(|t| t.ends_with('Z')), "{done}");
}

#[tokio::test]
async fn a_narrowcast_to_too_few_fails_as_lines_does() {
    let line = Line::start().await;
    let demographic = json!({ "type": "gender", "oneOf": ["female"] });
    let body = json!({ "messages": text("x"), "filter": { "demographic": demographic } });
    let send = || line.bot("POST", "/v2/bot/message/narrowcast").json(&body);
    let few = json!({ "message": "Your account does not have enough friends" });
    assert_eq!(answer(send()).await, (403, few));
    crowd(&line, 100, Value::Null).await;
    crowd(&line, 20, json!({ "gender": "female" })).await;
    let accepted = send().send().await.expect("answer");
    assert_eq!(accepted.status(), 202);
    let done =
        finished(&line, "/v2/bot/message/progress/narrowcast", &header(&accepted, "x-line-request-id")).await;
    assert_eq!((&done["phase"], &done["errorCode"]), (&json!("failed"), &json!(2)), "{done}");
    let wrong =
        json!({ "messages": text("x"), "filter": { "demographic": { "type": "area", "oneOf": ["jp_48"] } } });
    let (status, body) = answer(line.bot("POST", "/v2/bot/message/narrowcast").json(&wrong)).await;
    assert_eq!((status, &body["details"][0]["property"]), (400, &json!("filter.demographic.oneOf[0]")));
}

#[tokio::test]
async fn units_are_counted_and_listed() {
    let line = Line::start().await;
    line.act("hanako", "add").await;
    let mut body = line.text_to("hanako", "x").await;
    body["customAggregationUnits"] = json!(["spring_2026"]);
    assert_eq!(answer(line.push(&body)).await.0, 200);
    let info = answer(line.bot("GET", "/v2/bot/message/aggregation/info")).await.1;
    assert_eq!(info, json!({ "numOfCustomAggregationUnits": 1 }));
    let list = answer(line.bot("GET", "/v2/bot/message/aggregation/list")).await.1;
    assert_eq!(list, json!({ "customAggregationUnits": ["spring_2026"] }));
    body["customAggregationUnits"] = json!(["spring-2026"]);
    let (status, refused) = answer(line.push(&body)).await;
    assert_eq!((status, &refused["details"][0]["property"]), (400, &json!("customAggregationUnits[0]")));
}

#[tokio::test]
async fn followers_are_listed_by_pages_without_who_blocks() {
    let line = Line::start().await;
    let mut expected = crowd(&line, 7, Value::Null).await;
    line.act("p000005", "block").await;
    expected.remove(1);
    let mut got = Vec::new();
    let mut path = "/v2/bot/followers/ids?limit=4".to_owned();
    loop {
        let (status, page) = answer(line.bot("GET", &path)).await;
        assert_eq!(status, 200, "{page}");
        let ids = page["userIds"].as_array().expect("ids");
        got.extend(ids.iter().filter_map(|id| id.as_str().map(str::to_owned)));
        match page["next"].as_str() {
            Some(next) => path = format!("/v2/bot/followers/ids?limit=4&start={next}"),
            None => break,
        }
    }
    assert_eq!(got, expected);
    let wrong = answer(line.bot("GET", "/v2/bot/followers/ids?start=nonsense")).await;
    assert_eq!(wrong, (400, json!({ "message": "Invalid start param" })));
    let mut seed = Seed::demo();
    seed.providers[0].messaging.unverified = true;
    let line = Line::with(seed, None).await;
    assert_eq!(answer(line.bot("GET", "/v2/bot/followers/ids")).await.0, 403);
}
