//! The buttons of one application, and the facts beside its state.

use madoguchi_base::{Day, Millis};

use super::desk::{Around, Case};
use super::forms::new_command;
use super::moves::Typed;
use super::pages::{AskField, Next, Other, Tick};
use super::{Move, records};
use crate::application::{Application, By, Channel, Rules, State, may};

/// The next step: the one filled button of the page.
pub(super) fn next(case: Case<'_>, a: &Application, rules: &Rules, typed: &Typed) -> Option<Next> {
    let what = Move::next(a.state, rules)?;
    let (label, hint) = match what {
        Move::Accept => ("受け付ける", "申請者に「受け付けました」とLINEで知らせます。"),
        Move::Ready => ("受渡しの準備ができた", "申請者に「窓口でお渡しできます」とLINEで知らせます。"),
        Move::Issue => ("発送の準備をはじめる", "申請者の画面が「発送の準備中」になります。"),
        _ if a.state == State::ReadyForPickup => {
            ("受け渡した（完了にする）", "申請者の画面が「完了」になります。LINEには送りません。")
        }
        _ if a.state == State::Issuing => {
            ("発送した（完了にする）", "申請者に「書類を発送しました」とLINEで知らせます。")
        }
        _ => ("完了にする", "申請者に「結果が出ました」とLINEで知らせます。"),
    };
    let hint = if a.channel == Channel::Line {
        hint
    } else {
        "LINEには送りません（職員が入力した申請です）。"
    };
    let tick = (what == Move::Accept && rules.identity).then(|| Tick {
        is_on: a.identity_at.is_some(),
        oops: typed.identity_missing.then_some("本人確認書類を確認してから、印をつけてください。"),
    });
    Some(Next { action: case.href(&format!("/{}", what.act())), command: new_command(), label, hint, tick })
}

/// What else can be done, each behind one more tap.
pub(super) fn others(case: Case<'_>, a: &Application, rules: &Rules, typed: &Typed) -> Vec<Other> {
    let one = |what: Move| {
        let said = typed.answered.as_ref().filter(|(of, _)| *of == what).map(|(_, text)| text);
        let (summary, hint, label) = words(what, rules);
        let field = match what {
            Move::Reopen => Some(("reason", "再開する理由", true)),
            Move::Duplicate => Some(("number", "続きがある申請の受付番号", false)),
            _ => None,
        };
        Other {
            action: case.href(&format!("/{}", what.act())),
            act: what.act(),
            command: new_command(),
            summary,
            hint,
            label,
            is_open: said.is_some(),
            field: field.map(|(name, label, is_long)| AskField {
                name,
                label,
                is_long,
                value: said.map(|s| s.text.clone()).unwrap_or_default(),
                oops: said.and_then(|s| s.problem),
            }),
        }
    };
    Move::others(a.state, rules).map(one).collect()
}

fn words(what: Move, rules: &Rules) -> (&'static str, &'static str, &'static str) {
    match what {
        Move::Review => (
            "審査をはじめる",
            if matches!(rules.kind, crate::procedure::Kind::Contract | crate::procedure::Kind::Report) {
                "申請者の画面が「手配中」になります。LINEには送りません。"
            } else {
                "申請者の画面が「審査中」になります。LINEには送りません。"
            },
            "審査をはじめる",
        ),
        Move::Issue => {
            ("発送の準備をはじめる", "申請者の画面が「発送の準備中」になります。", "発送の準備をはじめる")
        }
        Move::Ready => {
            ("窓口で渡す", "申請者に「窓口でお渡しできます」とLINEで知らせます。", "受渡しの準備ができた")
        }
        Move::Complete => ("完了にする", "申請者に「結果が出ました」とLINEで知らせます。", "完了にする"),
        Move::Withdraw => (
            "取下げにする",
            "申請者から取り下げたいと申し出があったときだけ使います。元に戻すことはできません。申請者にLINEで知らせます。",
            "取下げにする",
        ),
        Move::Duplicate => (
            "重複にする",
            "同じ方の別の申請で処理を続けるときに使います。この申請の処理は終わり、元に戻すことはできません。LINEには送りません。",
            "重複にする",
        ),
        Move::Reopen => (
            "もう一度審査する",
            "申請者の画面は「審査中」に戻ります。理由は内部メモに残り、申請者には見えません。LINEには送りません。",
            "理由を添えて再開する",
        ),
        Move::Accept | Move::Reject => ("", "", ""),
    }
}

/// Where asking for a correction is done, while it can be asked.
pub(super) fn ask(case: Case<'_>, a: &Application, rules: &Rules) -> Option<String> {
    let offered = may(a.state, State::Correction, By::Staff, rules);
    offered.then(|| format!("{}?from={}", case.href("/correction"), case.from.code()))
}

/// Facts beside the state: its day, the documents, the channel, a duplicate.
pub(super) fn facts(a: &Application, rules: &Rules, around: &Around, now: Millis) -> Vec<(String, bool)> {
    let today = Day::of(now);
    let mut facts = Vec::new();
    if a.channel != Channel::Line {
        facts.push((format!("職員が入力（{}）", a.channel.japanese()), false));
    }
    match (a.state, a.due) {
        (State::Correction, Some(due)) if due < today => {
            facts.push((format!("期限を過ぎた修正（期限 {}）", due.japanese()), true));
        }
        (State::Correction, Some(due)) => facts.push((format!("修正の期限 {}", due.japanese()), false)),
        (_, Some(due)) => facts.push((format!("処理の期限 {}", due.japanese()), due < today)),
        (_, None) => {}
    }
    if a.state == State::Correction && a.days_left.is_some() {
        facts.push(("標準処理期間は止まっています".to_owned(), false));
    }
    if a.answered_at.is_some() {
        facts.push(("修正が届いています".to_owned(), true));
    }
    if rules.identity {
        let checked = a.identity_at.map(|at| format!("本人確認書類を確認済み（{}）", at.japanese()));
        facts.push((checked.unwrap_or_else(|| "本人確認書類は未確認です".to_owned()), false));
    }
    if let Some(receipt) = &around.survivor {
        facts.push((format!("続きは受付番号 {receipt}"), false));
    }
    facts
}

/// How often a correction was asked for, with its day.
pub(super) fn japanese_day(row: &records::CorrectionRow) -> String {
    row.due.parse::<Day>().map(Day::japanese).unwrap_or_default()
}
