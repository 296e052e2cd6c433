//! One webhook: its event, its signature, its way.

use super::Delivery;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

/// Sends an event, twice if that was ordered.
pub(super) async fn deliver(client: &reqwest::Client, mut delivery: Delivery) {
    post(client, &delivery).await;
    if delivery.manner.duplicate {
        delivery.event["deliveryContext"]["isRedelivery"] = true.into();
        post(client, &delivery).await;
    }
}

async fn post(client: &reqwest::Client, delivery: &Delivery) {
    let target = &delivery.target;
    let Some(url) = &target.url else { return };
    let body = json!({ "destination": target.destination, "events": [delivery.event] }).to_string();
    let secret = if delivery.manner.wrong_signature { "not the channel's secret" } else { &target.secret };
    let request = client
        .post(url)
        .header("content-type", "application/json; charset=utf-8")
        .header("x-line-signature", signature(secret, body.as_bytes()))
        .body(body);
    match request.send().await {
        Ok(answer) if answer.status().is_success() => {}
        Ok(answer) => tracing::info!(url, status = answer.status().as_u16(), "a webhook was refused"),
        Err(error) => tracing::info!(url, %error, "a webhook was not delivered"),
    }
}

/// Base64 of the HMAC-SHA256 of the body under the channel's secret.
fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, body))
}

/// The fields that all events have.
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
