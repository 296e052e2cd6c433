//! LINE's rate limits: a token bucket per channel and endpoint. LINE docs: rate-limits.

use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// So many requests in so many milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub(crate) struct Limit {
    pub(crate) count: u32,
    pub(crate) per_ms: u32,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: i64,
}

#[derive(Debug, Default)]
struct Inner {
    buckets: HashMap<(usize, &'static str), Bucket>,
    /// Limits that replace LINE's own, for measuring programs: by `METHOD /path`.
    overrides: HashMap<String, Limit>,
}

/// All buckets.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    inner: Mutex<Inner>,
}

impl Rates {
    /// Takes one token; false when there is none.
    pub(crate) fn take(&self, tenant: usize, endpoint: &'static str, limit: Limit, now: i64) -> bool {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = inner.overrides.get(endpoint).copied().unwrap_or(limit);
        let full = f64::from(limit.count);
        let bucket = inner.buckets.entry((tenant, endpoint)).or_insert(Bucket { tokens: full, at: now });
        let gained = (now - bucket.at).max(0) as f64 * full / f64::from(limit.per_ms.max(1));
        bucket.tokens = (bucket.tokens + gained).min(full);
        bucket.at = now;
        let enough = bucket.tokens >= 1.0;
        if enough {
            bucket.tokens -= 1.0;
        }
        enough
    }

    /// Replaces the limit of an endpoint.
    pub(crate) fn set(&self, endpoint: String, limit: Limit) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.overrides.insert(endpoint, limit);
    }
}

#[cfg(test)]
mod tests {
    use super::{Limit, Rates};

    #[test]
    fn a_bucket_is_empty_after_its_count_and_fills_with_time() {
        let rates = Rates::default();
        let limit = Limit { count: 10, per_ms: 1000 };
        assert_eq!((0..20).filter(|_| rates.take(0, "x", limit, 0)).count(), 10);
        assert!(rates.take(1, "x", limit, 0), "another channel has its own");
        assert!(!rates.take(0, "x", limit, 50));
        assert!(rates.take(0, "x", limit, 150));
    }
}
