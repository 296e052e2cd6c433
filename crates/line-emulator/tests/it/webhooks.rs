use crate::support::{BOT, BOT_SECRET, Line, answer};
use aws_lc_rs::hmac;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

pub(crate) struct Receiver {
    got: UnboundedReceiver<(String, Bytes)>,
    _server: JoinSet<()>,
}

impl Receiver {
    pub(crate) async fn start(line: &Line) -> Self {
        Self::answering(line, |_| 200).await
    }

    /// Answers the n-th webhook, from 0, by that status.
    pub(crate) async fn answering(line: &Line, status: fn(usize) -> u16) -> Self {
        let (send, got) = unbounded_channel();
        let count = Arc::new(AtomicUsize::new(0));
        let receive = async move |headers: HeaderMap, body: Bytes| {
            let signature = headers.get("x-line-signature").and_then(|v| v.to_str().ok());
            send.send((signature.unwrap_or_default().to_owned(), body)).expect("test listens");
            let number = count.fetch_add(1, Ordering::SeqCst);
            StatusCode::from_u16(status(number)).expect("status")
        };
        let router = axum::Router::new().route("/hook", axum::routing::post(receive));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
        let url = format!("http://{}/hook", listener.local_addr().expect("address"));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.expect("serve") });
        line.control(&format!("channels/{BOT}/settings"), json!({ "webhook": url })).await;
        Self { got, _server: server }
    }

    /// The next signature with the bytes that it was made over.
    pub(crate) async fn raw(&mut self) -> (String, Bytes) {
        let next = tokio::time::timeout(Duration::from_secs(5), self.got.recv()).await;
        next.expect("a webhook in time").expect("server lives")
    }

    /// The next body, and whether its signature is right.
    pub(crate) async fn body(&mut self) -> (Value, bool) {
        let (signature, body) = self.raw().await;
        let key = hmac::Key::new(hmac::HMAC_SHA256, BOT_SECRET.as_bytes());
        let right = STANDARD.decode(signature).is_ok_and(|s| hmac::verify(&key, &body, &s).is_ok());
        let whole: Value = serde_json::from_slice(&body).expect("JSON");
        assert!(whole["destination"].as_str().is_some_and(|d| d.starts_with('U')));
        (whole, right)
    }

    /// The next event, and whether its signature is right.
    pub(crate) async fn next(&mut self) -> (Value, bool) {
        let (body, right) = self.body().await;
        (body["events"][0].clone(), right)
    }

    /// Everything that has come and was not asked for yet.
    pub(crate) fn rest(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.got.try_recv().ok())
            .map(|(_, body)| serde_json::from_slice(&body).expect("JSON"))
            .collect()
    }
}

#[tokio::test]
async fn what_people_do_is_told_with_a_right_signature_and_in_order() {
    let line = Line::start().await;
    let mut hook = Receiver::start(&line).await;
    line.act("hanako", "add").await;
    line.act("hanako", "block").await;
    line.act("hanako", "unblock").await;
    line.control("personas/hanako/say", json!({ "channel": BOT, "text": "こんにちは" })).await;
    line.control("personas/hanako/postback", json!({ "channel": BOT, "data": "p=dog" })).await;
    let mut events = Vec::new();
    for _ in 0..5 {
        let (event, right) = hook.next().await;
        assert!(right, "{event}");
        assert_eq!(event["source"]["userId"], line.user_id("hanako").await);
        assert_eq!(event["webhookEventId"].as_str().map(str::len), Some(26));
        events.push(event);
    }
    let kinds: Vec<_> = events.iter().map(|e| e["type"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds, ["follow", "unfollow", "follow", "message", "postback"]);
    assert_eq!(events[0]["follow"]["isUnblocked"], false);
    assert_eq!(events[1]["replyToken"], Value::Null);
    assert_eq!(events[2]["follow"]["isUnblocked"], true);
    assert_eq!(events[3]["message"]["text"], "こんにちは");
    assert_eq!(events[4]["postback"]["data"], "p=dog");

    let reply =
        json!({ "replyToken": events[3]["replyToken"], "messages": [{ "type": "text", "text": "はい" }] });
    let send = || answer(line.bot("POST", "/v2/bot/message/reply").json(&reply));
    assert_eq!(send().await.0, 200);
    assert_eq!(send().await, (400, json!({ "message": "Invalid reply token" })), "once only");
    assert_eq!(line.arrived("hanako"), 1);
}

#[tokio::test]
async fn deliveries_can_be_doubled_shuffled_and_wrongly_signed() {
    let line = Line::start().await;
    let mut hook = Receiver::start(&line).await;
    line.control("webhooks", json!({ "duplicate": true })).await;
    line.act("hanako", "add").await;
    let (first, second) = (hook.next().await.0, hook.next().await.0);
    assert_eq!(first["webhookEventId"], second["webhookEventId"]);
    assert_eq!(first["deliveryContext"]["isRedelivery"], false);
    assert_eq!(second["deliveryContext"]["isRedelivery"], true);

    line.control("webhooks", json!({ "wrong_signature": true })).await;
    line.act("hanako", "block").await;
    assert!(!hook.next().await.1);

    line.control("webhooks", json!({ "shuffle": true })).await;
    line.act("hanako", "unblock").await;
    line.act("hanako", "block").await;
    let kinds = [hook.next().await.0["type"].clone(), hook.next().await.0["type"].clone()];
    assert_eq!(kinds, [json!("unfollow"), json!("follow")], "the later one came first");
}

#[tokio::test]
async fn a_late_webhook_comes_when_the_emulators_clock_says_so() {
    let line = Line::start().await;
    let mut hook = Receiver::start(&line).await;
    line.control("webhooks", json!({ "delay_ms": 600_000, "channel": BOT })).await;
    line.act("hanako", "add").await;
    let counts = line.get_json(&line.access("/_emulator/webhooks")).await;
    assert_eq!((&counts["waiting"], &counts["posts"]), (&json!(1), &json!(0)));
    line.control("clock", json!({ "advance_seconds": 600 })).await;
    assert_eq!(hook.next().await.0["type"], "follow");
    line.control("webhooks", json!({})).await;
    line.act("hanako", "block").await;
    assert_eq!(hook.next().await.0["type"], "unfollow", "as usual again, of every channel");
    let unknown = line.client.post(line.access("/_emulator/webhooks")).json(&json!({ "channel": "1" }));
    assert_eq!(answer(unknown).await.0, 400);
    let unknown = line.client.post(line.access("/_emulator/webhooks")).json(&json!({ "dublicate": true }));
    assert_eq!(answer(unknown).await.0, 400);
}
