//! The staff's pages as their templates need them, and the kind pages for trouble on the staff's site.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::{Clerk, Role};
use crate::error::Error;
use crate::page::{self, Frame, Place, assets};
use crate::procedure::Shelf;

pub(super) use super::list_pages::{
    AccountsPage, AuditLine, AuditPage, FilterButton, FoundPage, InboxPage, Line, Narrow, Person, PrintPage,
    Search, Sheet, TodayList, TodayPage,
};

/// The frame of the staff's pages.
pub(crate) struct Desk {
    pub(crate) frame: Frame,
    /// `None` before sign-in.
    pub(crate) who: Option<Who>,
    pub(crate) css: &'static str,
    pub(crate) js: &'static str,
}

/// Who is signed in, as the frame shows it.
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) is_admin: bool,
}

impl Desk {
    pub(crate) fn new(shelf: &Shelf, clerk: Option<&Clerk>, title: &str) -> Self {
        let who = clerk.map(|c| Who { name: c.name.clone(), is_admin: c.role == Role::Admin });
        Self::around(shelf.frame(title), who)
    }

    /// A page outside a municipality, or for nobody in particular.
    pub(crate) fn bare(frame: Frame) -> Self {
        Self::around(frame, None)
    }

    fn around(frame: Frame, who: Option<Who>) -> Self {
        Self { frame, who, css: assets::path("staff.css"), js: assets::path("staff.js") }
    }
}

/// Something to know before reading on.
pub(crate) struct Banner {
    /// `ok`, `warn` or `bad`.
    pub(crate) tone: &'static str,
    pub(crate) title: &'static str,
    pub(crate) text: String,
}

/// One municipality to sign in to.
pub(super) struct Door {
    pub(super) name: String,
    pub(super) href: String,
}

/// Which city hall? (Where several share one installation.)
#[derive(Template)]
#[template(path = "office/pages/doors.html")]
pub(super) struct DoorsPage {
    pub(super) desk: Desk,
    pub(super) doors: Vec<Door>,
}

/// Sign-in.
#[derive(Template)]
#[template(path = "office/pages/sign_in.html")]
pub(super) struct SignInPage {
    pub(super) desk: Desk,
    pub(super) login: String,
    pub(super) banner: Option<Banner>,
}

/// What stands about reaching the person.
pub(super) struct ContactView {
    pub(super) is_waiting: bool,
    pub(super) is_unreachable: bool,
    pub(super) telephones: Vec<(String, String)>,
    pub(super) done: Vec<Step>,
    pub(super) action: String,
    pub(super) id: String,
    pub(super) choices: &'static [(&'static str, &'static str)],
}

/// A part of the form with its answers.
pub(super) struct Part {
    pub(super) heading: String,
    pub(super) rows: Vec<(String, String)>,
}

/// The next step.
pub(super) struct Next {
    pub(super) action: String,
    pub(super) command: String,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    /// 「本人確認書類を確認した」, where the procedure needs it.
    pub(super) tick: Option<Tick>,
}

/// A tick without which the button beside it does nothing.
pub(super) struct Tick {
    pub(super) is_on: bool,
    pub(super) oops: Option<&'static str>,
}

/// Another move, behind one more tap.
pub(super) struct Other {
    pub(super) action: String,
    pub(super) act: &'static str,
    pub(super) command: String,
    pub(super) summary: &'static str,
    /// What it does, in words.
    pub(super) hint: &'static str,
    pub(super) label: &'static str,
    pub(super) is_open: bool,
    pub(super) field: Option<AskField>,
}

/// The one text that a move needs.
pub(super) struct AskField {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) is_long: bool,
    pub(super) value: String,
    pub(super) oops: Option<&'static str>,
}

/// What the citizen is asked to mend.
pub(super) struct AskedView {
    pub(super) due: String,
    pub(super) fields: Vec<String>,
    pub(super) reason: String,
}

/// What one answer to a correction changed.
pub(super) struct ChangeView {
    pub(super) round: usize,
    pub(super) when: String,
    pub(super) asked: Option<AskedView>,
    pub(super) rows: Vec<crate::application::correction::Difference>,
}

/// A field that can be marked.
pub(super) struct MarkRow {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) value: String,
    pub(super) is_marked: bool,
}

/// Fields under one heading.
pub(super) struct MarkPart {
    pub(super) heading: String,
    pub(super) rows: Vec<MarkRow>,
}

/// One of several.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) is_chosen: bool,
}

/// Asking for a correction.
#[derive(Template)]
#[template(path = "office/pages/correction.html")]
pub(super) struct AskPage {
    pub(super) desk: Desk,
    pub(super) banner: Option<Banner>,
    pub(super) back: String,
    pub(super) action: String,
    pub(super) from: &'static str,
    pub(super) seen: i64,
    pub(super) command: String,
    pub(super) title: String,
    pub(super) receipt: String,
    pub(super) parts: Vec<MarkPart>,
    pub(super) phrases: Vec<Choice>,
    pub(super) text: String,
    pub(super) day: String,
    pub(super) usual: u16,
    pub(super) oops_fields: Option<&'static str>,
    pub(super) oops_reason: Option<&'static str>,
    pub(super) oops_day: Option<&'static str>,
}

/// The form that refuses an application.
pub(super) struct RefusalForm {
    pub(super) action: String,
    pub(super) command: String,
    pub(super) needs_law: bool,
    pub(super) is_open: bool,
    pub(super) reason: String,
    pub(super) law: String,
    pub(super) remedy: String,
    pub(super) oops_reason: Option<&'static str>,
    pub(super) oops_law: Option<&'static str>,
    pub(super) oops_remedy: Option<&'static str>,
    /// What the applicant will read as the state.
    pub(super) citizen_reads: &'static str,
}

/// A step of the history.
pub(super) struct Step {
    pub(super) when: String,
    pub(super) iso: String,
    pub(super) what: String,
    pub(super) who: String,
}

/// What LINE was given, and how far it came.
pub(super) struct Told {
    pub(super) when: String,
    pub(super) text: Option<String>,
    pub(super) state: &'static str,
    pub(super) code: &'static str,
}

/// What LINE was given, alone: for the script.
#[derive(Template)]
#[template(path = "office/pages/told.html")]
pub(super) struct ToldPage {
    pub(super) told: Vec<Told>,
}

/// An internal note.
pub(super) struct Note {
    pub(super) when: String,
    pub(super) who: String,
    pub(super) text: String,
}

/// The form that adds a note.
pub(super) struct NoteForm {
    pub(super) action: String,
    pub(super) id: String,
    pub(super) text: String,
    pub(super) oops: Option<&'static str>,
}

/// One application.
#[derive(Template)]
#[template(path = "office/pages/application.html")]
pub(super) struct ApplicationPage {
    pub(super) desk: Desk,
    pub(super) banner: Option<Banner>,
    pub(super) back: String,
    pub(super) from: &'static str,
    pub(super) seen: i64,
    pub(super) noun: &'static str,
    pub(super) section: String,
    pub(super) receipt: String,
    pub(super) code: &'static str,
    pub(super) word: &'static str,
    pub(super) is_finished: bool,
    pub(super) arrived: String,
    pub(super) iso: String,
    pub(super) age: String,
    pub(super) parts: Vec<Part>,
    pub(super) files: Vec<crate::attachment::acts::FileLink>,
    pub(super) reason: Option<String>,
    /// Facts beside the state; `true` where somebody should look.
    pub(super) facts: Vec<(String, bool)>,
    pub(super) next: Option<Next>,
    pub(super) others: Vec<Other>,
    /// Where a correction is asked for.
    pub(super) ask: Option<String>,
    pub(super) asked: Option<AskedView>,
    pub(super) changes: Vec<ChangeView>,
    pub(super) refusal: Option<RefusalForm>,
    pub(super) contact: Option<ContactView>,
    pub(super) id: String,
    pub(super) may_act: bool,
    pub(super) history: Vec<Step>,
    pub(super) told: Vec<Told>,
    /// Where the script asks how far the notices are.
    pub(super) told_at: String,
    pub(super) notes: Vec<Note>,
    pub(super) note_form: NoteForm,
}

#[derive(Template)]
#[template(path = "office/pages/trouble.html")]
struct TroublePage {
    desk: Desk,
    lines: &'static [&'static str],
    reference: Option<String>,
}

/// The kind page for an error on the staff's site; without a municipality where the address names none.
pub fn trouble(shelf: Option<&Shelf>, error: &Error) -> Response {
    let (title, lines): (&str, &'static [&'static str]) = match error {
        Error::NotFound => (
            "ページが見つかりません",
            &["アドレスが違うか、この自治体にはない申請です。", "一覧から選び直してください。"],
        ),
        Error::Forbidden => (
            "このページは開けません",
            &["このページを開くには、管理者の権限が必要です。または、画面を開き直してください。"],
        ),
        Error::Conflict(_) => {
            ("ほかの人が先に処理しました", &["一覧から開き直し、今の状態を確認してください。"])
        }
        Error::BadRequest | Error::TooLarge => (
            "入力内容を読み取れませんでした",
            &["前の画面に戻り、画面を読み込み直してから、もう一度送ってください。"],
        ),
        Error::Busy => (
            "ただいま混み合っています",
            &["何も保存されていません。少し待ってから、もう一度送ってください。"],
        ),
        Error::Unknown | Error::Late => (
            "保存できたか確認できませんでした",
            &["申請を開き直し、今の状態を確認してください。同じ操作をもう一度送っても、二重にはなりません。"],
        ),
        Error::Gone => (
            "保存期間が過ぎた申請です",
            &["内容は消去されていて、もう読めません。受付番号と日付は廃棄記録にあります。"],
        ),
        Error::TooMany => ("回数の上限に達しました", &["しばらく待ってから、もう一度お試しください。"]),
        Error::Internal(_) => (
            "うまく処理できませんでした",
            &["システムの問題です。次の番号を添えて、システムの担当者に知らせてください。"],
        ),
    };
    let frame = shelf.map_or_else(|| Frame::new(&Place::nowhere(), title), |s| s.frame(title));
    let reference = if let Error::Internal(id) = error { Some(id.clone()) } else { None };
    page::html(&TroublePage { desk: Desk::bare(frame), lines, reference }, error.status())
}

/// A page of the staff's site.
pub(crate) fn show(page: &impl Template, status: StatusCode) -> Response {
    page::html(page, status)
}

/// Leads to another page of the staff's site, after a form was taken.
pub(crate) fn see(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}
