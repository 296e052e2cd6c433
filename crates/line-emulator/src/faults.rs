//! Faults that can be ordered: what goes wrong between a program and LINE.

use serde::Deserialize;
use std::sync::{Mutex, PoisonError};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
    /// The callback gets a bogus code and a state that does not match.
    AutoLoginFailure,
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
            Self::AutoLoginFailure => "auto-login-failure",
            Self::BrowserSwitch => "browser-switch",
            Self::ReturnInOtherBrowser => "return-in-other-browser",
        }
    }

    /// Faults of the login journey; they meet people, not programs.
    pub(crate) fn is_of_login(self) -> bool {
        matches!(self, Self::AutoLoginFailure | Self::BrowserSwitch | Self::ReturnInOtherBrowser)
    }
}

/// An order for faults.
#[derive(Clone, Debug, Deserialize)]
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
}

#[derive(Debug)]
struct Standing {
    order: Order,
    until: Option<i64>,
    seen: u64,
    done: u64,
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
        standing.retain(|s| s.until.is_none_or(|u| now < u) && s.order.times.is_none_or(|t| s.done < t));
        standing.iter_mut().filter(|s| wanted(s.order.kind)).find_map(|s| {
            let order = &s.order;
            let meant = order.endpoint == "*" || names.contains(&order.endpoint.as_str());
            let theirs = order.channel.is_none() || order.channel.as_deref() == channel;
            if !meant || !theirs {
                return None;
            }
            s.seen += 1;
            if !s.seen.is_multiple_of(s.order.every.unwrap_or(1).max(1)) {
                return None;
            }
            s.done += 1;
            Some(s.order.clone())
        })
    }
}
