//! Three clocks. `wall` for people and law, `mono` for time-outs inside a process, `lease` for what two
//! nodes compare. Tests and the demo move `wall`; nothing moves `mono`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// Unix time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

impl Millis {
    /// Later by `ms` milliseconds.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Later by `secs` seconds.
    #[must_use]
    pub fn plus_secs(self, secs: i64) -> Self {
        self.plus_ms(secs.saturating_mul(1_000))
    }

    /// The moment on a clock in Japan.
    pub fn to_zoned(self) -> Zoned {
        let at = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        at.to_zoned(tokyo())
    }

    /// 令和8年11月22日(日) 午後3時15分
    pub fn japanese(self) -> String {
        let z = self.to_zoned();
        let (half, hour) = if z.hour() < 12 { ("午前", z.hour()) } else { ("午後", z.hour() - 12) };
        format!("{} {half}{hour}時{:02}分", crate::Day::of(self).japanese(), z.minute())
    }
}

/// Japan has had no summer time since 1951: a fixed offset needs no time-zone data on the machine.
pub(crate) fn tokyo() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(9))
}

/// The clocks of one process. Clones share their state.
#[derive(Clone, Debug)]
pub struct Clock(Arc<State>);

#[derive(Debug)]
struct State {
    /// `i64::MIN` = follow the operating system.
    fixed: AtomicI64,
    offset: AtomicI64,
    /// Database time minus ours, sampled by the lane; added to `lease`.
    lease_skew: AtomicI64,
    started: Instant,
    started_wall: i64,
    highest: AtomicI64,
}

impl Clock {
    /// Follows the operating system.
    pub fn system() -> Self {
        Self::with(i64::MIN)
    }

    /// Stands still at `at` until moved: for tests.
    pub fn fixed(at: Millis) -> Self {
        Self::with(at.0)
    }

    fn with(fixed: i64) -> Self {
        Self(Arc::new(State {
            fixed: AtomicI64::new(fixed),
            offset: AtomicI64::new(0),
            lease_skew: AtomicI64::new(0),
            started: Instant::now(),
            started_wall: os_now(),
            highest: AtomicI64::new(i64::MIN),
        }))
    }

    /// Time for people and law.
    pub fn wall(&self) -> Millis {
        let fixed = self.0.fixed.load(Ordering::Relaxed);
        let base = if fixed == i64::MIN { os_now() } else { fixed };
        let now = base.saturating_add(self.0.offset.load(Ordering::Relaxed));
        self.0.highest.fetch_max(now, Ordering::Relaxed);
        Millis(now)
    }

    /// The highest wall time seen: key ages and leases use it when wall falls behind.
    pub fn highest_wall(&self) -> Millis {
        let now = self.wall();
        Millis(self.0.highest.load(Ordering::Relaxed).max(now.0))
    }

    /// Time since the process started; never jumps.
    pub fn mono(&self) -> Duration {
        self.0.started.elapsed()
    }

    /// What two nodes compare: database time sampled once, then monotonic.
    pub fn lease(&self) -> Millis {
        let since = i64::try_from(self.0.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        Millis(self.0.started_wall + since + self.0.lease_skew.load(Ordering::Relaxed))
    }

    /// Tells how far the database's clock is ahead of ours (milliseconds).
    pub fn set_lease_skew(&self, ms: i64) {
        self.0.lease_skew.store(ms, Ordering::Relaxed);
    }

    /// Shifts `wall` (the demo lives through six weeks in two seconds).
    pub fn set_offset_ms(&self, ms: i64) {
        self.0.offset.store(ms, Ordering::Relaxed);
    }

    /// Moves `wall` on.
    pub fn advance_ms(&self, ms: i64) {
        self.0.offset.fetch_add(ms, Ordering::Relaxed);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the operating system for the time")]
fn os_now() -> i64 {
    Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_as_a_person_in_japan_says_it() {
        assert_eq!(Millis(1_795_327_200_000).japanese(), "令和8年11月22日(日) 午後3時00分");
    }

    #[test]
    fn the_highest_wall_time_does_not_fall() {
        let clock = Clock::fixed(Millis(10_000));
        clock.wall();
        clock.set_offset_ms(-5_000);
        assert_eq!(clock.wall(), Millis(5_000));
        assert_eq!(clock.highest_wall(), Millis(10_000));
    }
}
