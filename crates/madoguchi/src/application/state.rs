//! States and moves of an application, as one table (pure).

use std::fmt;
use std::str::FromStr;

use crate::procedure::Kind;

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// 到達: the durable commit; written once.
    Submitted,
    /// 受付.
    Accepted,
    /// 審査.
    InReview,
    /// 補正.
    Correction,
    /// お支払い待ち.
    PaymentDue,
    /// お支払い期限を過ぎています.
    PaymentOverdue,
    /// お支払い済み.
    Paid,
    /// 発送の準備中.
    Issuing,
    /// 窓口でお渡しできます.
    ReadyForPickup,
    /// 完了.
    Done,
    /// 却下.
    Rejected,
    /// 取下げ.
    Withdrawn,
    /// 重複.
    Duplicate,
}

/// Each state with its stored code.
pub const STATES: [(State, &str); 13] = [
    (State::Submitted, "submitted"),
    (State::Accepted, "accepted"),
    (State::InReview, "in_review"),
    (State::Correction, "correction"),
    (State::PaymentDue, "payment_due"),
    (State::PaymentOverdue, "payment_overdue"),
    (State::Paid, "paid"),
    (State::Issuing, "issuing"),
    (State::ReadyForPickup, "ready_for_pickup"),
    (State::Done, "done"),
    (State::Rejected, "rejected"),
    (State::Withdrawn, "withdrawn"),
    (State::Duplicate, "duplicate"),
];

/// Not a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a state of an application")]
pub struct UnknownState;

impl FromStr for State {
    type Err = UnknownState;
    fn from_str(s: &str) -> Result<Self, UnknownState> {
        STATES.iter().find(|(_, code)| *code == s).map(|(state, _)| *state).ok_or(UnknownState)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl State {
    /// The stored code, also `data-state` on the page.
    pub fn code(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("", |(_, code)| code)
    }

    /// What the citizen reads; 届出 and 申込み have words of their own.
    pub fn for_citizen(self, kind: Kind) -> &'static str {
        use Kind::{Application, Contract, Notification, Report, Request};
        match (self, kind) {
            (Self::Submitted, Application) => "申請が届きました（受付待ち）",
            (Self::Submitted, Request) => "請求が届きました（受付待ち）",
            (Self::Submitted, Notification) => "届出が届きました（確認待ち）",
            (Self::Submitted, Contract) => "お申し込みが届きました（確認待ち）",
            (Self::Submitted, Report) => "通報が届きました（確認待ち）",
            (Self::Accepted, Notification) => "確認中",
            (Self::Accepted, _) => "受付済み",
            (Self::InReview, Contract | Report) => "手配中",
            (Self::InReview, _) => "審査中",
            (Self::Correction, _) => "修正のお願い",
            (Self::PaymentDue, _) => "お支払い待ち",
            (Self::PaymentOverdue, _) => "お支払い期限を過ぎています",
            (Self::Paid, _) => "お支払い済み",
            (Self::Issuing, _) => "発送の準備中",
            (Self::ReadyForPickup, _) => "窓口でお渡しできます",
            (Self::Done, Application | Request) => "完了",
            (Self::Done, _) => "手続き完了",
            (Self::Rejected, Contract | Report) => "お受けできませんでした",
            (Self::Rejected, _) => "申請を認められませんでした",
            (Self::Withdrawn, Contract | Report) => "取消し済み",
            (Self::Withdrawn, _) => "取下げ済み",
            (Self::Duplicate, _) => "重複",
        }
    }

    /// What the citizen reads of a finished application, where the way there says more: 完了（お渡し済み）.
    pub fn after(self, from: Option<Self>, kind: Kind) -> &'static str {
        match (self, from, kind) {
            (Self::Done, Some(Self::ReadyForPickup), Kind::Application | Kind::Request) => {
                "完了（お渡し済み）"
            }
            (Self::Done, Some(Self::Issuing), Kind::Application | Kind::Request) => "完了（発送済み）",
            _ => self.for_citizen(kind),
        }
    }

    /// What staff read.
    pub fn for_staff(self) -> &'static str {
        match self {
            Self::Submitted => "到達",
            Self::Accepted => "受付",
            Self::InReview => "審査",
            Self::Correction => "補正",
            Self::PaymentDue => "支払待ち",
            Self::PaymentOverdue => "支払期限超過",
            Self::Paid => "支払済み",
            Self::Issuing => "交付準備",
            Self::ReadyForPickup => "受渡し待ち",
            Self::Done => "完了",
            Self::Rejected => "却下",
            Self::Withdrawn => "取下げ",
            Self::Duplicate => "重複",
        }
    }

    /// States from which nothing more is expected of the office.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Done | Self::Rejected | Self::Withdrawn | Self::Duplicate)
    }
}

/// Who makes a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The applicant.
    Citizen,
    /// A member of staff.
    Staff,
    /// A deadline or a payment provider.
    System,
}

/// Whether the table of moves has this one. Kinds that do not use a state refuse it.
pub fn may_move(from: State, to: State, by: By, kind: Kind) -> bool {
    use State::{
        Accepted, Correction, Done, Duplicate, InReview, Issuing, Paid, PaymentDue, PaymentOverdue,
        ReadyForPickup, Rejected, Submitted, Withdrawn,
    };
    let simple = !matches!(kind, Kind::Application | Kind::Request);
    let unused = match to {
        // 届出 is complete on arrival when formally right (行政手続法 37条): no review, no rejection.
        InReview | Rejected => kind == Kind::Notification,
        PaymentDue | PaymentOverdue | Paid => matches!(kind, Kind::Notification | Kind::Report),
        Issuing | ReadyForPickup => simple,
        _ => false,
    };
    if unused {
        return false;
    }
    match by {
        By::Citizen => matches!(
            (from, to),
            (Submitted | Accepted | Correction | PaymentDue | PaymentOverdue, Withdrawn)
                | (Correction, Submitted | Accepted | InReview)
        ),
        By::System => matches!((from, to), (PaymentDue, PaymentOverdue | Paid) | (PaymentOverdue, Paid)),
        By::Staff => matches!(
            (from, to),
            (Submitted, Accepted | Correction | Rejected | Duplicate)
                | (
                    Accepted,
                    InReview
                        | Correction
                        | PaymentDue
                        | Issuing
                        | ReadyForPickup
                        | Done
                        | Rejected
                        | Duplicate
                )
                | (
                    InReview,
                    Correction
                        | PaymentDue
                        | Issuing
                        | ReadyForPickup
                        | Done
                        | Withdrawn
                        | Rejected
                        | Duplicate
                )
                | (Correction, Rejected)
                | (PaymentDue, Paid)
                | (PaymentOverdue, PaymentDue | Paid | Withdrawn | Rejected)
                | (Paid, Issuing | ReadyForPickup | Done)
                | (Issuing | ReadyForPickup, Done)
                | (Done | Rejected, InReview)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_back_from_its_code() {
        for (state, code) in STATES {
            assert_eq!(code.parse(), Ok(state));
            assert_eq!(state.code(), code);
        }
        assert!("draft".parse::<State>().is_err());
    }

    #[test]
    fn nobody_moves_to_arrival_and_finished_ones_are_only_reopened() {
        for (from, _) in STATES {
            assert!(!may_move(from, State::Submitted, By::Staff, Kind::Application));
            for (to, _) in STATES {
                if matches!(from, State::Withdrawn | State::Duplicate) {
                    assert!(!may_move(from, to, By::Staff, Kind::Application), "{from} → {to}");
                }
            }
        }
        assert!(may_move(State::Done, State::InReview, By::Staff, Kind::Application));
    }

    #[test]
    fn a_notification_is_neither_reviewed_nor_rejected() {
        for from in [State::Submitted, State::Accepted] {
            assert!(!may_move(from, State::Rejected, By::Staff, Kind::Notification));
            assert!(!may_move(from, State::InReview, By::Staff, Kind::Notification));
        }
        assert!(may_move(State::Accepted, State::Done, By::Staff, Kind::Notification));
    }
}
