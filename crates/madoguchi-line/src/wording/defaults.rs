//! The sentences that hold where a municipality has not reworded them. ⏎ is a line break.

use super::ProcedureKind;
use crate::notice::NoticeKind;

/// The default sentence of a kind of notice for a kind of procedure.
pub(crate) const fn sentence(kind: NoticeKind, procedure: ProcedureKind) -> &'static str {
    match kind {
        NoticeKind::Submitted => match procedure {
            ProcedureKind::Application => {
                "{手続}の申請が届きました。\n受付番号 {受付番号}\n担当課が内容を確認します。"
            }
            ProcedureKind::Request => {
                "{手続}の請求が届きました。\n受付番号 {受付番号}\n担当課が内容を確認します。"
            }
            ProcedureKind::Notification => {
                "{手続}の届出が届きました。\n受付番号 {受付番号}\n担当課が内容を確認します。"
            }
            ProcedureKind::Contract | ProcedureKind::Report => {
                "{手続}のお申し込みが届きました。\n受付番号 {受付番号}\n担当課が内容を確認します。"
            }
        },
        NoticeKind::Accepted => {
            "{手続}を受け付けました。\n受付番号 {受付番号}\n結果のお知らせの目安は{日数}日です。"
        }
        NoticeKind::Correction => {
            "{手続}に修正のお願いがあります。\n受付番号 {受付番号}\n{期限}までに確認してください。"
        }
        NoticeKind::Reminder => "修正の期限が近づいています。\n受付番号 {受付番号}\n期限は{期限}です。",
        NoticeKind::PaymentDue => {
            "{手続}のお支払い金額が決まりました。\n受付番号 {受付番号}\n{期限}までにお支払いください。"
        }
        NoticeKind::Paid => "お支払いを確認しました。\n受付番号 {受付番号}",
        NoticeKind::Posted => "書類を発送しました。\n受付番号 {受付番号}\nお届けまで2～5日ほどかかります。",
        NoticeKind::Pickup => {
            "窓口でお渡しできます。\n受付番号 {受付番号}\n受付時間と持ち物を確認してください。"
        }
        NoticeKind::Result => "{手続}の結果が出ました。\n受付番号 {受付番号}\n内容を確認してください。",
        NoticeKind::Message => "担当課からメッセージがあります。\n受付番号 {受付番号}",
        NoticeKind::Withdrawn => "{手続}を取り下げました。\n受付番号 {受付番号}",
    }
}
