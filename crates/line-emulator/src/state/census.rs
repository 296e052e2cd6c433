//! How many follow and how many block, day by day. LINE docs: get-number-of-followers.

use super::event::Friendship;
use std::collections::BTreeMap;

/// How it stood at the end of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// First-time adds; never falls.
    pub(crate) followers: u64,
    pub(crate) blocks: u64,
    /// Who can be reached.
    pub(crate) friends: u64,
}

/// All days on which something changed.
#[derive(Debug, Default)]
pub(crate) struct Census {
    now: Count,
    days: BTreeMap<i32, Count>,
}

impl Census {
    pub(super) fn changed(&mut self, before: Option<Friendship>, is: Friendship, day: i32) {
        let count = &mut self.now;
        if before.is_none() && is == Friendship::Friend {
            count.followers += 1;
        }
        if before == Some(Friendship::Blocked) {
            count.blocks = count.blocks.saturating_sub(1);
        }
        if is == Friendship::Blocked {
            count.blocks += 1;
        }
        if before == Some(Friendship::Friend) {
            count.friends = count.friends.saturating_sub(1);
        }
        if is == Friendship::Friend {
            count.friends += 1;
        }
        self.days.insert(day, self.now);
    }

    /// How it stood at the end of that day.
    pub(crate) fn at_end_of(&self, day: i32) -> Count {
        self.days.range(..=day).next_back().map_or(Count::default(), |(_, count)| *count)
    }
}

#[cfg(test)]
mod tests {
    use super::{Census, Count};
    use crate::state::event::Friendship::{Blocked, Friend};

    #[test]
    fn followers_never_fall_and_blocks_do() {
        let mut census = Census::default();
        census.changed(None, Friend, 1);
        census.changed(Some(Friend), Blocked, 2);
        census.changed(Some(Blocked), Friend, 4);
        let at = |day| census.at_end_of(day);
        assert_eq!(at(0), Count::default());
        assert_eq!(at(1), Count { followers: 1, blocks: 0, friends: 1 });
        assert_eq!(at(3), Count { followers: 1, blocks: 1, friends: 0 });
        assert_eq!(at(9), Count { followers: 1, blocks: 0, friends: 1 });
    }
}
