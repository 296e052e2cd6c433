//! Who writes next: three bounded queues, served 8:4:1, round robin by municipality within each.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::write::Job;
use crate::TenantId;

/// For whom a write is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A person waits for the answer.
    Person,
    /// The same queue, for what goes on while the disk is full: sessions, and the audit of what was looked at.
    Vital,
    /// Deliveries, webhooks, jobs that a person does not watch.
    Machine,
    /// Everything that can wait.
    Bulk,
}

impl Class {
    /// Index of the queue.
    fn lane(self) -> usize {
        match self {
            Self::Person | Self::Vital => 0,
            Self::Machine => 1,
            Self::Bulk => 2,
        }
    }

    /// Whether it may use the room that the ballast kept.
    pub(super) fn goes_on_when_full(self) -> bool {
        matches!(self, Self::Vital | Self::Machine)
    }
}

/// Turns of each queue in one round.
const SHARES: [u32; 3] = [8, 4, 1];
/// Jobs that may wait per class: at 2,000 writes a second that is the 2 s after which a person is told.
const CAPACITY: usize = 4_096;
/// After this long a job is given back as `Busy`.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct Waiting {
    pub(super) job: Box<dyn Job>,
    pub(super) class: Class,
    since: Instant,
}

impl Waiting {
    /// Whether the job waited longer than a person should.
    pub(super) fn is_stale(&self) -> bool {
        self.since.elapsed() > PATIENCE
    }
}

#[derive(Default)]
struct Lane {
    by_tenant: HashMap<TenantId, VecDeque<Waiting>>,
    turn: VecDeque<TenantId>,
    len: usize,
}

impl Lane {
    fn push(&mut self, tenant: TenantId, waiting: Waiting) {
        let queue = self.by_tenant.entry(tenant).or_default();
        if queue.is_empty() {
            self.turn.push_back(tenant);
        }
        queue.push_back(waiting);
        self.len += 1;
    }

    fn pop(&mut self) -> Option<Waiting> {
        let tenant = self.turn.pop_front()?;
        let queue = self.by_tenant.get_mut(&tenant)?;
        let waiting = queue.pop_front();
        if queue.is_empty() {
            self.by_tenant.remove(&tenant);
        } else {
            self.turn.push_back(tenant);
        }
        self.len -= usize::from(waiting.is_some());
        waiting
    }
}

struct State {
    lanes: [Lane; 3],
    left: [u32; 3],
    closed: bool,
}

pub(super) struct Queue {
    state: Mutex<State>,
    wake: Notify,
}

impl Queue {
    pub(super) fn new() -> Self {
        let state = State { lanes: Default::default(), left: SHARES, closed: false };
        Self { state: Mutex::new(state), wake: Notify::new() }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Takes a job in, or gives it back where the queue is full or closed.
    pub(super) fn push(&self, class: Class, tenant: TenantId, job: Box<dyn Job>) -> Result<(), Box<dyn Job>> {
        {
            let mut state = self.locked();
            let lane = &mut state.lanes[class.lane()];
            if lane.len >= CAPACITY {
                return Err(job);
            }
            if state.closed {
                return Err(job);
            }
            state.lanes[class.lane()].push(tenant, Waiting { job, class, since: Instant::now() });
        }
        self.wake.notify_one();
        Ok(())
    }

    fn take(&self) -> Option<Waiting> {
        let mut state = self.locked();
        for _round in 0..2 {
            for i in 0..SHARES.len() {
                if state.left[i] > 0
                    && let Some(waiting) = state.lanes[i].pop()
                {
                    state.left[i] -= 1;
                    return Some(waiting);
                }
            }
            state.left = SHARES;
        }
        None
    }

    /// The next job; `None` once the queue is closed and empty.
    pub(super) async fn next(&self) -> Option<Waiting> {
        loop {
            let woken = self.wake.notified();
            if let Some(waiting) = self.take() {
                // Several workers serve one queue: pass the wake-up on.
                self.wake.notify_one();
                return Some(waiting);
            }
            if self.locked().closed {
                self.wake.notify_one();
                return None;
            }
            woken.await;
        }
    }

    /// Lets what waits finish and takes nothing new.
    pub(super) fn close(&self) {
        self.locked().closed = true;
        self.wake.notify_waiters();
        self.wake.notify_one();
    }

    /// Jobs that wait in a class.
    pub(super) fn len(&self, class: Class) -> usize {
        self.locked().lanes[class.lane()].len
    }
}
