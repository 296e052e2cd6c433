//! A channel's share of LINE's rate.

use std::time::Duration;

use tokio::time::Instant;

/// 95 % of LINE's 2,000 pushes a second.
const PER_SECOND: f64 = 1_900.0;
/// So many may go at once after a pause.
const BURST: f64 = 200.0;

pub(super) struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn new(now: Instant) -> Self {
        Self { tokens: BURST, at: now }
    }

    /// Whole tokens there are.
    pub(super) fn available(&mut self, now: Instant) -> usize {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * PER_SECOND).min(BURST);
        self.at = now;
        self.tokens as usize
    }

    pub(super) fn take(&mut self, n: usize) {
        self.tokens = (self.tokens - n as f64).max(0.0);
    }

    /// Until there are enough tokens for a batch worth its commit.
    pub(super) fn wait() -> Duration {
        Duration::from_millis(10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_sees_more_than_the_rate_and_a_burst() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start);
        let mut sent = 0;
        for ms in 0..1_000 {
            let n = bucket.available(start + Duration::from_millis(ms));
            bucket.take(n);
            sent += n;
        }
        assert!((2_000..=2_100).contains(&sent), "{sent}");
    }
}
