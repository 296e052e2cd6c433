//! The audit log in plain words (pure).

use crate::application::State;

/// What a record says, for people. Details are codes and counts; unknown ones are shown as they are.
pub(super) fn act(act: &str, detail: &str) -> String {
    match (act, detail) {
        ("application.submit", _) => "申請を送信".into(),
        ("application.move", code) => {
            let word = code.parse::<State>().map_or_else(|_| code.to_owned(), |s| s.for_staff().to_owned());
            format!("状態を「{word}」に変更")
        }
        ("application.correct", _) => "修正した内容を送信".into(),
        ("application.note", _) => "内部メモを追加".into(),
        ("answers.open", why) => format!("内容を開いた（{}）", purpose(why)),
        ("inbox.today", how) => format!("今日やることを表示（{}）", counted(how)),
        ("application.contact", "telephone") => "電話で連絡したことを記録".into(),
        ("application.contact", "post") => "郵送したことを記録".into(),
        ("application.contact", _) => "連絡が要らないことを記録".into(),
        ("inbox.list", how) => format!("一覧を表示（{}）", counted(how)),
        ("inbox.search", how) => format!("受付番号で検索（{}）", counted(how)),
        ("audit.list", how) => format!("記録を表示（{}）", counted(how)),
        ("account.sign-in", "new") => "LINEではじめてログイン".into(),
        ("account.sign-in", _) => "LINEでログイン".into(),
        ("account.sign-out", _) => "ログアウト".into(),
        ("account.unlink", "line") => "LINEとの連携を解除（LINEに通知）".into(),
        ("account.unlink", _) => "LINEとの連携を解除（窓口の側だけ）".into(),
        ("line.mode", "full") => "LINEの利用範囲を変更（メニュー・Webhookも使う）".into(),
        ("line.mode", _) => "LINEの利用範囲を変更（お知らせだけ）".into(),
        ("line.relay", "on") => "Webhookの転送先を設定".into(),
        ("line.relay", _) => "Webhookの転送を停止".into(),
        ("line.key", "made") => "LINEの署名用の鍵を作成".into(),
        ("line.key", "used") => "LINEの署名用の鍵を使用開始".into(),
        ("line.key", _) => "LINEのチャネルシークレットに変更".into(),
        ("line.menu", "published") => "リッチメニューを公開".into(),
        ("line.menu", "taken-back") => "リッチメニューを元に戻した".into(),
        ("line.menu", _) => "リッチメニューを準備".into(),
        ("staff.sign-in", "ok") => "サインイン".into(),
        ("staff.sign-in", _) => "サインインに失敗（ログイン名またはパスワード違い）".into(),
        ("staff.sign-out", _) => "サインアウト".into(),
        ("staff.add", _) => "職員のアカウントを追加".into(),
        ("staff.reset", _) => "職員のパスワードを再設定".into(),
        ("staff.role", _) => "職員の権限を変更".into(),
        ("staff.departments", _) => "職員の担当を変更".into(),
        ("staff.disable", _) => "職員のアカウントを停止".into(),
        ("retention.begin", _) => "廃棄の一覧を作成".into(),
        ("retention.approve", _) => "廃棄を承認".into(),
        ("retention.cancel", _) => "廃棄の一覧を取りやめ".into(),
        ("retention.hold", _) => "保存期間が過ぎても残すと決定".into(),
        ("retention.release", _) => "残すのをやめる".into(),
        ("application.destroy", _) => "保存期間が過ぎた申請の内容を廃棄".into(),
        ("guide.publish", what) => format!("案内のページを公開（{what}）"),
        ("news.add", _) => "お知らせを掲載".into(),
        ("news.withdraw", _) => "お知らせの掲載を終了".into(),
        (other, "") => other.to_owned(),
        (other, detail) => format!("{other}（{detail}）"),
    }
}

fn purpose(code: &str) -> &str {
    match code {
        "staff-page" => "職員が確認",
        "staff-correction" => "修正の依頼のため",
        "staff-print" => "印刷のため",
        "staff-note" => "メモのため",
        "staff-reject" => "却下の理由を封じるため",
        "demo-compare" => "デモの「調べる」",
        other if other.starts_with("citizen") => "申請者本人",
        other => other,
    }
}

/// `state=open count=12` → 未完了、12件.
fn counted(detail: &str) -> String {
    let words = detail.split(' ').filter(|part| !part.is_empty()).map(|part| match part.split_once('=') {
        Some(("count", n)) => format!("{n}件"),
        Some(("state", code)) => super::filter::Filter::read(code).label().to_owned(),
        Some(("by", "receipt")) => "番号すべて".to_owned(),
        Some(("by", "four")) => "下4桁と日".to_owned(),
        _ => part.to_owned(),
    });
    words.collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_read_as_sentences() {
        assert_eq!(act("application.move", "accepted"), "状態を「受付」に変更");
        assert_eq!(act("inbox.list", "state=open count=12"), "一覧を表示（未完了、12件）");
        assert_eq!(act("inbox.search", "by=receipt count=0"), "受付番号で検索（番号すべて、0件）");
        assert_eq!(act("later.thing", "x"), "later.thing（x）");
    }
}
