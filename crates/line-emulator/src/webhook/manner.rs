//! What is unusual about deliveries, and what became of them.

use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// What is unusual about the following deliveries.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Manner {
    /// Of one messaging channel only.
    pub(crate) channel: Option<String>,
    /// Each is delivered twice, the second as a redelivery with the same ids.
    pub(crate) duplicate: bool,
    /// Every other one arrives after the next.
    pub(crate) shuffle: bool,
    pub(crate) wrong_signature: bool,
    /// How late, by the emulator's clock.
    pub(crate) delay_ms: u64,
    /// Up to so many events that happen close together come in one body; 0 and 1: each in its own.
    pub(crate) batch: usize,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Any status of 2xx.
    Accepted(u16),
    Refused(u16),
    /// No answer within two seconds.
    TimedOut,
    Unreachable(String),
}

impl Outcome {
    pub(crate) fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Accepted(status) | Self::Refused(status) => *status,
            Self::TimedOut | Self::Unreachable(_) => 0,
        }
    }

    /// LINE docs: test-webhook-endpoint, `reason`.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "OK",
            Self::Refused(_) => "ERROR_STATUS_CODE",
            Self::TimedOut => "REQUEST_TIMEOUT",
            Self::Unreachable(_) => "COULD_NOT_CONNECT",
        }
    }

    /// LINE docs: test-webhook-endpoint, `detail`.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Accepted(status) | Self::Refused(status) => status.to_string(),
            Self::TimedOut => "Request timeout".to_owned(),
            Self::Unreachable(why) => why.clone(),
        }
    }
}

/// How deliveries ended, counted since the start.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    posts: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    timed_out: AtomicU64,
    unreachable: AtomicU64,
    redelivered: AtomicU64,
}

impl Counts {
    pub(crate) fn add(&self, outcome: &Outcome, redelivery: bool) {
        let one = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        one(&self.posts);
        one(match outcome {
            Outcome::Accepted(_) => &self.accepted,
            Outcome::Refused(_) => &self.refused,
            Outcome::TimedOut => &self.timed_out,
            Outcome::Unreachable(_) => &self.unreachable,
        });
        if redelivery {
            one(&self.redelivered);
        }
    }

    pub(crate) fn as_json(&self, waiting: u64) -> Value {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        json!({
            "waiting": waiting,
            "posts": read(&self.posts),
            "accepted": read(&self.accepted),
            "refused": read(&self.refused),
            "timed_out": read(&self.timed_out),
            "unreachable": read(&self.unreachable),
            "redelivered": read(&self.redelivered),
        })
    }
}
