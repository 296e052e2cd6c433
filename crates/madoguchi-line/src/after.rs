//! What a webhook sets off besides its effect: it is passed on, and what a person wrote is answered. LINE's
//! delivery never waits for either. What may wait is bounded per municipality, so that a slow neighbour costs
//! memory and connections of nobody else.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use madoguchi_base::TenantId;
use madoguchi_base::db::{Class, Never, Stop};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::channel::Channel;
use crate::line::{Inner, Line};
use crate::store::relay::{self as store, RelayRow};
use crate::{relay, reply};

/// What may wait for one municipality, in KiB: each job takes at least one.
const ROOM_KIB: usize = 2_048;
/// Requests under way for one municipality.
const LINES: usize = 8;
/// Events whose answer is remembered: LINE delivers some twice.
const REMEMBERED: usize = 4_096;
/// At the end of the process what waits is given this long.
const LAST: Duration = Duration::from_secs(2);

/// Something to be done after a webhook; it holds its room until it is done.
pub(crate) enum Job {
    /// Pass the webhook on as it came.
    PassOn { channel: Arc<Channel>, signature: String, body: Vec<u8>, room: OwnedSemaphorePermit },
    /// Answer what a person wrote.
    Reply { channel: Arc<Channel>, reply_token: String, room: OwnedSemaphorePermit },
}

/// Room and lines of one municipality.
#[derive(Clone)]
struct Share {
    room: Arc<Semaphore>,
    lines: Arc<Semaphore>,
}

/// Events that were answered, to look up and in the order of their coming.
#[derive(Default)]
struct Answered {
    known: HashSet<(TenantId, String)>,
    order: VecDeque<(TenantId, String)>,
}

pub(crate) struct After {
    queue: mpsc::UnboundedSender<Job>,
    jobs: tokio::sync::Mutex<mpsc::UnboundedReceiver<Job>>,
    shares: Mutex<HashMap<TenantId, Share>>,
    counts: Mutex<HashMap<TenantId, RelayRow>>,
    answered: Mutex<Answered>,
}

fn locked<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl After {
    pub(crate) fn new() -> Self {
        // Unbounded only in name: every job holds a permit of its municipality.
        let (queue, jobs) = mpsc::unbounded_channel();
        Self {
            queue,
            jobs: tokio::sync::Mutex::new(jobs),
            shares: Mutex::default(),
            counts: Mutex::default(),
            answered: Mutex::default(),
        }
    }

    fn share(&self, tenant: TenantId) -> Share {
        let new =
            || Share { room: Arc::new(Semaphore::new(ROOM_KIB)), lines: Arc::new(Semaphore::new(LINES)) };
        locked(&self.shares).entry(tenant).or_insert_with(new).clone()
    }

    /// Room for `bytes`; `None` where too much waits already.
    pub(crate) fn room_for(&self, tenant: TenantId, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(bytes / 1_024 + 1).ok()?;
        self.share(tenant).room.try_acquire_many_owned(kib).ok()
    }

    pub(crate) fn push(&self, job: Job) {
        // The receiver lives as long as we do.
        let _sent = self.queue.send(job);
    }

    /// Whether an event comes for the first time, as far as we remember.
    pub(crate) fn is_first(&self, tenant: TenantId, event_id: &str) -> bool {
        let key = (tenant, event_id.to_owned());
        let mut answered = locked(&self.answered);
        if !answered.known.insert(key.clone()) {
            return false;
        }
        answered.order.push_back(key);
        if answered.order.len() > REMEMBERED
            && let Some(oldest) = answered.order.pop_front()
        {
            answered.known.remove(&oldest);
        }
        true
    }

    /// Counts what became of a webhook that was to be passed on.
    pub(crate) fn count(&self, tenant: TenantId, add: impl FnOnce(&mut RelayRow)) {
        add(locked(&self.counts).entry(tenant).or_default());
    }
}

impl Line {
    /// Passes on and answers until `shutdown`: wherever webhooks are received.
    pub async fn after_webhooks(&self, shutdown: CancellationToken) {
        let Ok(mut jobs) = self.inner.after.jobs.try_lock() else { return };
        let mut under_way = JoinSet::new();
        let mut beat = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(job) = jobs.recv() => {
                    under_way.spawn(run(Arc::clone(&self.inner), job));
                }
                Some(_done) = under_way.join_next(), if !under_way.is_empty() => {}
                _ = beat.tick() => self.write_counts().await,
            }
        }
        while let Ok(job) = jobs.try_recv() {
            under_way.spawn(run(Arc::clone(&self.inner), job));
        }
        let all = async { while under_way.join_next().await.is_some() {} };
        let _late = tokio::time::timeout(LAST, all).await;
        self.write_counts().await;
    }

    /// Does what waits now, to the end: for tests.
    pub async fn after_webhooks_once(&self) {
        let Ok(mut jobs) = self.inner.after.jobs.try_lock() else { return };
        let mut under_way = JoinSet::new();
        while let Ok(job) = jobs.try_recv() {
            under_way.spawn(run(Arc::clone(&self.inner), job));
        }
        while under_way.join_next().await.is_some() {}
        self.write_counts().await;
    }

    async fn write_counts(&self) {
        let counts = std::mem::take(&mut *locked(&self.inner.after.counts));
        for (tenant, more) in counts {
            let input = (tenant, more.clone());
            let written = self.inner.db.write("line-relay", Class::Machine, tenant, input, |i, tx| {
                Box::pin(async move { Ok::<_, Stop<Never>>(store::add(tx, i.0, &i.1).await?) })
            });
            if written.await.is_err() {
                // Numbers for people: the next second tries again.
                self.inner.after.count(tenant, |row| {
                    row.passed_on += more.passed_on;
                    row.failed += more.failed;
                    row.dropped += more.dropped;
                    row.last_at = row.last_at.max(more.last_at);
                    row.last_failed_at = row.last_failed_at.max(more.last_failed_at);
                    row.last_failure = row.last_failure.take().or(more.last_failure);
                });
            }
        }
    }
}

async fn run(inner: Arc<Inner>, job: Job) {
    let tenant = match &job {
        Job::PassOn { channel, .. } | Job::Reply { channel, .. } => channel.tenant,
    };
    let Ok(_line) = inner.after.share(tenant).lines.acquire_owned().await else { return };
    match job {
        Job::PassOn { channel, signature, body, room } => {
            relay::send(&inner, &channel, &signature, body).await;
            drop(room);
        }
        Job::Reply { channel, reply_token, room } => {
            reply::send(&inner, &channel, &reply_token).await;
            drop(room);
        }
    }
}
