//! The pages around an application and around signing in. Plain arguments in, HTML out: `page::html(&Page{…}, status)`.

use askama::Template;
use madoguchi_base::ApplicationId;

use super::Frame;

/// Our one page before LINE's consent.
#[derive(Template)]
#[template(path = "page/pages/consent.html")]
pub struct ConsentPage<'a> {
    /// Frame; its title is the heading.
    pub frame: Frame,
    /// The procedure to which this leads, where it does.
    pub procedure: Option<&'a crate::procedure::Procedure>,
    /// LINE's authorise address: where the button leads.
    pub location: &'a str,
    /// Something was sent after the session had ended: it could not be kept.
    pub lost: bool,
}

/// Before the link with LINE ends.
#[derive(Template)]
#[template(path = "page/pages/unlink.html")]
pub struct UnlinkPage<'a> {
    /// Frame; its title is the heading.
    pub frame: Frame,
    /// LINE's authorise address: where the button leads.
    pub location: Option<&'a str>,
    /// Where 「LINEを開かずに解除する」 posts.
    pub here: String,
}

/// One line of the history.
pub struct HistoryItem {
    /// 令和8年11月22日(日) 午後3時15分.
    pub when: String,
    /// What happened, in the citizen's words.
    pub what: String,
    /// A message from the section.
    pub note: Option<String>,
}

/// Something that was sent to LINE.
pub struct SentItem {
    /// When, in words.
    pub when: String,
    /// The very text.
    pub text: String,
    /// 送信待ち, 送信済み …
    pub state: String,
}

/// One part of the answers.
pub struct AnswerPart<'a> {
    /// Heading.
    pub heading: &'a str,
    /// Its rows.
    pub rows: Vec<&'a crate::application::answers::out::Row>,
}

/// Rows in parts, in the order of the form.
pub fn parts(rows: &[crate::application::answers::out::Row]) -> Vec<AnswerPart<'_>> {
    let mut out: Vec<AnswerPart<'_>> = Vec::new();
    for row in rows {
        if out.last().is_none_or(|p| p.heading != row.section) {
            out.push(AnswerPart { heading: &row.section, rows: Vec::new() });
        }
        if let Some(part) = out.last_mut() {
            part.rows.push(row);
        }
    }
    out
}

/// Receipt and status of one application.
#[derive(Template)]
#[template(path = "page/pages/receipt.html")]
pub struct ReceiptPage<'a> {
    /// Frame; its title is the procedure's title.
    pub frame: Frame,
    /// Just sent: says so on top.
    pub fresh: bool,
    /// 申請, 届出 …
    pub noun: &'a str,
    /// `4821-0937-5512`.
    pub receipt: String,
    /// Code of the state, for `data-state`.
    pub state: &'a str,
    /// The state in the citizen's words.
    pub state_words: String,
    /// What happens next, in a sentence.
    pub next_step: Option<String>,
    /// 到達日時.
    pub arrived: String,
    /// Who is in charge: name and telephone.
    pub section: String,
    /// Telephone of the section.
    pub telephone: String,
    /// Newest last.
    pub history: Vec<HistoryItem>,
    /// What LINE was told.
    pub sent: Vec<SentItem>,
    /// Set where the person is not a friend of the account: the banner.
    pub not_friend: Option<NotFriend>,
    /// Where the person's own answers are shown: a page of its own, because opening them is audited.
    pub answers: String,
    /// Procedures that may follow this one, filled in with what this person has answered here.
    pub next: Vec<NextProcedure>,
    /// Where 「取り下げる」 leads, while that is allowed.
    pub withdraw: Option<String>,
    /// What the person is asked to mend, while that is so.
    pub correction: Option<CorrectionItem>,
}

/// 「修正のお願い」 on the status page; the reason stands behind the button, because opening it is audited.
pub struct CorrectionItem {
    /// The page of the correction.
    pub href: String,
    /// 令和8年12月8日(火).
    pub due: String,
    /// The day has passed.
    pub is_overdue: bool,
}

/// A procedure that may follow.
pub struct NextProcedure {
    /// Its form.
    pub action: String,
    /// Its title.
    pub title: String,
    /// The application whose answers are carried over.
    pub from: String,
}

/// 「友だちに追加していないため…」
pub struct NotFriend {
    /// Where 「友だちに追加する」 leads, where the municipality has such an address.
    pub add_url: Option<String>,
}

/// One application in a list.
pub struct MineItem {
    /// Its page.
    pub href: String,
    /// The procedure's title.
    pub title: String,
    /// Receipt number.
    pub receipt: String,
    /// Code of the state.
    pub state: String,
    /// The state in words.
    pub state_words: String,
    /// 到達日時.
    pub arrived: String,
}

/// 「私の申請」.
#[derive(Template)]
#[template(path = "page/pages/mine.html")]
pub struct MinePage {
    /// Frame.
    pub frame: Frame,
    /// What was typed and not sent.
    pub drafts: Vec<crate::draft::DraftItem>,
    /// Newest first.
    pub items: Vec<MineItem>,
    /// Where 「ログアウト」 posts.
    pub sign_out: Option<String>,
}

/// A kind page for what did not work. `ErrorPage::not_found(frame)` and its sisters say the usual things.
#[derive(Template)]
#[template(path = "page/pages/error.html")]
pub struct ErrorPage {
    /// Frame; its title is the heading.
    pub frame: Frame,
    /// What to do, a paragraph each.
    pub lines: Vec<String>,
    /// 問い合わせ番号.
    pub reference: Option<String>,
    /// A button: label and address.
    pub link: Option<(String, String)>,
    /// A form that is sent again with everything that was typed (503): address, button, hidden fields.
    pub again: Option<Again>,
}

/// The same request once more.
pub struct Again {
    /// Where it posts.
    pub action: String,
    /// Label of the button.
    pub button: String,
    /// Names and values; they stand in hidden fields.
    pub fields: Vec<(String, String)>,
}

impl ErrorPage {
    fn new(mut frame: Frame, title: &str, lines: &[&str]) -> Self {
        title.clone_into(&mut frame.title);
        let lines = lines.iter().map(|&l| l.to_owned()).collect();
        Self { frame, lines, reference: None, link: None, again: None }
    }

    fn home(mut self) -> Self {
        if !self.frame.place.slug.is_empty() {
            self.link = Some(("手続の一覧を見る".to_owned(), self.frame.href("")));
        }
        self
    }

    /// 404: also for what belongs to somebody else.
    pub fn not_found(frame: Frame) -> Self {
        let next = if frame.place.slug.is_empty() {
            "市区町村のホームページか、LINEの公式アカウントから開いてください。"
        } else {
            "手続の一覧から探してください。"
        };
        Self::new(frame, "ページが見つかりません", &["アドレスが違うか、ページがなくなっています。", next])
            .home()
    }

    /// 403.
    pub fn forbidden(frame: Frame) -> Self {
        Self::new(frame, "このページは開けません", &["手続の一覧から、もう一度はじめてください。"]).home()
    }

    /// 409: the key was used for something else, or the state has changed meanwhile.
    pub fn conflict(frame: Frame, words: &str) -> Self {
        let mine = frame.href("a");
        let mut page = Self::new(frame, "すでに受け付けています", &[words]);
        page.link = Some(("私の申請を確認する".to_owned(), mine));
        page
    }

    /// 413 or 400: the body is no form of ours.
    pub fn unreadable(frame: Frame) -> Self {
        Self::new(
            frame,
            "入力内容を読み取れませんでした",
            &["前の画面に戻り、入力する文字を減らして、もう一度送ってください。"],
        )
        .home()
    }

    /// 410: the content was destroyed when its time was over.
    pub fn gone(frame: Frame) -> Self {
        Self::new(
            frame,
            "保存期間が過ぎた申請です",
            &[
                "決められた保存期間が過ぎたため、この申請の内容は消去しました。もう読むことはできません。",
                "受付番号と日付の記録だけが残っています。ご不明な点は、お問い合わせ先におたずねください。",
            ],
        )
    }

    /// 503: nothing was saved; the same form can be sent again.
    pub fn busy(frame: Frame, again: Option<Again>) -> Self {
        let mut page = Self::new(
            frame,
            "ただいま混み合っています",
            &[
                "まだ受け付けていません。入力された内容は、この画面に残っています。",
                "少し待ってから、もう一度送ってください。",
            ],
        );
        if again.is_none() {
            page.lines = vec!["少し待ってから、もう一度開いてください。".to_owned()];
        }
        page.again = again;
        page
    }

    /// 503: what was sent lies sealed, and the one that opens it does not answer.
    pub fn closed(frame: Frame, application: ApplicationId) -> Self {
        let back = frame.href(&format!("a/{application}"));
        let mut page = Self::new(
            frame,
            "送った内容を、いま表示できません",
            &[
                "送った内容を開くしくみが、いま応答していません。申請は届いています。内容も失われていません。",
                "しばらくしてから、もう一度開いてください。状況は申請のページで確認できます。",
            ],
        );
        page.link = Some(("申請のページに戻る".to_owned(), back));
        page
    }

    /// The database does not say whether it was stored; the same key makes sending again safe.
    pub fn unknown(frame: Frame, again: Option<Again>) -> Self {
        let mut page = Self::new(
            frame,
            "届いたかどうかを確認しています",
            &[
                "もう一度送っても、二重に届くことはありません。",
                "または、少し待ってから「私の申請」で確認してください。",
            ],
        );
        page.link = Some(("私の申請を確認する".to_owned(), page.frame.href("a")));
        page.again = again;
        page
    }

    /// 429.
    pub fn too_many(frame: Frame) -> Self {
        Self::new(frame, "回数が多すぎます", &["少し待ってから、もう一度試してください。"]).home()
    }

    /// 500.
    pub fn internal(frame: Frame, reference: &str) -> Self {
        let mut page = Self::new(
            frame,
            "手続を続けられませんでした",
            &["時間をおいて、もう一度試してください。", "続く場合は、次の番号を担当にお知らせください。"],
        );
        page.reference = Some(reference.to_owned());
        page.home()
    }

    /// The code came back in another browser, or without its attempt: one button begins anew here.
    pub fn not_this_browser(frame: Frame, location: &str) -> Self {
        let mut page = Self::new(
            frame,
            "この画面でLINEの確認をします",
            &[
                "別のアプリやブラウザで開かれたため、もう一度LINEで確認します。",
                "次のボタンを押すと、手続に進みます。",
            ],
        );
        page.link = Some(("LINEで続ける".to_owned(), location.to_owned()));
        page
    }

    /// 「キャンセル」 on LINE's page.
    pub fn denied(frame: Frame, location: &str) -> Self {
        let mut page = Self::new(
            frame,
            "LINEでの確認を取りやめました",
            &[
                "LINEから市に渡った情報はありません。",
                "続けるときは、次のボタンを押して「許可する」を選んでください。",
            ],
        );
        page.link = Some(("LINEで続ける".to_owned(), location.to_owned()));
        page
    }

    /// The link with LINE has ended.
    pub fn unlinked(frame: Frame, told: bool) -> Self {
        let at_line = if told {
            "LINEヤフー株式会社にも、連携を解除したことを知らせました。"
        } else {
            "LINE側に残っている許可は、LINEアプリの「設定」→「アカウント」→「連動アプリ」から、ご自分で取り消せます。"
        };
        let lines = [
            "これから先のお知らせは、LINEに届きません。",
            at_line,
            "申請はそのまま残っています。もう一度LINEで続けると、また確認できます。お問い合わせは、受付番号でも承ります。",
        ];
        Self::new(frame, "LINEとの連携を解除しました", &lines).home()
    }

    /// LINE's person is not the one who is signed in here.
    pub fn other_line(frame: Frame) -> Self {
        let lines = [
            "LINEで確認した方が、この画面を使っている方と違うため、何も変えていません。",
            "いつも手続に使っているLINEで、もう一度お試しください。",
        ];
        let mine = frame.href("unlink");
        let mut page = Self::new(frame, "連携を解除できませんでした", &lines);
        page.link = Some(("もう一度試す".to_owned(), mine));
        page
    }

    /// LINE does not answer.
    pub fn line_unavailable(frame: Frame, location: &str) -> Self {
        let mut page = Self::new(
            frame,
            "LINEにつながりません",
            &[
                "LINEの確認ができませんでした。少し待ってから、もう一度試してください。",
                "お急ぎの場合は、電話でお問い合わせください。",
            ],
        );
        page.link = Some(("もう一度試す".to_owned(), location.to_owned()));
        page
    }
}
