//! Time for back-off and key ages: never behind the highest wall time seen, and never standing still when
//! the wall clock falls back.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use madoguchi_base::{Clock, Millis};

pub(crate) struct Steady {
    clock: Clock,
    last: Mutex<(Millis, Duration)>,
}

impl Steady {
    pub(crate) fn new(clock: Clock) -> Self {
        let last = Mutex::new((clock.highest_wall(), clock.mono()));
        Self { clock, last }
    }

    /// The later of the highest wall time and what the monotonic clock makes of the last answer.
    pub(crate) fn now(&self) -> Millis {
        let mono = self.clock.mono();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = mono.saturating_sub(last.1).as_millis() as i64;
        let now = last.0.plus_ms(passed).max(self.clock.wall());
        // Parts of a millisecond are kept until they make a whole one.
        if now > last.0 {
            *last = (now, mono);
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_the_wall_forward_and_not_back() {
        let clock = Clock::fixed(Millis(1_000_000));
        let steady = Steady::new(clock.clone());
        clock.advance_ms(3_600_000);
        let ahead = steady.now();
        assert!(ahead >= Millis(4_600_000));
        clock.set_offset_ms(0);
        assert!(steady.now() >= ahead);
    }
}
