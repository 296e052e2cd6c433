//! One provider with its two channels, as it stands now.

use super::event::Friendship;
use crate::config::Provider;
use crate::ids;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const JST_MS: i64 = 9 * 60 * 60 * 1000;

/// What was answered to the first accepted request under a retry key.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub(crate) at: i64,
    pub(crate) request: Uuid,
    pub(crate) first_id: u64,
    pub(crate) count: usize,
}

/// A rich menu.
#[derive(Clone, Debug)]
pub(crate) struct Menu {
    pub(crate) menu: Value,
    /// Media type and bytes.
    pub(crate) image: Option<(String, bytes::Bytes)>,
}

/// One provider with its two channels.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) provider: Provider,
    /// From user id to the person's index.
    pub(crate) users: HashMap<String, usize>,
    pub(crate) friends: HashMap<usize, Friendship>,
    /// Granted scopes of the Login channel.
    pub(crate) grants: HashMap<usize, Vec<String>>,
    pub(crate) retries: HashMap<Uuid, Accepted>,
    pub(crate) menus: BTreeMap<String, Menu>,
    pub(crate) default_menu: Option<String>,
    pub(crate) assertion_keys: BTreeMap<String, Value>,
    /// Month number and messages counted in it.
    usage: (i64, u64),
}

impl Tenant {
    pub(crate) fn new(provider: Provider) -> Self {
        Self {
            provider,
            users: HashMap::new(),
            friends: HashMap::new(),
            grants: HashMap::new(),
            retries: HashMap::new(),
            menus: BTreeMap::new(),
            default_menu: None,
            assertion_keys: BTreeMap::new(),
            usage: (0, 0),
        }
    }

    pub(crate) fn user_id(&self, persona: &str) -> String {
        ids::user_id(&self.provider.name, persona)
    }

    pub(crate) fn is_friend(&self, person: usize) -> bool {
        self.friends.get(&person) == Some(&Friendship::Friend)
    }

    /// The first accepted request under that key, if it is not older than a day.
    /// LINE docs: retrying-api-request, "24 hours from the first request".
    pub(crate) fn accepted(&self, key: &Uuid, now: i64) -> Option<&Accepted> {
        self.retries.get(key).filter(|a| now < a.at + DAY_MS)
    }

    pub(crate) fn accept(&mut self, key: Uuid, accepted: Accepted) {
        let now = accepted.at;
        self.retries.insert(key, accepted);
        // Forget old keys now and then, when the map would grow anyway.
        if self.retries.len() == self.retries.capacity() {
            self.retries.retain(|_, a| now < a.at + DAY_MS);
        }
    }

    /// Messages counted this month. LINE docs: quota is monthly, Japan time.
    pub(crate) fn usage(&self, now: i64) -> u64 {
        if self.usage.0 == month(now) { self.usage.1 } else { 0 }
    }

    pub(crate) fn count_one(&mut self, now: i64) {
        self.usage = (month(now), self.usage(now) + 1);
    }

    pub(crate) fn quota_is_used_up(&self, now: i64) -> bool {
        self.provider.messaging.quota.is_some_and(|q| self.usage(now) >= q)
    }
}

/// Months since year 0 in Japan (days-to-civil after Howard Hinnant, date algorithms).
fn month(now_ms: i64) -> i64 {
    let days = (now_ms + JST_MS).div_euclid(DAY_MS) + 719_468;
    let era = days.div_euclid(146_097);
    let doe = days.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let shifted = (5 * doy + 2) / 153;
    let (month, carry) = if shifted < 10 { (shifted + 3, 0) } else { (shifted - 9, 1) };
    (era * 400 + yoe + carry) * 12 + month
}

#[cfg(test)]
mod tests {
    use super::month;

    #[test]
    fn months_turn_at_midnight_in_japan() {
        // 2026-11-30T14:59:59Z is still November in Japan; a second later it is December.
        let last = 1_796_050_799_000;
        assert_eq!(month(last), 2026 * 12 + 11);
        assert_eq!(month(last + 1000), 2026 * 12 + 12);
    }
}
