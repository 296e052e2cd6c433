//! The lane's loop: one commit a cycle, requests in tasks of their own.

use std::sync::{Arc, Weak};
use std::time::Duration;

use madoguchi_base::db::WriteError;
use madoguchi_base::{Millis, TenantId, random};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::bucket::Bucket;
use super::commit::{self, Commit, LEASE, NotOurs};
use super::gate::{Gate, Room};
use super::look::{self, Found};
use super::plan::{self, Job, When};
use super::remind;
use crate::channel::Channel;
use crate::crash::{Plan, Point};
use crate::deliver::{Attempt, Landed, QuotaMemory};
use crate::line::Inner;
use crate::store::friend::Reached;
use crate::store::outbox::{BATCH, Record};

/// Requests under way at most: connections and memory stay bounded however slow LINE is.
const IN_FLIGHT: usize = 256;
/// The lease is renewed this often while requests are under way.
const RENEW: Duration = Duration::from_millis(1_500);
/// A lost wake-up costs at most this.
const POLL: Duration = Duration::from_secs(1);
/// Between two cycles, so that outcomes come in batches.
const LINGER: Duration = Duration::from_millis(10);
/// What is over is looked for this often, whether it is due or not.
const SWEEP_SECS: i64 = 10;
/// A probe may take a notice whose own pause is not over.
const PROBE_AHEAD_SECS: i64 = 3_600;
/// After a commit that failed.
const RECOVER: Duration = Duration::from_secs(1);

/// How a cycle ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Something was done; there may be more.
    Again,
    /// Tokens are missing.
    Short,
    /// Nothing to do now.
    Idle,
    /// The database does not take it.
    Stuck,
}

/// One municipality's lane in this process.
pub(crate) struct Lane {
    inner: Weak<Inner>,
    tenant: TenantId,
    /// The lane is ours under this fence.
    fence: Option<i64>,
    taken_before: bool,
    lease: watch::Sender<Instant>,
    renewed: Instant,
    gate: Gate,
    bucket: Bucket,
    quota: QuotaMemory,
    flights: JoinSet<Landed>,
    landed: Vec<Record>,
    reached: Vec<Reached>,
    reopen: bool,
    told_hold: Option<&'static str>,
    next_sweep: Millis,
    /// The account at which a walk through accounts goes on.
    walked: String,
}

impl Lane {
    pub(crate) fn new(inner: Weak<Inner>, tenant: TenantId) -> Self {
        let now = Instant::now();
        Self {
            inner,
            tenant,
            fence: None,
            taken_before: false,
            lease: watch::Sender::new(now),
            renewed: now,
            gate: Gate::default(),
            bucket: Bucket::new(now),
            quota: QuotaMemory::default(),
            flights: JoinSet::new(),
            landed: Vec::new(),
            reached: Vec::new(),
            reopen: false,
            told_hold: None,
            next_sweep: Millis(0),
            walked: String::new(),
        }
    }

    /// Delivers until `shutdown`, then waits a little for what is under way and lets the lane go.
    pub(crate) async fn run(&mut self, shutdown: CancellationToken) {
        let Some(wake) = self.inner.upgrade().map(|i| i.wake_of(self.tenant)) else { return };
        while !shutdown.is_cancelled() {
            let Some(inner) = self.inner.upgrade() else { return };
            let pause = match self.cycle(&inner, true).await {
                Step::Again => {
                    tokio::time::sleep(LINGER).await;
                    continue;
                }
                Step::Stuck => {
                    tokio::time::sleep(RECOVER).await;
                    continue;
                }
                Step::Short => Bucket::wait(),
                Step::Idle => POLL,
            };
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
                Some(done) = self.flights.join_next() => self.take_in(&inner, done).await,
            }
        }
        self.finish().await;
    }

    /// Delivers what is due now, to the last answer.
    pub(crate) async fn drain(&mut self) {
        let Some(inner) = self.inner.upgrade() else { return };
        loop {
            match self.cycle(&inner, true).await {
                Step::Again => {}
                Step::Short => tokio::time::sleep(Bucket::wait()).await,
                Step::Stuck => return,
                Step::Idle => match self.flights.join_next().await {
                    Some(done) => self.take_in(&inner, done).await,
                    None => return,
                },
            }
        }
    }

    async fn finish(&mut self) {
        let Some(inner) = self.inner.upgrade() else { return };
        let until = Instant::now() + Duration::from_secs(3);
        while let Ok(Some(done)) = tokio::time::timeout_at(until, self.flights.join_next()).await {
            self.take_in(&inner, done).await;
        }
        self.flights.shutdown().await;
        while !self.landed.is_empty() && self.cycle(&inner, false).await == Step::Again {}
        if let Some(fence) = self.fence.take() {
            commit::release(&inner, self.tenant, fence, self.told_hold).await;
        }
    }

    /// Takes in an outcome; it is recorded by the next commit. An attempt that panicked is doubtful: the lane
    /// is taken anew, which says so.
    async fn take_in(&mut self, inner: &Inner, done: Result<Landed, JoinError>) {
        let landed = match done {
            Ok(landed) => landed,
            Err(e) if e.is_panic() => {
                tracing::error!(tenant = %self.tenant, "an attempt to send panicked");
                return self.lose().await;
            }
            Err(_aborted) => return,
        };
        Plan::hit(inner.crash.as_ref(), Point::AnswerReadNotRecorded);
        let now = inner.steady.now();
        self.reopen |= self.gate.landed(landed.outcome, landed.epoch, now);
        let [jitter] = random::bytes();
        let when = When { started: landed.started, now, wall: inner.clock.wall(), jitter };
        let mut record = plan::recorded(&landed.job, landed.outcome, when);
        record.request_id = landed.request_id;
        record.accepted_request_id = landed.accepted_request_id;
        self.landed.push(record);
        self.reached.extend(landed.reaches);
    }

    /// One cycle: read what is due, commit, send. `more` = take on new work too.
    async fn cycle(&mut self, inner: &Arc<Inner>, more: bool) -> Step {
        while let Some(done) = self.flights.try_join_next() {
            self.take_in(inner, done).await;
        }
        let Some(channel) = inner.channel(self.tenant) else { return Step::Idle };
        let now = inner.steady.now();
        let room = self.gate.room(now);
        let want = if more { self.want(room) } else { 0 };
        let looked = inner.db.read(self.look(inner, &channel, room, want, now)).await;
        let Ok(found) = looked else {
            return Step::Stuck;
        };
        let left = self.fence.is_none()
            && inner.db.read(look::is_under_way(inner, self.tenant)).await.unwrap_or(false);
        let renew = !self.flights.is_empty() && self.renewed.elapsed() >= RENEW;
        let hold = self.gate.hold();
        let tell = self.fence.is_some() && hold != self.told_hold;
        let work = renew || tell || left || self.reopen;
        if found.is_empty() && self.landed.is_empty() && !work {
            return if more && room == Room::Open && want == 0 && self.flights.len() < IN_FLIGHT {
                Step::Short
            } else {
                Step::Idle
            };
        }
        let Some(fence) = self.fence else { return self.take_lane(inner).await };
        if !found.claims.is_empty() {
            Plan::hit(inner.crash.as_ref(), Point::BeforeFreeze);
        }
        let records: Vec<Record> = self.landed.iter().take(BATCH).cloned().collect();
        let commit = Commit {
            tenant: self.tenant,
            owner: inner.owner.clone(),
            fence,
            lease_until: inner.clock.lease().plus_ms(LEASE.as_millis() as i64),
            hold,
            channel_id: channel.messaging_id.clone(),
            now,
            reopen: self.reopen,
            records,
            reached: self.reached.iter().take(BATCH).cloned().collect(),
            ends: found.ends,
            claims: found.claims,
            reminders: found.reminders,
            postponed: found.postponed,
            wall: inner.clock.wall(),
        };
        self.commit(inner, &channel, commit, found.jobs, room).await
    }

    /// How many notices may be taken on.
    fn want(&mut self, room: Room) -> usize {
        let slots = IN_FLIGHT.saturating_sub(self.flights.len());
        let tokens = self.bucket.available(Instant::now());
        match room {
            Room::Open => slots.min(tokens).min(BATCH),
            Room::Probe => slots.min(tokens).min(1),
            Room::Closed => 0,
        }
    }

    /// Reads what is due and, now and then, what is over.
    async fn look(
        &mut self,
        inner: &Inner,
        channel: &Channel,
        room: Room,
        want: usize,
        now: Millis,
    ) -> Result<Found, sqlx::Error> {
        let mut found = Found::default();
        if want > 0 {
            let horizon = if room == Room::Probe { now.plus_secs(PROBE_AHEAD_SECS) } else { now };
            look::waiting(inner, channel, horizon, want, (&mut self.walked, &mut found)).await?;
        }
        if now >= self.next_sweep && found.ends.is_empty() {
            self.next_sweep = now.plus_secs(SWEEP_SECS);
            look::over(inner, self.tenant, &mut found).await?;
            remind::due(inner, self.tenant, &mut found).await?;
        }
        Ok(found)
    }

    async fn take_lane(&mut self, inner: &Inner) -> Step {
        let at_once = inner.alone && !self.taken_before;
        if !at_once && inner.db.read(commit::is_held(inner, self.tenant)).await.unwrap_or(true) {
            self.landed.clear();
            return Step::Idle;
        }
        let started = Instant::now();
        match commit::take(inner, self.tenant, at_once).await {
            Ok(Some(fence)) => {
                self.fence = Some(fence);
                self.taken_before = true;
                self.renewed(started);
                Step::Again
            }
            // Another node has it, and will do the work.
            Ok(None) => {
                self.landed.clear();
                Step::Idle
            }
            Err(()) => Step::Stuck,
        }
    }

    fn renewed(&mut self, started: Instant) {
        self.renewed = started;
        self.lease.send_replace(started + LEASE);
    }

    async fn commit(
        &mut self,
        inner: &Arc<Inner>,
        channel: &Arc<Channel>,
        commit: Commit,
        jobs: Vec<Job>,
        room: Room,
    ) -> Step {
        let started = Instant::now();
        let (recorded, reached, hold) = (commit.records.len(), commit.reached.len(), commit.hold);
        let freezes = !commit.claims.is_empty();
        let reopened = commit.reopen;
        match commit::write(inner, commit).await {
            Ok(claimed) => {
                self.renewed(started);
                self.landed.drain(..recorded);
                self.reached.drain(..reached);
                self.told_hold = hold;
                self.reopen &= !reopened;
                if recorded > 0 {
                    Plan::hit(inner.crash.as_ref(), Point::AfterRecord);
                }
                if freezes {
                    Plan::hit(inner.crash.as_ref(), Point::AfterFreeze);
                    self.send(inner, channel, jobs, &claimed, room);
                }
                Step::Again
            }
            Err(WriteError::Busy | WriteError::Failed) => Step::Stuck,
            Err(WriteError::Rejected(NotOurs)) => {
                self.lose().await;
                self.landed.clear();
                Step::Idle
            }
            // It may be committed: take the lane anew, which finds out.
            Err(WriteError::Unknown) => {
                self.lose().await;
                Step::Stuck
            }
        }
    }

    /// Sends what was claimed; what was stopped meanwhile is not.
    fn send(
        &mut self,
        inner: &Arc<Inner>,
        channel: &Arc<Channel>,
        jobs: Vec<Job>,
        claimed: &[String],
        room: Room,
    ) {
        if room == Room::Probe {
            self.gate.probing(inner.steady.now());
        }
        self.bucket.take(claimed.len());
        let attempt = Attempt {
            inner: Arc::clone(inner),
            channel: Arc::clone(channel),
            lease: self.lease.subscribe(),
            quota: Arc::clone(&self.quota),
            epoch: self.gate.epoch(),
        };
        for job in jobs.into_iter().filter(|j| claimed.contains(&j.id)) {
            self.flights.spawn(attempt.clone().run(job));
        }
    }

    /// The lane is not ours any more: nothing of it goes on.
    async fn lose(&mut self) {
        self.fence = None;
        self.told_hold = None;
        self.lease.send_replace(Instant::now());
        self.flights.shutdown().await;
    }
}
