//! How much one account may send: so that one person (or one script in one session) fills neither the inbox
//! nor LINE's monthly quota. In memory: a restart forgives, and every node counts for itself.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use madoguchi_base::{AccountId, Clock, TenantId};

/// Buckets that fill by themselves: a whole one at first, so that nobody meets the limit by a quick start.
pub struct Limits {
    clock: Clock,
    per_hour: u32,
    buckets: Mutex<HashMap<(TenantId, AccountId), Bucket>>,
}

struct Bucket {
    left: f64,
    at: Duration,
}

impl Bucket {
    fn fill(&mut self, per_hour: u32, now: Duration) {
        let more = now.saturating_sub(self.at).as_secs_f64() * f64::from(per_hour) / 3_600.0;
        (self.left, self.at) = ((self.left + more).min(f64::from(per_hour)), now);
    }
}

impl Limits {
    /// `per_hour` submissions for each account; 0: no limit.
    pub fn new(clock: Clock, per_hour: u32) -> Self {
        Self { clock, per_hour, buckets: Mutex::default() }
    }

    /// Counts one submission; `false` where it is one too many.
    pub fn take(&self, tenant: TenantId, account: AccountId) -> bool {
        self.per_hour == 0 || self.take_at((tenant, account), self.clock.mono())
    }

    fn take_at(&self, who: (TenantId, AccountId), now: Duration) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let bucket = buckets.entry(who).or_insert(Bucket { left: f64::from(self.per_hour), at: now });
        bucket.fill(self.per_hour, now);
        let has = bucket.left >= 1.0;
        if has {
            bucket.left -= 1.0;
        }
        has
    }

    /// Forgets full buckets, so that memory does not grow.
    pub fn sweep(&self) {
        self.sweep_at(self.clock.mono());
    }

    fn sweep_at(&self, now: Duration) {
        let mut buckets = self.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        buckets.retain(|_, bucket| {
            bucket.fill(self.per_hour, now);
            bucket.left < f64::from(self.per_hour)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_over_the_hour_and_is_forgotten_when_full() {
        let clock = Clock::system();
        let limits = Limits::new(clock.clone(), 4);
        let who = ("232131".parse().expect("tenant"), AccountId::new(&clock));
        let at = Duration::from_mins;
        let taken = |minute| limits.take_at(who, at(minute));
        assert_eq!([0, 0, 0, 0, 0].map(taken), [true, true, true, true, false]);
        assert_eq!([14, 15, 15].map(taken), [false, true, false]);
        let other = (who.0, AccountId::new(&clock));
        assert!(limits.take_at(other, at(15)), "everybody has a bucket of their own");
        limits.sweep_at(at(20));
        assert!(!taken(20), "an empty bucket is remembered");
        limits.sweep_at(at(200));
        assert!(limits.buckets.lock().expect("lock").is_empty());
    }
}
