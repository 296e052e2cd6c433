//! Faults that can be ordered: what goes wrong between a program and LINE.

use crate::deeds::Deed;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// 500, and nothing was done.
    ErrorBefore,
    /// Everything was done, and the answer is 500.
    ErrorAfterAccept,
    /// Everything was done, and the answer never comes.
    HangAfterAccept,
    /// The connection closes without an answer, and nothing was done.
    Reset,
    /// The answer comes late.
    Slow,
    RateLimit,
    Quota,
    Unauthorized,
    /// People add, block, unblock or delete the account while the request is worked on.
    FriendsChange,
    /// The callback gets a bogus code and a state that does not match.
    AutoLoginFailure,
    /// The LINE app does not open, so the browser asks for e-mail and password.
    AppDoesNotOpen,
    /// The callback opens in another browser, without the cookies of the one that began.
    BrowserSwitch,
    /// The same, by its other name.
    ReturnInOtherBrowser,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ErrorBefore => "error-before",
            Self::ErrorAfterAccept => "error-after-accept",
            Self::HangAfterAccept => "hang-after-accept",
            Self::Reset => "reset",
            Self::Slow => "slow",
            Self::RateLimit => "rate-limit",
            Self::Quota => "quota",
            Self::Unauthorized => "unauthorized",
            Self::FriendsChange => "friends-change",
            Self::AutoLoginFailure => "auto-login-failure",
            Self::AppDoesNotOpen => "app-does-not-open",
            Self::BrowserSwitch => "browser-switch",
            Self::ReturnInOtherBrowser => "return-in-other-browser",
        }
    }

    /// Faults of the login journey; they meet people, not programs.
    pub(crate) fn is_of_login(self) -> bool {
        matches!(
            self,
            Self::AutoLoginFailure | Self::AppDoesNotOpen | Self::BrowserSwitch | Self::ReturnInOtherBrowser
        )
    }
}

/// When friends change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum When {
    /// After the request has come, before LINE looks who is a friend.
    #[default]
    Before,
    /// After LINE has accepted and delivered, before the answer goes out (by `delay_ms` before it).
    After,
}

/// An order for faults.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// `METHOD /path` (as documented, with `{userId}`, or literally) or `*`.
    endpoint: String,
    pub(crate) kind: Kind,
    channel: Option<String>,
    /// Only every n-th matching request; 1 if left out.
    every: Option<u64>,
    /// At most so many times.
    times: Option<u64>,
    /// Only for so long.
    seconds: Option<f64>,
    pub(crate) delay_ms: Option<u64>,
    pub(crate) retry_after: Option<u64>,
    /// Of `friends-change`: what is done; `block` if left out.
    pub(crate) deed: Option<Deed>,
    /// Of `friends-change`: who does it; the request's recipients if left out.
    pub(crate) people: Option<Vec<String>>,
    /// Of `friends-change`: `before` if left out.
    #[serde(default)]
    pub(crate) when: When,
}

impl Order {
    fn is_about(&self, names: &[&str], channel: Option<&str>) -> bool {
        let meant = self.endpoint == "*" || names.contains(&self.endpoint.as_str());
        meant && (self.channel.is_none() || self.channel.as_deref() == channel)
    }

    /// What is wrong with it, if anything.
    pub(crate) fn complaint(&self) -> Option<&'static str> {
        let has_path = self.endpoint.split_once(' ').is_some_and(|(_, path)| path.starts_with('/'));
        if self.endpoint != "*" && !has_path {
            return Some("endpoint is \"METHOD /path\" or \"*\"");
        }
        if self.every == Some(0) || self.times == Some(0) {
            return Some("every and times begin at 1");
        }
        let of_friends = self.deed.is_some() || self.people.is_some();
        if of_friends && self.kind != Kind::FriendsChange {
            return Some("deed and people belong to friends-change");
        }
        None
    }
}

#[derive(Debug)]
struct Standing {
    order: Order,
    until: Option<i64>,
    seen: u64,
    done: u64,
}

impl Standing {
    fn is_alive(&self, now: i64) -> bool {
        self.until.is_none_or(|u| now < u) && self.order.times.is_none_or(|t| self.done < t)
    }
}

/// All orders that stand.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    standing: Mutex<Vec<Standing>>,
}

impl Faults {
    pub(crate) fn add(&self, order: Order, now: i64) {
        let until = order.seconds.map(|s| now + (s * 1000.0) as i64);
        self.lock().push(Standing { order, until, seen: 0, done: 0 });
    }

    /// The orders that stand, how many requests they were about, and how many they met.
    pub(crate) fn list(&self, now: i64) -> Value {
        let standing = self.lock();
        let alive = standing.iter().filter(|s| s.is_alive(now));
        alive.map(|s| json!({ "order": s.order, "seen": s.seen, "done": s.done })).collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Standing>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault for this request, if one is due; asking counts as the request.
    pub(crate) fn take(
        &self,
        names: &[&str],
        channel: Option<&str>,
        wanted: impl Fn(Kind) -> bool,
        now: i64,
    ) -> Option<Order> {
        let mut standing = self.lock();
        if standing.is_empty() {
            return None;
        }
        standing.retain(|s| s.is_alive(now));
        let mut due: Option<&mut Standing> = None;
        // Each order counts every request that it is about, also those that another order meets.
        for s in standing.iter_mut().filter(|s| wanted(s.order.kind) && s.order.is_about(names, channel)) {
            s.seen += 1;
            if due.is_none() && s.seen.is_multiple_of(s.order.every.unwrap_or(1).max(1)) {
                due = Some(s);
            }
        }
        let due = due?;
        due.done += 1;
        Some(due.order.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(value: Value) -> Order {
        serde_json::from_value(value).unwrap_or_else(|error| panic!("{error}"))
    }

    fn kinds(faults: &Faults, channel: &str, now: i64) -> Option<Kind> {
        faults.take(&["GET /x"], Some(channel), |_| true, now).map(|o| o.kind)
    }

    #[test]
    fn two_orders_count_the_same_requests() {
        let faults = Faults::default();
        faults.add(order(json!({ "endpoint": "*", "kind": "reset", "every": 2 })), 0);
        faults.add(order(json!({ "endpoint": "GET /x", "kind": "slow", "every": 3, "times": 1 })), 0);
        let met: Vec<_> = (0..6).map(|_| kinds(&faults, "1", 0)).collect();
        let (reset, slow) = (Some(Kind::Reset), Some(Kind::Slow));
        assert_eq!(met, [None, reset, slow, reset, None, reset]);
    }

    #[test]
    fn an_order_ends_by_times_or_by_the_clock_and_spares_other_channels() {
        let faults = Faults::default();
        faults.add(order(json!({ "endpoint": "*", "kind": "quota", "channel": "1", "seconds": 0.5 })), 100);
        assert_eq!(kinds(&faults, "2", 100), None);
        assert_eq!(kinds(&faults, "1", 599), Some(Kind::Quota));
        assert_eq!(kinds(&faults, "1", 600), None);
        faults.add(order(json!({ "endpoint": "*", "kind": "quota", "times": 2 })), 600);
        assert_eq!(faults.list(600)[0]["done"], 0);
        assert_eq!((0..5).filter(|_| kinds(&faults, "1", 600).is_some()).count(), 2);
        assert_eq!(faults.list(600), json!([]));
    }

    #[test]
    fn an_order_that_could_never_be_met_is_refused() {
        for wrong in [
            json!({ "endpoint": "/v2/bot/message/push", "kind": "reset" }),
            json!({ "endpoint": "*", "kind": "reset", "every": 0 }),
            json!({ "endpoint": "*", "kind": "reset", "deed": "block" }),
        ] {
            assert!(order(wrong.clone()).complaint().is_some(), "{wrong}");
        }
        assert_eq!(order(json!({ "endpoint": "GET /x", "kind": "friends-change" })).complaint(), None);
    }
}
