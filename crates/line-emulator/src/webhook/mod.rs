//! Webhooks: signed over the exact bytes, one worker a channel so that they keep their order.
//! LINE docs: webhook-event-objects, verify-webhook-signature.

mod post;

pub(crate) use post::event;

use crate::ids;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// LINE docs: answer within two seconds.
const TIME_OUT: Duration = Duration::from_secs(2);
const REPLY_TOKEN_MS: i64 = 60_000;
/// How much later a shuffled delivery goes out than the one after it.
const SHUFFLE_MS: u64 = 300;

/// What is unusual about the following deliveries.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Manner {
    /// Each is delivered twice, the second as a redelivery with the same ids.
    pub(crate) duplicate: bool,
    /// Every other one arrives after the next.
    pub(crate) shuffle: bool,
    pub(crate) wrong_signature: bool,
    pub(crate) delay_ms: u64,
}

/// Where a channel's webhooks go.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) tenant: usize,
    pub(crate) url: Option<String>,
    pub(crate) secret: String,
    pub(crate) destination: String,
}

#[derive(Debug)]
struct Delivery {
    target: Target,
    event: Value,
    manner: Manner,
    late: bool,
}

#[derive(Debug, Default)]
struct Inner {
    manner: Manner,
    queues: HashMap<usize, UnboundedSender<Delivery>>,
    /// Reply token to tenant, persona and end of life.
    reply_tokens: HashMap<String, (usize, String, i64)>,
    sent: u64,
}

/// The sender of webhooks.
#[derive(Debug)]
pub(crate) struct Webhooks {
    inner: Mutex<Inner>,
    client: reqwest::Client,
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Webhooks {
    pub(crate) fn new(tracker: TaskTracker, stop: CancellationToken) -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(TIME_OUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("LineBotWebhook/2.0")
            .build()?;
        Ok(Self { inner: Mutex::default(), client, tracker, stop })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the manner of the following deliveries.
    pub(crate) fn set_manner(&self, manner: Manner) {
        self.lock().manner = manner;
    }

    /// A reply token for that talk, good for a minute.
    pub(crate) fn reply_token(&self, tenant: usize, persona: &str, now: i64) -> String {
        let token = ids::random_hex();
        let mut inner = self.lock();
        inner.reply_tokens.retain(|_, t| now < t.2);
        inner.reply_tokens.insert(token.clone(), (tenant, persona.to_owned(), now + REPLY_TOKEN_MS));
        token
    }

    /// The person whom a reply token is for; it works once.
    pub(crate) fn redeem_reply_token(&self, token: &str, tenant: usize, now: i64) -> Option<String> {
        let mut inner = self.lock();
        let (of, _, until) = inner.reply_tokens.get(token)?;
        if *of != tenant || now >= *until {
            return None;
        }
        inner.reply_tokens.remove(token).map(|t| t.1)
    }

    /// Sends an event in its own time; without an address it goes nowhere.
    pub(crate) fn send(&self, target: Target, event: Value) {
        if target.url.is_none() || self.stop.is_cancelled() {
            return;
        }
        let mut inner = self.lock();
        let late = inner.manner.shuffle && inner.sent.is_multiple_of(2);
        inner.sent += 1;
        let manner = inner.manner;
        let queue = inner.queues.entry(target.tenant).or_insert_with(|| {
            let (queue, deliveries) = unbounded_channel();
            self.tracker.spawn(work(
                deliveries,
                self.client.clone(),
                self.tracker.clone(),
                self.stop.clone(),
            ));
            queue
        });
        // The worker ends at shutdown only; then nobody is told any more.
        let _ = queue.send(Delivery { target, event, manner, late });
    }
}

async fn work(
    mut deliveries: UnboundedReceiver<Delivery>,
    client: reqwest::Client,
    tracker: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let delivery = tokio::select! {
            () = stop.cancelled() => return,
            delivery = deliveries.recv() => delivery,
        };
        let Some(delivery) = delivery else { return };
        let client = client.clone();
        if delivery.late || delivery.manner.delay_ms > 0 {
            let stop = stop.clone();
            tracker.spawn(async move {
                let wait = delivery.manner.delay_ms + if delivery.late { SHUFFLE_MS } else { 0 };
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = async {
                        tokio::time::sleep(Duration::from_millis(wait)).await;
                        post::deliver(&client, delivery).await;
                    } => {}
                }
            });
        } else {
            tokio::select! {
                () = stop.cancelled() => return,
                () = post::deliver(&client, delivery) => {}
            }
        }
    }
}
