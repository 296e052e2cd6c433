//! One webhook: its events, its signature, its way.

use super::{Delivery, Outcome, REDELIVERIES, Sender};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// Sends a body, twice if that was ordered, and again later if it is refused and the channel wants that.
pub(super) async fn deliver(sender: &Arc<Sender>, mut delivery: Delivery) {
    sender.clock.wait_ms(delivery.late_ms).await;
    let permit = if delivery.loose { sender.at_once.acquire().await.ok() } else { None };
    let outcome = post(sender, &delivery, false).await;
    let duplicate = delivery.manner.duplicate;
    if duplicate {
        mark_redelivery(sender, &mut delivery);
        post(sender, &delivery, true).await;
    }
    drop(permit);
    if !outcome.is_accepted() && delivery.target.redelivery && !duplicate {
        let again = redeliver(sender.clone(), delivery);
        sender.tracker.spawn(again);
    } else {
        sender.waiting.send_modify(|n| *n -= 1);
    }
}

/// Later ones are not held up, so the order is lost, as LINE says.
async fn redeliver(sender: Arc<Sender>, mut delivery: Delivery) {
    let again = async {
        for seconds in REDELIVERIES {
            sender.clock.wait_ms(seconds * 1000).await;
            mark_redelivery(&sender, &mut delivery);
            if post(&sender, &delivery, true).await.is_accepted() {
                return;
            }
        }
    };
    tokio::select! {
        () = sender.stop.cancelled() => {}
        () = again => {}
    }
    sender.waiting.send_modify(|n| *n -= 1);
}

/// The same events with the same ids; their reply tokens live on.
fn mark_redelivery(sender: &Sender, delivery: &mut Delivery) {
    let now = sender.clock.now_ms();
    for event in &mut delivery.events {
        event["deliveryContext"]["isRedelivery"] = true.into();
        if let Some(token) = event["replyToken"].as_str() {
            sender.tokens.renew(token, now);
        }
    }
}

pub(super) async fn post(sender: &Sender, delivery: &Delivery, redelivery: bool) -> Outcome {
    let target = &delivery.target;
    let Some(url) = &target.url else { return Outcome::Unreachable("no address".to_owned()) };
    let body = json!({ "destination": target.destination, "events": delivery.events }).to_string();
    let secret = if delivery.manner.wrong_signature { "not the channel's secret" } else { &target.secret };
    let request = sender
        .client
        .post(url)
        .header("content-type", "application/json; charset=utf-8")
        .header("x-line-signature", signature(secret, body.as_bytes()))
        .body(body);
    let outcome = match request.send().await {
        Ok(answer) if answer.status().is_success() => Outcome::Accepted(answer.status().as_u16()),
        Ok(answer) => Outcome::Refused(answer.status().as_u16()),
        Err(error) if error.is_timeout() => Outcome::TimedOut,
        Err(error) => Outcome::Unreachable(innermost(&error)),
    };
    sender.counts.add(&outcome, redelivery);
    sender.log.add(sender.clock.now_ms(), delivery, redelivery, &outcome);
    if !outcome.is_accepted() {
        tracing::info!(url, ?outcome, "a webhook was not accepted");
    }
    outcome
}

/// The reason below all wrapping: "Connection refused", not "error sending request".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// Base64 of the HMAC-SHA256 of the body under the channel's secret.
fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, body))
}

/// The fields that all events have; `own` may name any of them otherwise.
pub(crate) fn event(kind: &str, now: i64, user_id: &str, reply_token: Option<String>, own: Value) -> Value {
    let ulid = ulid::Ulid::from_parts(now.max(0).unsigned_abs(), Uuid::new_v4().as_u128());
    let mut event = json!({
        "type": kind,
        "mode": "active",
        "timestamp": now,
        "source": { "type": "user", "userId": user_id },
        "webhookEventId": ulid.to_string(),
        "deliveryContext": { "isRedelivery": false },
    });
    if let Some(token) = reply_token {
        event["replyToken"] = token.into();
    }
    if let (Value::Object(event), Value::Object(own)) = (&mut event, own) {
        event.extend(own);
    }
    event
}
