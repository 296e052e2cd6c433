//! The one place that reads the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// The emulator's clock: the machine's time plus an offset that tests and the demo move.
/// Retry keys, tokens, quotas, and the waits of ordered faults live by it.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    offset_ms: AtomicI64,
    /// Rung when the offset changes, for those who wait.
    moved: watch::Sender<()>,
}

impl Clock {
    /// A clock that is `offset_ms` ahead of the machine.
    pub fn with_offset(offset_ms: i64) -> Self {
        let clock = Self::default();
        clock.set_offset_ms(offset_ms);
        clock
    }

    /// Milliseconds since 1970 by this clock.
    #[expect(clippy::disallowed_methods, reason = "this is the Clock that everything else asks")]
    pub fn now_ms(&self) -> i64 {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        real.as_millis() as i64 + self.inner.offset_ms.load(Ordering::Relaxed)
    }

    /// Sets how far this clock is ahead of the machine.
    pub fn set_offset_ms(&self, offset_ms: i64) {
        self.inner.offset_ms.store(offset_ms, Ordering::Relaxed);
        self.inner.moved.send_replace(());
    }

    /// Moves this clock by `by_ms`.
    pub fn advance_ms(&self, by_ms: i64) {
        self.inner.offset_ms.fetch_add(by_ms, Ordering::Relaxed);
        self.inner.moved.send_replace(());
    }

    /// Waits so many milliseconds by this clock: whoever moves it ahead ends the wait.
    pub(crate) async fn wait_ms(&self, ms: u64) {
        let mut moved = self.inner.moved.subscribe();
        let until = self.now_ms().saturating_add_unsigned(ms);
        loop {
            moved.mark_unchanged();
            let left = until - self.now_ms();
            if left <= 0 {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(left.unsigned_abs())) => {}
                _ = moved.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use std::time::{Duration, Instant};

    #[tokio::test]
    async fn a_wait_ends_when_the_clock_is_moved_past_it() {
        let clock = Clock::default();
        let begin = Instant::now();
        let mover = async {
            tokio::task::yield_now().await;
            clock.advance_ms(1_000);
            tokio::task::yield_now().await;
            clock.advance_ms(3_600_000);
        };
        tokio::join!(clock.wait_ms(3_600_000), mover);
        assert!(begin.elapsed() < Duration::from_secs(5));
    }
}
