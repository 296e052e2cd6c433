//! Whether a channel may be used now. Trouble of the channel (not of one notice) closes the gate; single
//! probes find out when it is over; the first success opens it for everything that waits.

use std::time::Duration;

use madoguchi_base::Millis;

use crate::api::messaging::{Outcome, Refusal};

/// Failures without a success between that close the gate at once. Many requests are under way together, so
/// a few failures in a row say nothing where every third fails.
const CLOSES_AT: u32 = 20;
/// What a connection that could not be made counts.
const NOT_SENT: u32 = 7;
/// Where little is sent, so many failures …
const CLOSES_AT_SLOW: u32 = 4;
/// … over this long without a success close it.
const SLOW_MS: i64 = 3_000;

/// Why the gate is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// LINE is not reached or does not answer.
    Down,
    /// Too many requests.
    Rate,
    /// The month's messages are used up.
    Quota,
    /// LINE refuses the channel.
    Channel,
}

impl Trouble {
    /// Until the next probe, after `step` probes: never more often than once a second.
    fn pause(self, step: u32) -> Duration {
        let doubled = |first: u64, most: u64| Duration::from_secs((first << step.min(16)).min(most));
        match self {
            Self::Down | Self::Channel => doubled(1, 10),
            Self::Rate => doubled(1, 2),
            Self::Quota => Duration::from_mins(10),
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Rate => "rate",
            Self::Quota => "quota",
            Self::Channel => "channel",
        }
    }
}

/// How much may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Open,
    /// One notice, whatever its own back-off says.
    Probe,
    Closed,
}

#[derive(Default)]
pub(super) struct Gate {
    trouble: Option<Trouble>,
    until: Option<Millis>,
    step: u32,
    failures: u32,
    /// When the first of them was.
    failing_since: Option<Millis>,
    /// Counts closings: a success of a request made before the last one proves nothing.
    epoch: u64,
}

impl Gate {
    pub(super) fn room(&self, now: Millis) -> Room {
        match (self.trouble, self.until) {
            (None, _) => Room::Open,
            (Some(_), Some(until)) if now < until => Room::Closed,
            _ => Room::Probe,
        }
    }

    /// A probe goes out: the next one has to wait.
    pub(super) fn probing(&mut self, now: Millis) {
        if let Some(trouble) = self.trouble {
            self.step += 1;
            self.until = Some(later(now, trouble.pause(self.step)));
        }
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Why the lane waits, for people.
    pub(super) fn hold(&self) -> Option<&'static str> {
        self.trouble.map(Trouble::code)
    }

    /// Takes in an outcome of a request made in `epoch`. `true` where the gate opens by it.
    pub(super) fn landed(&mut self, outcome: Outcome, epoch: u64, now: Millis) -> bool {
        let (trouble, wanted) = match outcome {
            Outcome::NotTried => return false,
            Outcome::Accepted
            | Outcome::Refused(Refusal::Recipient | Refusal::NotFriend | Refusal::Message) => {
                self.failures = 0;
                self.failing_since = None;
                return epoch == self.epoch && self.open();
            }
            Outcome::Unknown | Outcome::NotSent => {
                self.failures += if outcome == Outcome::NotSent { NOT_SENT } else { 1 };
                let since = *self.failing_since.get_or_insert(now);
                let slow = self.failures >= CLOSES_AT_SLOW && now.0 - since.0 >= SLOW_MS;
                if self.failures < CLOSES_AT && !slow {
                    return false;
                }
                (Trouble::Down, None)
            }
            Outcome::Refused(Refusal::Rate(after)) => (Trouble::Rate, after),
            Outcome::Refused(Refusal::Quota) => (Trouble::Quota, None),
            Outcome::Refused(Refusal::Token | Refusal::Channel) => (Trouble::Channel, None),
        };
        self.close(trouble, wanted, epoch, now);
        false
    }

    fn open(&mut self) -> bool {
        let was_closed = self.trouble.take().is_some();
        self.until = None;
        self.step = 0;
        was_closed
    }

    fn close(&mut self, trouble: Trouble, wanted: Option<Duration>, epoch: u64, now: Millis) {
        if self.trouble != Some(trouble) && epoch == self.epoch {
            self.epoch += u64::from(self.trouble.is_none());
            self.trouble = Some(trouble);
            self.step = 0;
            self.until = Some(later(now, trouble.pause(0)));
        }
        if let Some(wanted) = wanted {
            let wanted = later(now, wanted.min(Duration::from_mins(5)));
            self.until = self.until.max(Some(wanted));
        }
    }
}

fn later(now: Millis, by: Duration) -> Millis {
    now.plus_ms(by.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000_000);
    const RATE: Outcome = Outcome::Refused(Refusal::Rate(None));

    #[test]
    fn failures_among_successes_close_nothing() {
        let mut gate = Gate::default();
        for i in 0..1_000 {
            let outcome = if i % 8 == 0 { Outcome::Accepted } else { Outcome::Unknown };
            gate.landed(outcome, 0, NOW.plus_ms(i));
        }
        assert_eq!(gate.room(NOW), Room::Open);
    }

    #[test]
    fn failures_without_a_success_close_it() {
        let closes = |outcome, times: i64, apart_ms| {
            let mut gate = Gate::default();
            for i in 0..times {
                gate.landed(outcome, 0, NOW.plus_ms(i * apart_ms));
            }
            gate.hold() == Some("down")
        };
        assert!(!closes(Outcome::Unknown, 19, 1) && closes(Outcome::Unknown, 20, 1));
        assert!(!closes(Outcome::Unknown, 3, 2_000) && closes(Outcome::Unknown, 4, 2_000));
        assert!(!closes(Outcome::NotSent, 2, 1) && closes(Outcome::NotSent, 3, 1));
        let mut gate = Gate::default();
        for _ in 0..3 {
            gate.landed(Outcome::NotSent, 0, NOW);
        }
        assert_eq!(gate.room(NOW.plus_ms(999)), Room::Closed);
        assert_eq!(gate.room(NOW.plus_ms(1_000)), Room::Probe);
    }

    #[test]
    fn while_limited_there_is_at_most_one_probe_a_second() {
        let mut gate = Gate::default();
        for _ in 0..100 {
            gate.landed(RATE, 0, NOW);
        }
        let mut probes = 0;
        for ms in 0..60_000 {
            let now = NOW.plus_ms(ms);
            if gate.room(now) == Room::Probe {
                probes += 1;
                gate.probing(now);
                gate.landed(RATE, gate.epoch(), now);
            }
        }
        assert!((10..=60).contains(&probes), "{probes}");
    }

    #[test]
    fn a_success_from_before_the_closing_proves_nothing() {
        let mut gate = Gate::default();
        gate.landed(RATE, 0, NOW);
        assert!(!gate.landed(Outcome::Accepted, 0, NOW));
        assert_eq!(gate.room(NOW), Room::Closed);
        let epoch = gate.epoch();
        assert!(gate.landed(Outcome::Accepted, epoch, NOW));
        assert_eq!(gate.room(NOW), Room::Open);
    }

    #[test]
    fn line_may_ask_for_more_time() {
        let mut gate = Gate::default();
        gate.landed(Outcome::Refused(Refusal::Rate(Some(Duration::from_secs(30)))), 0, NOW);
        assert_eq!(gate.room(NOW.plus_ms(29_999)), Room::Closed);
        assert_eq!(gate.room(NOW.plus_ms(30_000)), Room::Probe);
    }
}
