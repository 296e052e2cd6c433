//! Webhooks: signed over the exact bytes, one worker a channel so that they keep their order.
//! LINE docs: webhook-event-objects, verify-webhook-signature, redelivery of webhooks.

mod log;
mod manner;
mod post;
mod tokens;

pub(crate) use manner::{Manner, Outcome};
pub(crate) use post::event;

use crate::clock::Clock;
use manner::Counts;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokens::ReplyTokens;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// LINE docs: answer within two seconds.
const TIME_OUT: Duration = Duration::from_secs(2);
/// How much later a shuffled delivery goes out than the one after it.
const SHUFFLE_MS: u64 = 300;
/// How long the first event of a body waits for others, where several are wanted in one.
const GATHER: Duration = Duration::from_millis(150);
/// Posts at the same time, where the order does not matter.
const AT_ONCE: usize = 32;
/// Waits before redeliveries, seconds by the emulator's clock. LINE does not disclose its own.
const REDELIVERIES: [u64; 6] = [1, 2, 4, 8, 60, 300];

/// Where a channel's webhooks go.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) tenant: usize,
    /// Id of the Messaging API channel.
    pub(crate) channel: String,
    pub(crate) url: Option<String>,
    pub(crate) secret: String,
    pub(crate) destination: String,
    /// What is not answered by 2xx comes again.
    pub(crate) redelivery: bool,
}

#[derive(Clone, Debug)]
struct Delivery {
    target: Target,
    events: Vec<Value>,
    manner: Manner,
    /// By how much it is held back.
    late_ms: u64,
    /// Others may overtake it.
    loose: bool,
}

/// What the tasks that deliver have in common.
#[derive(Debug)]
struct Sender {
    client: reqwest::Client,
    clock: Clock,
    stop: CancellationToken,
    tracker: TaskTracker,
    at_once: Semaphore,
    tokens: ReplyTokens,
    counts: Counts,
    log: log::Log,
    /// Deliveries that have not ended, redeliveries to come included.
    waiting: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Inner {
    /// By tenant; `None` is for those without an order of their own.
    manners: HashMap<Option<usize>, Manner>,
    queues: HashMap<usize, UnboundedSender<Delivery>>,
    sent: u64,
}

/// The sender of webhooks.
#[derive(Debug)]
pub(crate) struct Webhooks {
    inner: Mutex<Inner>,
    sender: Arc<Sender>,
}

impl Webhooks {
    pub(crate) fn new(tracker: TaskTracker, stop: CancellationToken, clock: Clock) -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(TIME_OUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("LineBotWebhook/2.0")
            .build()?;
        let sender = Sender {
            client,
            clock,
            stop,
            tracker,
            at_once: Semaphore::new(AT_ONCE),
            tokens: ReplyTokens::default(),
            counts: Counts::default(),
            log: log::Log::default(),
            waiting: watch::Sender::new(0),
        };
        Ok(Self { inner: Mutex::default(), sender: Arc::new(sender) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the manner of the following deliveries: of one channel, or of all.
    pub(crate) fn set_manner(&self, tenant: Option<usize>, manner: Manner) {
        let mut inner = self.lock();
        if tenant.is_none() {
            inner.manners.clear();
        }
        inner.manners.insert(tenant, manner);
    }

    /// A reply token for that talk.
    pub(crate) fn reply_token(&self, tenant: usize, persona: &str, now: i64) -> String {
        self.sender.tokens.make(tenant, persona, now)
    }

    /// The person whom a reply token is for; it works once.
    pub(crate) fn redeem_reply_token(&self, token: &str, tenant: usize, now: i64) -> Option<String> {
        self.sender.tokens.redeem(token, tenant, now)
    }

    /// Sends an event in its own time; without an address it goes nowhere.
    pub(crate) fn send(&self, target: Target, event: Value) {
        let mut inner = self.lock();
        let manners = &inner.manners;
        let manner = manners.get(&Some(target.tenant)).or_else(|| manners.get(&None)).cloned();
        let manner = manner.unwrap_or_default();
        let late = manner.shuffle && inner.sent.is_multiple_of(2);
        inner.sent += 1;
        let late_ms = manner.delay_ms + if late { SHUFFLE_MS } else { 0 };
        let delivery = Delivery { target, events: vec![event], manner, late_ms, loose: late_ms > 0 };
        self.queue(&mut inner, delivery);
    }

    /// Sends bodies of events as they are, none waiting for another.
    pub(crate) fn send_loose(&self, target: &Target, bodies: Vec<Vec<Value>>) {
        let mut inner = self.lock();
        for events in bodies {
            let manner = Manner::default();
            let delivery = Delivery { target: target.clone(), events, manner, late_ms: 0, loose: true };
            self.queue(&mut inner, delivery);
        }
    }

    fn queue(&self, inner: &mut Inner, delivery: Delivery) {
        if delivery.target.url.is_none() || self.sender.stop.is_cancelled() {
            return;
        }
        let queue = inner.queues.entry(delivery.target.tenant).or_insert_with(|| {
            let (queue, deliveries) = unbounded_channel();
            self.sender.tracker.spawn(work(deliveries, self.sender.clone()));
            queue
        });
        self.sender.waiting.send_modify(|n| *n += 1);
        // The worker ends at shutdown only; then nobody is told any more.
        let _ = queue.send(delivery);
    }

    /// Asks an address whether it takes webhooks: signed, without events, once.
    /// LINE docs: test-webhook-endpoint; the console's verify button.
    pub(crate) async fn verify(&self, target: Target) -> Outcome {
        let manner = Manner::default();
        let delivery = Delivery { target, events: Vec::new(), manner, late_ms: 0, loose: true };
        post::post(&self.sender, &delivery, false).await
    }

    /// How deliveries ended so far.
    pub(crate) fn counts(&self) -> Value {
        self.sender.counts.as_json(*self.sender.waiting.borrow())
    }

    /// The last webhooks with what was answered, those after number `since`.
    pub(crate) fn log(&self, since: u64) -> Value {
        self.sender.log.since(since)
    }

    /// Waits until no delivery is under way, but not longer than that.
    pub(crate) async fn quiet(&self, at_most: Duration) {
        let mut waiting = self.sender.waiting.subscribe();
        tokio::select! {
            _ = waiting.wait_for(|n| *n == 0) => {}
            () = tokio::time::sleep(at_most) => {}
            () = self.sender.stop.cancelled() => {}
        }
    }
}

async fn work(mut deliveries: UnboundedReceiver<Delivery>, sender: Arc<Sender>) {
    let mut held = None;
    loop {
        let next = if held.is_some() {
            held.take()
        } else {
            tokio::select! {
                () = sender.stop.cancelled() => return,
                next = deliveries.recv() => next,
            }
        };
        let Some(mut delivery) = next else { return };
        if delivery.manner.batch > 1 {
            held = gather(&mut delivery, &mut deliveries, &sender).await;
        }
        let one = send_one(sender.clone(), delivery.clone());
        if delivery.loose {
            sender.tracker.spawn(one);
        } else {
            one.await;
        }
    }
}

/// Puts events that follow at once into the same body; gives back the first that does not fit.
async fn gather(
    delivery: &mut Delivery,
    deliveries: &mut UnboundedReceiver<Delivery>,
    sender: &Sender,
) -> Option<Delivery> {
    let end = tokio::time::Instant::now() + GATHER;
    while delivery.events.len() < delivery.manner.batch {
        let Ok(Some(next)) = tokio::time::timeout_at(end, deliveries.recv()).await else { return None };
        let same_way = next.late_ms == delivery.late_ms && next.target.url == delivery.target.url;
        if next.manner.batch <= 1 || !same_way {
            return Some(next);
        }
        delivery.events.extend(next.events);
        sender.waiting.send_modify(|n| *n -= 1);
    }
    None
}

async fn send_one(sender: Arc<Sender>, delivery: Delivery) {
    tokio::select! {
        () = sender.stop.cancelled() => {}
        () = post::deliver(&sender, delivery) => {}
    }
}
