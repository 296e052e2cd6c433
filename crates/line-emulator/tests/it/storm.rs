use crate::support::{BOT, Line, answer};
use crate::webhooks::Receiver;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// Friend or not by the times of the events, whatever order they came in; and the ids that came.
fn told(bodies: &[Value]) -> (HashMap<String, (i64, bool)>, HashSet<String>, usize) {
    let (mut last, mut ids, mut count) = (HashMap::new(), HashSet::new(), 0);
    for event in bodies.iter().flat_map(|b| b["events"].as_array().expect("list")) {
        count += 1;
        ids.insert(event["webhookEventId"].as_str().expect("id").to_owned());
        let at = event["timestamp"].as_i64().expect("time");
        let user = event["source"]["userId"].as_str().expect("user").to_owned();
        let known = last.entry(user).or_insert((0, false));
        if at > known.0 {
            *known = (at, event["type"] == "follow");
        }
    }
    (last, ids, count)
}

#[tokio::test]
async fn ten_thousand_webhooks_come_doubled_and_shuffled_by_one_call() {
    let line = Line::start().await;
    let mut hook = Receiver::start(&line).await;
    line.control("personas", json!({ "count": 97 })).await;
    let before = line.emulator.clock().now_ms();
    let storm = json!({
        "channel": BOT, "events": 10_000, "duplicate": true, "shuffle": true, "batch": 20, "seed": 7,
        "wait_seconds": 60,
    });
    let said = line.control("webhooks/storm", storm).await;
    assert_eq!((&said["bodies"], &said["webhooks"]["waiting"]), (&json!(1000), &json!(0)));
    assert_eq!(said["webhooks"]["accepted"], 1000);
    let bodies = hook.rest();
    let (friends, ids, count) = told(&bodies);
    assert_eq!((count, ids.len(), friends.len()), (20_000, 10_000, 100));
    let times: Vec<i64> = bodies.iter().filter_map(|b| b["events"][0]["timestamp"].as_i64()).collect();
    assert!(!times.is_sorted(), "shuffled");
    assert!(line.emulator.clock().now_ms() >= before + 10_000, "they have taken their time");
    let people = line.get_json(&line.access("/_emulator/personas")).await;
    for person in people.as_array().expect("list") {
        let channel = &person["channels"][0];
        let user = channel["user_id"].as_str().expect("id");
        assert_eq!(channel["friend"], friends[user].1, "{person}");
    }
}

#[tokio::test]
async fn a_storm_needs_a_channel_and_a_number() {
    let line = Line::start().await;
    let post = |body: Value| answer(line.client.post(line.access("/_emulator/webhooks/storm")).json(&body));
    assert_eq!(post(json!({ "channel": "1", "events": 1 })).await.0, 400);
    assert_eq!(post(json!({ "channel": BOT, "events": 0 })).await.0, 400);
    assert_eq!(
        post(json!({ "channel": BOT, "events": 1 })).await.0,
        200,
        "without an address nothing is sent"
    );
}
