//! The closed list of news.

use std::str::FromStr;

/// What a notice tells. LINE learns this and nothing else about what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoticeKind {
    /// 届きました
    Submitted,
    /// 受け付けました
    Accepted,
    /// 修正のお願い
    Correction,
    /// 修正の期限が近い
    Reminder,
    /// お支払い金額が決まりました
    PaymentDue,
    /// お支払いを確認しました
    Paid,
    /// 書類を発送しました
    Posted,
    /// 窓口でお渡しできます
    Pickup,
    /// 結果が出ました
    Result,
    /// 担当課からメッセージ
    Message,
    /// 取り下げました
    Withdrawn,
}

impl NoticeKind {
    /// All kinds, in the order of an application's life.
    pub const ALL: [Self; 11] = [
        Self::Submitted,
        Self::Accepted,
        Self::Correction,
        Self::Reminder,
        Self::PaymentDue,
        Self::Paid,
        Self::Posted,
        Self::Pickup,
        Self::Result,
        Self::Message,
        Self::Withdrawn,
    ];

    /// The name in the database and in procedure files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Accepted => "accepted",
            Self::Correction => "correction",
            Self::Reminder => "reminder",
            Self::PaymentDue => "payment_due",
            Self::Paid => "paid",
            Self::Posted => "posted",
            Self::Pickup => "pickup",
            Self::Result => "result",
            Self::Message => "message",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether the news is stale once its day is over.
    pub(crate) const fn ends_with_due(self) -> bool {
        matches!(self, Self::Correction | Self::Reminder | Self::PaymentDue)
    }
}

/// Not one of the kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of notice")]
pub struct UnknownKind;

impl FromStr for NoticeKind {
    type Err = UnknownKind;
    fn from_str(s: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|k| k.code() == s).ok_or(UnknownKind)
    }
}
