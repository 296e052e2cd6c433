//! Points at which a test ends the process, as a power cut would. In production there is no plan, and every
//! [`Plan::hit`] is a comparison with nothing.

pub(crate) mod torn;

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// Notices were read, nothing is frozen yet.
    BeforeFreeze,
    /// Key and bytes are committed, nothing was sent.
    AfterFreeze,
    /// Just before a request.
    BeforeSend,
    /// Half of a request's bytes were written.
    HalfSent,
    /// A whole request was written, the answer not read.
    AfterSend,
    /// The answer was read, its record not committed.
    AnswerReadNotRecorded,
    /// The record is committed.
    AfterRecord,
    /// A webhook's effects are not committed yet.
    WebhookBeforeCommit,
    /// A rich menu's intent is stored, nothing asked.
    MenuIntended,
    /// A rich menu exists at LINE, we have not noted its id.
    MenuCreated,
    /// A rich menu is the default, we have not noted it.
    MenuDefault,
}

impl Point {
    /// All points.
    pub const ALL: [Self; 11] = [
        Self::BeforeFreeze,
        Self::AfterFreeze,
        Self::BeforeSend,
        Self::HalfSent,
        Self::AfterSend,
        Self::AnswerReadNotRecorded,
        Self::AfterRecord,
        Self::WebhookBeforeCommit,
        Self::MenuIntended,
        Self::MenuCreated,
        Self::MenuDefault,
    ];

    /// The name in the setting `fault_points`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BeforeFreeze => "before-freeze",
            Self::AfterFreeze => "after-freeze",
            Self::BeforeSend => "before-send",
            Self::HalfSent => "half-sent",
            Self::AfterSend => "after-send",
            Self::AnswerReadNotRecorded => "answer-read-not-recorded",
            Self::AfterRecord => "after-record",
            Self::WebhookBeforeCommit => "webhook-before-commit",
            Self::MenuIntended => "menu-intended",
            Self::MenuCreated => "menu-created",
            Self::MenuDefault => "menu-default",
        }
    }
}

/// A plan that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fault point reads NAME or NAME:N, the N-th time that the point is passed")]
pub struct PlanError;

/// End at `point`, the `nth` time that it is passed. Clones count together.
#[derive(Clone, Debug)]
pub struct Plan {
    point: Point,
    left: Arc<AtomicU32>,
}

impl Plan {
    /// End the `nth` time (1 = the first) that `point` is passed.
    pub fn new(point: Point, nth: u32) -> Self {
        Self { point, left: Arc::new(AtomicU32::new(nth.max(1))) }
    }

    /// Whether this pass is the one.
    fn is_due(&self, point: Point) -> bool {
        self.point == point && self.left.fetch_sub(1, Ordering::Relaxed) == 1
    }

    /// Ends the process here if the plan says so.
    pub(crate) fn hit(plan: Option<&Self>, point: Point) {
        if plan.is_some_and(|p| p.is_due(point)) {
            std::process::abort();
        }
    }

    /// For points that lie inside a request: whether this request is the one.
    pub(crate) fn takes(plan: Option<&Self>, point: Point) -> bool {
        plan.is_some_and(|p| p.is_due(point))
    }
}

impl FromStr for Plan {
    type Err = PlanError;

    fn from_str(s: &str) -> Result<Self, PlanError> {
        let (name, nth) = match s.split_once(':') {
            Some((name, n)) => (name, n.parse().map_err(|_| PlanError)?),
            None => (s, 1),
        };
        let point = Point::ALL.into_iter().find(|p| p.code() == name).ok_or(PlanError)?;
        Ok(Self::new(point, nth))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_names_a_point_and_a_time() {
        let plan: Plan = "after-send:3".parse().expect("plan");
        let passes: Vec<bool> = (0..4).map(|_| plan.is_due(Point::AfterSend)).collect();
        assert_eq!(passes, [false, false, true, false]);
        assert!(!plan.is_due(Point::BeforeSend));
        assert_eq!("nowhere".parse::<Plan>().expect_err("unknown"), PlanError);
    }
}
