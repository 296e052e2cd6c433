use crate::support::{BOT, Line, answer};
use crate::webhooks::Receiver;
use serde_json::{Value, json};

/// A deed of hanako in the talk with the city; what the control address answers.
async fn does(line: &Line, deed: &str, mut body: Value) -> Value {
    body["channel"] = BOT.into();
    line.control(&format!("personas/hanako/{deed}"), body).await
}

#[tokio::test]
async fn people_send_more_than_texts() {
    let line = Line::start().await;
    let mut hook = Receiver::start(&line).await;
    for kind in ["sticker", "image", "video", "audio", "file", "location"] {
        let sent = does(&line, "send", json!({ "message": { "type": kind } })).await;
        let (event, right) = hook.next().await;
        assert!(right);
        assert_eq!((&event["type"], &event["message"]["type"]), (&json!("message"), &json!(kind)));
        assert_eq!(event["message"]["id"], sent["message_id"]);
        assert_eq!(event["replyToken"].as_str().map(str::len), Some(32));
    }
    let body = json!({ "channel": BOT, "message": { "type": "telegram" } });
    let wrong = line.client.post(line.access("/_emulator/personas/hanako/send")).json(&body);
    assert_eq!(answer(wrong).await.0, 400);
}

#[tokio::test]
async fn a_message_is_edited_and_taken_back() {
    let line = Line::start().await;
    let mut hook = Receiver::start(&line).await;
    let id = does(&line, "say", json!({ "text": "まちがえた" })).await["message_id"].clone();
    hook.next().await;
    does(&line, "edit", json!({ "message_id": id, "text": "なおした" })).await;
    let edited = hook.next().await.0;
    assert_eq!(edited["type"], "messageEdited");
    assert_eq!(edited["message"], json!({ "id": id, "type": "text", "text": "なおした" }));
    assert!(line.emulator.said("hanako")[0].contains("なおした"));
    does(&line, "unsend", json!({ "message_id": id })).await;
    let unsent = hook.next().await.0;
    assert_eq!((&unsent["type"], &unsent["unsend"]["messageId"]), (&json!("unsend"), &id));
    assert_eq!(unsent["replyToken"], Value::Null);
    assert!(!line.emulator.said("hanako")[0].contains("なおした"), "gone from the talk");
}

#[tokio::test]
async fn a_postback_carries_what_was_picked() {
    let line = Line::start().await;
    let mut hook = Receiver::start(&line).await;
    let params = json!({ "datetime": "2026-11-23T10:00" });
    does(&line, "postback", json!({ "data": "when", "params": params, "text": "11月23日" })).await;
    let event = hook.next().await.0;
    assert_eq!(event["postback"], json!({ "data": "when", "params": params }));
    assert_eq!(line.emulator.said("hanako").len(), 1, "displayText stands in the talk");
}

#[tokio::test]
async fn an_event_of_a_type_that_nobody_knows_yet_can_be_sent() {
    let line = Line::start().await;
    let mut hook = Receiver::start(&line).await;
    let event = json!({
        "type": "hologramTouched", "hologram": { "hand": "left" }, "mode": "standby", "timestamp": 7,
    });
    does(&line, "event", json!({ "event": event, "reply": true })).await;
    let (got, right) = hook.next().await;
    assert!(right);
    assert_eq!(
        (&got["type"], &got["mode"], &got["timestamp"]),
        (&json!("hologramTouched"), &json!("standby"), &json!(7))
    );
    assert_eq!(got["hologram"]["hand"], "left");
    assert_eq!(got["source"]["userId"], line.user_id("hanako").await);
    assert_eq!(got["webhookEventId"].as_str().map(str::len), Some(26));
    assert!(got["replyToken"].is_string());
    let linked = json!({ "type": "accountLink", "link": { "result": "ok", "nonce": "n0nce" } });
    does(&line, "event", json!({ "event": linked })).await;
    assert_eq!(hook.next().await.0["link"]["nonce"], "n0nce");
}

#[tokio::test]
async fn several_events_come_in_one_body_and_none_at_all_when_it_is_verified() {
    let line = Line::start().await;
    let mut hook = Receiver::start(&line).await;
    line.control("webhooks", json!({ "batch": 3, "channel": BOT })).await;
    for text in ["一", "二", "三", "四"] {
        does(&line, "say", json!({ "text": text })).await;
    }
    let (body, right) = hook.body().await;
    let texts: Vec<_> =
        body["events"].as_array().expect("list").iter().map(|e| &e["message"]["text"]).collect();
    assert!(right);
    assert_eq!(texts, ["一", "二", "三"]);
    assert_eq!(hook.body().await.0["events"].as_array().map(Vec::len), Some(1));

    let verified = line.control(&format!("channels/{BOT}/verify"), json!({})).await;
    assert_eq!(verified, json!({ "success": true, "statusCode": 200, "reason": "OK", "detail": "200" }));
    let (body, right) = hook.body().await;
    assert!(right);
    assert_eq!(body["events"], json!([]));
    line.control(&format!("channels/{BOT}/settings"), json!({ "webhook": "http://127.0.0.1:9/" })).await;
    let failed = line.control(&format!("channels/{BOT}/verify"), json!({})).await;
    assert_eq!((&failed["success"], &failed["reason"]), (&json!(false), &json!("COULD_NOT_CONNECT")));
}

#[tokio::test]
async fn what_was_refused_comes_again_where_the_channel_wants_it() {
    let line = Line::start().await;
    let mut hook = Receiver::answering(&line, |number| if number < 3 { 500 } else { 200 }).await;
    does(&line, "say", json!({ "text": "一度だけ" })).await;
    let lost = hook.next().await.0;
    line.get_json(&line.access("/_emulator/webhooks?quiet=5")).await;
    line.emulator.clock().advance_ms(3_600_000);
    assert!(hook.rest().is_empty(), "redelivery is off at first");
    assert_eq!(lost["deliveryContext"]["isRedelivery"], false);

    line.control(&format!("channels/{BOT}/settings"), json!({ "redelivery": true })).await;
    does(&line, "say", json!({ "text": "また来る" })).await;
    let first = hook.next().await.0;
    does(&line, "say", json!({ "text": "追いこす" })).await;
    let mut seen = vec![hook.next().await.0, hook.next().await.0];
    line.emulator.clock().advance_ms(600_000);
    seen.push(hook.next().await.0);
    let again: Vec<_> = seen.iter().filter(|e| e["webhookEventId"] == first["webhookEventId"]).collect();
    assert!(!again.is_empty());
    for event in again {
        assert_eq!(event["deliveryContext"]["isRedelivery"], true);
        assert_eq!((&event["replyToken"], &event["timestamp"]), (&first["replyToken"], &first["timestamp"]));
    }
    let ended = line.get_json(&line.access("/_emulator/webhooks?quiet=5")).await;
    assert_eq!((&ended["waiting"], &ended["refused"]), (&json!(0), &json!(3)));
}

#[tokio::test]
async fn an_answer_after_two_seconds_is_none() {
    let line = Line::start().await;
    let deaf = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let url = format!("http://{}/hook", deaf.local_addr().expect("address"));
    line.control(&format!("channels/{BOT}/settings"), json!({ "webhook": url })).await;
    let verified = line.control(&format!("channels/{BOT}/verify"), json!({})).await;
    assert_eq!(verified["reason"], "REQUEST_TIMEOUT");
}

#[tokio::test]
async fn what_was_sent_can_be_looked_at_with_what_was_answered() {
    let line = Line::start().await;
    let mut hook = Receiver::answering(&line, |number| if number == 0 { 503 } else { 200 }).await;
    does(&line, "say", json!({ "text": "一" })).await;
    does(&line, "say", json!({ "text": "二" })).await;
    let (first, second) = (hook.next().await.0, hook.next().await.0);
    line.get_json(&line.access("/_emulator/webhooks?quiet=5")).await;
    let log = line.get_json(&line.access("/_emulator/webhooks/log")).await;
    let seen: Vec<_> =
        log.as_array().expect("list").iter().map(|h| (&h["events"][0], &h["status"], &h["reason"])).collect();
    assert_eq!(
        seen,
        [(&first, &json!(503), &json!("ERROR_STATUS_CODE")), (&second, &json!(200), &json!("OK"))]
    );
    assert_eq!(log[0]["channel"], BOT);
    let after = line.get_json(&line.access("/_emulator/webhooks/log?since=1")).await;
    assert_eq!(after.as_array().map(Vec::len), Some(1));
}
