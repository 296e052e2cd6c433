//! What LINE tells us: follow and unfollow. What people write gets a fixed answer; everything else is
//! acknowledged and forgotten.
//!
//! The text of a message is never deserialised: there is no field for it. Friend state goes by the event's
//! time, not by its arrival, and an event has its effect once.

use std::collections::{BTreeMap, HashSet};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_base::db::{Class, Never, Stop};
use madoguchi_base::{Millis, TenantId};
use serde::Deserialize;

use crate::crash::{Plan, Point};
use crate::line::{Inner, Line};
use crate::mode::LineMode;
use crate::reply::Answerable;
use crate::store;

/// Why a webhook was not taken. LINE then sends it again, where redelivery is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// Missing or wrong signature, or a municipality without a channel.
    #[error("the signature is not LINE's")]
    Signature,
    /// Signed, but not a webhook body.
    #[error("the body is not a webhook")]
    Body,
    /// Could not be stored; nothing had its effect.
    #[error("could not be stored now")]
    Busy,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    events: Vec<Event>,
}

/// An event as far as it is read. Everything may be missing in one that is yet to be invented.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    timestamp: i64,
    #[serde(default)]
    webhook_event_id: String,
    #[serde(default)]
    mode: String,
    reply_token: Option<String>,
    source: Option<Source>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    #[serde(default)]
    r#type: String,
    user_id: Option<String>,
}

/// An event that changes something.
struct Change {
    event_id: String,
    kind: &'static str,
    user_hash: String,
    friend: bool,
    at: Millis,
}

struct Changes {
    tenant: TenantId,
    now: Millis,
    list: Vec<Change>,
}

impl Line {
    /// Takes a webhook: checks the signature over the raw bytes, then lets follow and unfollow have their
    /// effect in one transaction. `Ok` only after its commit. An empty body of events is fine.
    pub async fn webhook(
        &self,
        tenant: TenantId,
        signature: Option<&str>,
        body: &[u8],
    ) -> Result<(), WebhookError> {
        self.webhook_from(tenant, signature, body, false).await
    }

    /// [`Line::webhook`] for one that another installation may have passed on ([`crate::relay::HEADER`]): it is
    /// not passed on again, or the two would play ball for ever.
    pub async fn webhook_from(
        &self,
        tenant: TenantId,
        signature: Option<&str>,
        body: &[u8],
        is_passed_on: bool,
    ) -> Result<(), WebhookError> {
        let channel = self.inner.channel(tenant).ok_or(WebhookError::Signature)?;
        let signature = signature.ok_or(WebhookError::Signature)?;
        if !is_signed(&channel.messaging_secret, signature, body) {
            return Err(WebhookError::Signature);
        }
        if channel.mode == LineMode::NotifyOnly {
            // Left over from a time with webhooks: LINE need not send it again.
            return Ok(());
        }
        // Whatever becomes of it here: the other side must not suffer from our trouble.
        if !is_passed_on {
            self.pass_on(&channel, signature, body);
        }
        let envelope: Envelope = serde_json::from_slice(body).map_err(|_| WebhookError::Body)?;
        let mut list: Vec<Change> =
            envelope.events.iter().filter_map(|e| change(&self.inner, tenant, e)).collect();
        // Deliveries that come side by side lock in one order (PostgreSQL): no deadlock, no 503.
        list.sort_by(|a, b| a.event_id.cmp(&b.event_id));
        if !list.is_empty() {
            self.take_in(tenant, list).await?;
        }
        for event in to_answer(&envelope.events) {
            self.answer(&channel, &event);
        }
        Ok(())
    }

    async fn take_in(&self, tenant: TenantId, list: Vec<Change>) -> Result<(), WebhookError> {
        Plan::hit(self.inner.crash.as_ref(), Point::WebhookBeforeCommit);
        let input = Changes { tenant, now: self.inner.clock.wall(), list };
        let stored = self.inner.db.write("line-webhook", Class::Machine, tenant, input, |input, tx| {
            Box::pin(async move {
                let mut latest: BTreeMap<&str, &Change> = BTreeMap::new();
                for c in &input.list {
                    if store::identity::insert_event(tx, input.tenant, &c.event_id, c.kind, input.now).await?
                        && latest.get(c.user_hash.as_str()).is_none_or(|l| l.at <= c.at)
                    {
                        latest.insert(&c.user_hash, c);
                    }
                }
                for (hash, c) in latest {
                    store::identity::set_friend(tx, input.tenant, hash, c.friend, c.at).await?;
                }
                Ok::<(), Stop<Never>>(())
            })
        });
        stored.await.map_err(|_| WebhookError::Busy)
    }
}

/// Of what people wrote: what may be answered, one event a person.
fn to_answer(events: &[Event]) -> Vec<Answerable<'_>> {
    let mut people = HashSet::new();
    let mut all = Vec::new();
    for event in events.iter().filter(|e| e.r#type == "message" && e.mode != "standby") {
        let from = event.source.as_ref().filter(|s| s.r#type == "user").and_then(|s| s.user_id.as_deref());
        let (Some(from), Some(token)) = (from, event.reply_token.as_deref()) else { continue };
        let fits = !token.is_empty() && token.len() <= 128 && event.webhook_event_id.len() <= 64;
        if fits && people.insert(from) {
            all.push(Answerable { event_id: &event.webhook_event_id, reply_token: token });
        }
    }
    all
}

/// base64(HMAC-SHA256(channel secret, raw body)), compared in constant time.
fn is_signed(secret: &str, signature: &str, body: &[u8]) -> bool {
    let Ok(given) = STANDARD.decode(signature.trim()) else { return false };
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body, &given).is_ok()
}

fn change(inner: &Inner, tenant: TenantId, event: &Event) -> Option<Change> {
    let (kind, friend) = match event.r#type.as_str() {
        "follow" => ("follow", true),
        "unfollow" => ("unfollow", false),
        _ => return None,
    };
    let user = event.source.as_ref()?.user_id.as_deref()?;
    let id = event.webhook_event_id.as_str();
    if id.is_empty() || id.len() > 64 || event.timestamp <= 0 {
        return None;
    }
    Some(Change {
        event_id: id.to_owned(),
        kind,
        user_hash: inner.user_hash(tenant, user),
        friend,
        at: Millis(event.timestamp),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_over_the_raw_bytes() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
        let body = br#"{"destination":"U1","events":[]}"#;
        let good = STANDARD.encode(hmac::sign(&key, body));
        assert!(is_signed("secret", &good, body));
        assert!(!is_signed("other", &good, body));
        assert!(!is_signed("secret", &good, br#"{"destination":"U1", "events":[]}"#));
        assert!(!is_signed("secret", "", body));
        assert!(!is_signed("secret", "not base64!", body));
        assert!(!is_signed("secret", &good[..good.len() - 4], body));
    }

    #[test]
    fn events_of_the_future_are_tolerated() {
        let body = r#"{"destination":"U1","new":1,"events":[
            {"type":"message","message":{"type":"text","text":"住所は…"},"timestamp":1},
            {"type":"follow","timestamp":1795327200000,"webhookEventId":"01H","mode":"active",
             "deliveryContext":{"isRedelivery":true},"source":{"type":"user","userId":"U2"},"follow":{}},
            {"type":"messageEdited"},{"type":"follow","source":{"type":"group"}},{}]}"#;
        let envelope: Envelope = serde_json::from_str(body).expect("tolerated");
        assert_eq!(envelope.events.len(), 5);
        assert_eq!(envelope.events[1].webhook_event_id, "01H");
        let empty: Envelope = serde_json::from_str(r#"{"destination":"U1","events":[]}"#).expect("empty");
        assert!(empty.events.is_empty());
    }

    #[test]
    fn what_a_person_writes_is_answered_once_and_groups_and_standby_are_left_alone() {
        let body = r#"{"events":[
            {"type":"message","mode":"active","replyToken":"a","webhookEventId":"1","source":{"type":"user","userId":"U1"}},
            {"type":"message","mode":"active","replyToken":"b","webhookEventId":"2","source":{"type":"user","userId":"U1"}},
            {"type":"message","mode":"standby","replyToken":"c","webhookEventId":"3","source":{"type":"user","userId":"U2"}},
            {"type":"message","mode":"active","replyToken":"d","webhookEventId":"4","source":{"type":"group","userId":"U3"}},
            {"type":"postback","mode":"active","replyToken":"e","webhookEventId":"5","source":{"type":"user","userId":"U4"}},
            {"type":"message","mode":"active","webhookEventId":"6","source":{"type":"user","userId":"U5"}}]}"#;
        let envelope: Envelope = serde_json::from_str(body).expect("read");
        let tokens: Vec<&str> = to_answer(&envelope.events).iter().map(|e| e.reply_token).collect();
        assert_eq!(tokens, ["a"]);
    }
}
