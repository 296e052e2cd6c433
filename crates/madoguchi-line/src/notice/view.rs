//! A notice as citizens and staff read it.

use madoguchi_base::{Millis, NoticeId};

use super::NoticeKind;
use crate::store::notice::ViewRow;
use crate::wording;

/// How far a notice has come, in the words that people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// Not accepted by LINE yet; it will be sent.
    Waiting,
    /// Waits because the municipality's monthly number of messages is used up.
    WaitingForQuota,
    /// LINE has accepted it.
    Sent,
    /// Sent, but LINE has not answered: asked again under the same key, or parked after 20 hours.
    Checking,
    /// Was not finished when the database was brought back from a backup; LINE may have been told since.
    Restored,
    /// Not sent in time.
    Expired,
    /// Not a friend, blocked, or refused by LINE (not told apart, on purpose).
    Undeliverable,
    /// The person has ended the link with LINE.
    Stopped,
    /// A reminder of something that no longer waits.
    Void,
}

impl DeliveryState {
    /// The words on pages.
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::Waiting => "送信待ち",
            Self::WaitingForQuota => "送信待ち（LINEの今月の送信数の上限に達しています）",
            Self::Sent => "送信済み",
            Self::Checking => "確認中（LINEの応答なし）",
            Self::Restored => "結果不明（復元）",
            Self::Expired => "期限切れ",
            Self::Undeliverable => "LINEで届きません（友だちではない、またはブロック）",
            Self::Stopped => "LINE連携解除のため停止",
            Self::Void => "送る必要がなくなりました",
        }
    }

    /// A stable name for `data-` attributes and `--json`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::WaitingForQuota => "waiting-for-quota",
            Self::Sent => "sent",
            Self::Checking => "checking",
            Self::Restored => "restored",
            Self::Expired => "expired",
            Self::Undeliverable => "undeliverable",
            Self::Stopped => "stopped",
            Self::Void => "void",
        }
    }

    /// From the columns of `line_notice` and the lane's hold.
    pub(crate) fn of(state: &str, outcome: Option<&str>, unknown: bool, quota: bool) -> Self {
        match state {
            "accepted" => Self::Sent,
            "parked" if outcome == Some("restored") => Self::Restored,
            "parked" => Self::Checking,
            "expired" => Self::Expired,
            "undeliverable" | "refused" => Self::Undeliverable,
            "stopped" => Self::Stopped,
            "void" => Self::Void,
            _ if unknown => Self::Checking,
            _ if quota => Self::WaitingForQuota,
            _ => Self::Waiting,
        }
    }
}

/// A notice and what became of it.
#[derive(Clone, Debug)]
pub struct NoticeView {
    /// Its id.
    pub id: NoticeId,
    /// What it tells.
    pub kind: NoticeKind,
    /// When it was promised.
    pub at: Millis,
    /// How far it has come.
    pub state: DeliveryState,
    /// When LINE accepted it.
    pub sent_at: Option<Millis>,
    /// The text that LINE was given, once there was a first attempt.
    pub text: Option<String>,
    /// Attempts so far.
    pub attempts: i64,
    /// LINE's `x-line-request-id` of the last answer.
    pub request_id: Option<String>,
}

pub(super) fn read(row: ViewRow) -> Option<NoticeView> {
    let quota = row.hold.as_deref() == Some("quota") || row.lane_hold.as_deref() == Some("quota");
    Some(NoticeView {
        id: row.id.parse().ok()?,
        kind: row.kind.parse().ok()?,
        at: Millis(row.created_at),
        state: DeliveryState::of(
            &row.state,
            row.last_outcome.as_deref(),
            row.first_unknown_at.is_some(),
            quota,
        ),
        sent_at: row.accepted_at.map(Millis),
        text: row.body.as_deref().and_then(wording::text_of),
        attempts: row.attempts,
        request_id: row.request_id,
    })
}
