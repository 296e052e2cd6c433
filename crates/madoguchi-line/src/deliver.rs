//! One attempt: the last look at lease, key and time, the request, the answer.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_base::Millis;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::api::messaging::{self, Outcome, Push, Refusal};
use crate::api::token::{NoToken, Token};
use crate::api::{Answer, NoAnswer};
use crate::channel::Channel;
use crate::crash::{Plan, Point};
use crate::line::Inner;
use crate::outbox::plan::{Job, Probe};
use crate::store::friend::Reached;

/// A quota that was asked for is believed this long.
const QUOTA_MEMORY: Duration = Duration::from_secs(30);

/// What the month's messages were when last asked; one asks for all.
pub(crate) type QuotaMemory = Arc<tokio::sync::Mutex<Option<(Instant, bool)>>>;

/// All that an attempt needs besides its job.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub(crate) inner: Arc<Inner>,
    pub(crate) channel: Arc<Channel>,
    /// Until when the lane is ours; renewed by the lane.
    pub(crate) lease: watch::Receiver<Instant>,
    pub(crate) quota: QuotaMemory,
    /// The gate's epoch when the attempt began.
    pub(crate) epoch: u64,
}

/// An attempt that has ended.
pub(crate) struct Landed {
    pub(crate) job: Job,
    pub(crate) outcome: Outcome,
    pub(crate) request_id: Option<String>,
    pub(crate) accepted_request_id: Option<String>,
    pub(crate) started: Millis,
    pub(crate) epoch: u64,
    /// What LINE said when it was asked about the person.
    pub(crate) reaches: Option<Reached>,
}

impl Attempt {
    /// Makes the attempt. Ends at the latest with the lease: from then on another node may send.
    pub(crate) async fn run(mut self, job: Job) -> Landed {
        let started = self.inner.steady.now();
        let mut landed = Landed {
            outcome: Outcome::NotTried,
            request_id: None,
            accepted_request_id: None,
            started,
            epoch: self.epoch,
            reaches: None,
            job,
        };
        if !self.may_send(&landed.job) {
            return landed;
        }
        let mut lease = self.lease.clone();
        if let Some(probe) = &landed.job.probe {
            landed.reaches = self.ask_about(probe).await;
        }
        if landed.reaches.as_ref().is_some_and(|r| !r.friend) {
            landed.outcome = Outcome::Refused(Refusal::NotFriend);
            return landed;
        }
        let sent = tokio::select! {
            sent = self.send(&landed.job) => sent,
            () = lapse(&mut lease) => (Outcome::Unknown, None),
        };
        landed.outcome = sent.0;
        if let Some(answer) = sent.1 {
            landed.request_id = answer.request_id;
            landed.accepted_request_id = answer.accepted_request_id;
        }
        landed
    }

    /// Fence (by its lease), key age, not-after: looked at immediately before each request.
    fn may_send(&self, job: &Job) -> bool {
        Instant::now() < *self.lease.borrow()
            && self.inner.steady.now() < job.key_until
            && self.inner.clock.wall() < job.not_after
    }

    /// Whether LINE would deliver to the person; `None` where it does not say: then sending finds out.
    async fn ask_about(&self, probe: &Probe) -> Option<Reached> {
        let mut refused = None;
        loop {
            let token = self.inner.tokens.get(&self.inner, &self.channel, refused).await.ok()?;
            let base = (self.channel.api_base.as_str(), &*token.value);
            let status = messaging::reaches(&self.inner.http, base, &probe.user).await.ok()?;
            let friend = match status.as_u16() {
                200 => true,
                404 => false,
                401 if refused.is_none() => {
                    refused = Some(token.generation);
                    continue;
                }
                _ => return None,
            };
            let at = self.inner.clock.wall();
            return Some(Reached { user_hash: probe.user_hash.clone(), friend, at });
        }
    }

    /// With one fresh token where LINE answers 401; the key stays the same.
    async fn send(&mut self, job: &Job) -> (Outcome, Option<Answer>) {
        let mut refused = None;
        loop {
            let token = match self.inner.tokens.get(&self.inner, &self.channel, refused).await {
                Ok(token) => token,
                Err(NoToken::Refused) => return (Outcome::Refused(Refusal::Token), None),
                Err(NoToken::Unavailable) => return (Outcome::NotSent, None),
            };
            if !self.may_send(job) {
                return (Outcome::NotTried, None);
            }
            let answer = match self.push(job, &token).await {
                Ok(answer) => answer,
                Err(NoAnswer::NotSent) => return (Outcome::NotSent, None),
                Err(NoAnswer::Unknown) => return (Outcome::Unknown, None),
            };
            let outcome = match messaging::classify(&answer) {
                Outcome::Refused(Refusal::Token) if refused.is_none() => {
                    refused = Some(token.generation);
                    continue;
                }
                Outcome::Refused(Refusal::Rate(after)) => self.rate_or_quota(&answer, &token, after).await,
                other => other,
            };
            tracing::debug!(
                notice = job.id,
                status = answer.status.as_u16(),
                request_id = answer.request_id,
                "LINE answered a push"
            );
            return (outcome, Some(answer));
        }
    }

    async fn push(&self, job: &Job, token: &Token) -> Result<Answer, NoAnswer> {
        let push = Push {
            api_base: &self.channel.api_base,
            token: &token.value,
            retry_key: &job.retry_key,
            body: job.body.clone(),
        };
        let plan = self.inner.crash.as_ref();
        Plan::hit(plan, Point::BeforeSend);
        for point in [Point::HalfSent, Point::AfterSend] {
            if Plan::takes(plan, point) {
                crate::crash::torn::send(&push, point == Point::HalfSent).await;
            }
        }
        messaging::push(&self.inner.http, push).await
    }

    /// LINE answers 429 for both; only its own count tells which.
    async fn rate_or_quota(&self, answer: &Answer, token: &Token, after: Option<Duration>) -> Outcome {
        let rate = Outcome::Refused(Refusal::Rate(after));
        if !messaging::hints_at_quota(answer) {
            return rate;
        }
        let mut memory = self.quota.lock().await;
        let known = memory.filter(|(at, _)| at.elapsed() < QUOTA_MEMORY).map(|(_, used_up)| used_up);
        let used_up = if let Some(used_up) = known {
            used_up
        } else {
            let asked = messaging::is_quota_used_up(&self.inner.http, &self.channel.api_base, &token.value);
            let used_up = asked.await.unwrap_or(false);
            *memory = Some((Instant::now(), used_up));
            used_up
        };
        if used_up { Outcome::Refused(Refusal::Quota) } else { rate }
    }
}

/// Waits until the lease has run out without being renewed.
async fn lapse(lease: &mut watch::Receiver<Instant>) {
    loop {
        let until = *lease.borrow_and_update();
        if Instant::now() >= until {
            return;
        }
        tokio::time::sleep_until(until).await;
    }
}
