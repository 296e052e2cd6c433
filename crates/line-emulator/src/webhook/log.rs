//! What LINE has told the official accounts lately, and what they answered.

use super::{Delivery, Outcome};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// So many are kept; older ones are forgotten.
const KEPT: usize = 300;

/// The last webhooks.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The number of the newest, and the newest themselves.
    last: Mutex<(u64, VecDeque<Value>)>,
}

impl Log {
    pub(super) fn add(&self, at: i64, delivery: &Delivery, redelivery: bool, outcome: &Outcome) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.0 += 1;
        let entry = json!({
            "seq": last.0,
            "at": at,
            "channel": delivery.target.channel,
            "url": delivery.target.url,
            "events": delivery.events,
            "redelivery": redelivery,
            "wrong_signature": delivery.manner.wrong_signature,
            "status": outcome.status(),
            "reason": outcome.reason(),
            "detail": outcome.detail(),
        });
        if last.1.len() == KEPT {
            last.1.pop_front();
        }
        last.1.push_back(entry);
    }

    /// Those after number `since`, oldest first.
    pub(super) fn since(&self, since: u64) -> Value {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.1.iter().filter(|entry| entry["seq"].as_u64() > Some(since)).cloned().collect()
    }
}
