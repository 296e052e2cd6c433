//! Three clocks. `wall` for people and law, `mono` for time-outs inside a process, `lease` for what two
//! nodes compare. Tests and the demo move `wall`; nothing moves `mono`.
//!
//! Nobody may rely on `wall` to be right: a wrong battery or a wrong hand sets it. So whatever removes or ends
//! something because time has passed asks [`Clock::may_expire`] first.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// Between two looks the wall clock may gain so much on the time that has really passed.
const JUMP_MS: i64 = 3_600_000;

/// The wall clock went forward by more than an hour at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// What it should have shown.
    pub from: Millis,
    /// What it showed.
    pub to: Millis,
}

/// The last look at the operating system's clock.
#[derive(Debug)]
struct Watch {
    shown: i64,
    at: Duration,
    halted: bool,
    /// What it gained by jumps that nobody has confirmed.
    gained: i64,
    /// Seen here, and not known to be stored yet.
    jump: Option<Jump>,
    /// Confirmations that were heard of.
    confirmed: i64,
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
    /// What a test makes of the operating system's clock.
    set_by: AtomicI64,
    watch: Mutex<Watch>,
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
            set_by: AtomicI64::new(0),
            watch: Mutex::new(Watch {
                shown: if fixed == i64::MIN { os_now() } else { fixed },
                at: running(),
                halted: false,
                gained: 0,
                jump: None,
                confirmed: i64::MIN,
            }),
        }))
    }

    /// The operating system's clock, without what the demo and tests add to it.
    fn shown(&self) -> i64 {
        let fixed = self.0.fixed.load(Ordering::Relaxed);
        let base = if fixed == i64::MIN { os_now() } else { fixed };
        base.saturating_add(self.0.set_by.load(Ordering::Relaxed))
    }

    /// Time for people and law.
    pub fn wall(&self) -> Millis {
        let now = self.shown().saturating_add(self.0.offset.load(Ordering::Relaxed));
        self.0.highest.fetch_max(now, Ordering::Relaxed);
        Millis(now)
    }

    /// The highest wall time seen: key ages and leases use it when wall falls behind.
    pub fn highest_wall(&self) -> Millis {
        let now = self.wall();
        Millis(self.0.highest.load(Ordering::Relaxed).max(now.0))
    }

    /// The wall time without jumps that nobody has confirmed: for what lasts as long as somebody's visit (sessions, a
    /// page that lies open). Only differences between two of its answers mean anything.
    pub fn steady_wall(&self) -> Millis {
        let gained = self.look().gained;
        Millis(self.wall().0.saturating_sub(gained))
    }

    /// Tells the highest wall time that was stored: by an earlier start, or by another node.
    pub fn saw(&self, stored: Millis) {
        self.0.highest.fetch_max(stored.0, Ordering::Relaxed);
    }

    /// Whether anything may be removed or ended because time has passed. The one gate of every job that does so:
    /// after a jump of more than an hour the answer is no until a person has confirmed the time.
    pub fn may_expire(&self) -> bool {
        !self.look().halted
    }

    /// The jump that this process has seen and that is not stored yet.
    pub fn unstored_jump(&self) -> Option<Jump> {
        self.look().jump
    }

    /// Tells what is stored: whether expiry is halted, and how often a person has confirmed the time so far.
    pub fn heard(&self, halted: bool, confirmed: i64) {
        let mut watch = self.look();
        if halted || confirmed > watch.confirmed {
            watch.jump = None;
        }
        if confirmed > watch.confirmed && !halted {
            watch.gained = 0;
        }
        watch.halted = halted || watch.jump.is_some();
        watch.confirmed = watch.confirmed.max(confirmed);
    }

    /// Compares the wall clock with the time that has really passed. What the demo and tests add is no jump.
    fn look(&self) -> MutexGuard<'_, Watch> {
        let mut watch = self.0.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let (shown, at) = (self.shown(), running());
        let passed = i64::try_from(at.saturating_sub(watch.at).as_millis()).unwrap_or(i64::MAX);
        let expected = watch.shown.saturating_add(passed);
        let gained = shown.saturating_sub(expected);
        if gained.saturating_abs() > JUMP_MS {
            // Set back further than it had jumped, it is a correction, and followed.
            watch.gained = watch.gained.saturating_add(gained).max(0);
        }
        if gained > JUMP_MS {
            watch.halted = true;
            watch.jump.get_or_insert(Jump { from: Millis(expected), to: Millis(shown) });
        }
        (watch.shown, watch.at) = (shown, at);
        watch
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

    /// Sets the operating system's clock, as far as this process can tell: for tests of what follows.
    pub fn set_by_ms(&self, ms: i64) {
        self.0.set_by.fetch_add(ms, Ordering::Relaxed);
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

/// Where the machine cannot say how long it has been up.
static FIRST: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();

/// Time that has really passed, also while the machine slept: a notebook that was closed is no jump.
fn running() -> Duration {
    #[cfg(target_os = "linux")]
    if let Ok(now) = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME) {
        return Duration::from(now);
    }
    FIRST.get_or_init(Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_as_a_person_in_japan_says_it() {
        assert_eq!(Millis(1_795_327_200_000).japanese(), "令和8年11月22日(日) 午後3時00分");
    }

    #[test]
    fn a_jump_of_more_than_an_hour_halts_expiry_until_somebody_confirms() {
        let clock = Clock::fixed(Millis(1_000_000_000));
        clock.heard(false, 0);
        clock.set_by_ms(3_500_000);
        assert!(clock.may_expire(), "less than an hour");
        clock.advance_ms(40 * 86_400_000);
        assert!(clock.may_expire(), "the demo's clock was moved on purpose");
        clock.set_by_ms(3_700_000);
        assert!(!clock.may_expire());
        let jump = clock.unstored_jump().expect("seen");
        assert!((3_600_001..=3_700_000).contains(&(jump.to.0 - jump.from.0)), "{jump:?}");
        clock.heard(false, 0);
        assert!(!clock.may_expire(), "not stored yet");
        clock.heard(true, 0);
        assert!(clock.unstored_jump().is_none() && !clock.may_expire());
        assert!(clock.wall().0 - clock.steady_wall().0 > 3_600_000, "a visit does not grow older by it");
        clock.set_by_ms(-3_700_000);
        assert!(clock.wall().0 - clock.steady_wall().0 < 60_000, "set back");
        assert!(!clock.may_expire(), "setting it back is not a confirmation");
        clock.heard(false, 1);
        assert!(clock.may_expire());
        assert_eq!(clock.wall(), clock.steady_wall(), "confirmed");
        let other = Clock::fixed(Millis(1_000_000_000));
        other.heard(true, 1);
        assert!(!other.may_expire(), "another node, or an earlier start, has seen one");
    }

    #[test]
    fn a_clock_that_follows_the_system_does_not_jump_by_itself() {
        let clock = Clock::system();
        assert!(clock.may_expire() && clock.may_expire());
        clock.saw(clock.wall().plus_secs(86_400));
        assert!(clock.highest_wall() >= clock.wall().plus_secs(86_000), "stored by somebody");
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
