//! What the page of one application says, from its rows.

use askama::Template;
use madoguchi_base::{Day, Millis, Receipt};
use madoguchi_line::notice::NoticeView;

use super::store::EventRow;
use super::{Application, State};
use crate::attachment::acts::FileLink;
use crate::page::Frame;
use crate::page::views::{
    AnswerPart, CorrectionItem, HistoryItem, NextProcedure, NotFriend, ReceiptPage, SentItem,
};
use crate::procedure::{Kind, Published, Shelf};

/// What the person sent, to read again.
#[derive(Template)]
#[template(path = "application/pages/answers.html")]
pub struct AnswersPage<'a> {
    /// Frame.
    pub frame: Frame,
    /// Receipt number.
    pub receipt: String,
    /// The application's page.
    pub back: String,
    /// The answers in the form's parts.
    pub answers: Vec<AnswerPart<'a>>,
    /// Attached files.
    pub files: Vec<FileLink>,
}

/// What stands around an application.
pub struct Around<'a> {
    /// Its history.
    pub events: &'a [EventRow],
    /// What LINE was or will be told.
    pub sent: &'a [NoticeView],
    /// Reason of a refusal.
    pub reason: Option<String>,
    /// For somebody whom notices do not reach.
    pub not_friend: Option<NotFriend>,
    /// Just arrived.
    pub fresh: bool,
    /// Of a duplicate: the number of the application that goes on.
    pub survivor: Option<Receipt>,
    /// Today.
    pub today: Day,
}

/// The receipt and status page.
pub fn receipt<'a>(
    shelf: &Shelf,
    published: &'a Published,
    a: &Application,
    around: Around<'_>,
) -> ReceiptPage<'a> {
    let about = published.form.procedure();
    let section = shelf.section(&about.section);
    ReceiptPage {
        frame: shelf.frame(&about.title),
        fresh: around.fresh,
        noun: about.kind.noun(),
        receipt: a.receipt.to_string(),
        state: a.state.code(),
        state_words: state_words(a, about.kind, &around),
        next_step: next_step(a.state, about.kind, about.processing_days, &shelf.municipality().contact.hours),
        correction: correction(shelf, a, around.today),
        arrived: a.arrived_at.japanese(),
        section: section.name.clone(),
        telephone: section.telephone.clone(),
        history: around.events.iter().map(|e| step(e, about.kind, around.reason.as_deref())).collect(),
        sent: around.sent.iter().map(told).collect(),
        not_friend: around.not_friend,
        answers: format!("/{}/a/{}/answers", shelf.slug(), a.id),
        next: next(shelf, published, a),
        withdraw: None,
    }
}

fn state_words(a: &Application, kind: Kind, around: &Around<'_>) -> String {
    if let (State::Duplicate, Some(receipt)) = (a.state, around.survivor) {
        return format!("重複（受付番号 {receipt} に続きがあります）");
    }
    let from = around.events.last().and_then(|e| e.from_state.as_deref()?.parse().ok());
    a.state.after(from, kind).to_owned()
}

fn correction(shelf: &Shelf, a: &Application, today: Day) -> Option<CorrectionItem> {
    let due = a.due.filter(|_| a.state == State::Correction)?;
    Some(CorrectionItem {
        href: format!("/{}/a/{}/correct", shelf.slug(), a.id),
        due: due.japanese(),
        is_overdue: due < today,
    })
}

/// The procedures that follow, as far as the city offers them here.
fn next(shelf: &Shelf, published: &Published, a: &Application) -> Vec<NextProcedure> {
    if matches!(a.state, State::Rejected | State::Withdrawn) {
        return Vec::new();
    }
    let open = |slug: &&str| shelf.current(slug).is_some_and(|p| p.is_open());
    let one = |slug: &str| NextProcedure {
        action: format!("/{}/p/{slug}/form", shelf.slug()),
        title: shelf.current(slug).map(|p| p.procedure().title.clone()).unwrap_or_default(),
        from: a.id.to_string(),
    };
    published.form.chains().into_iter().filter(open).map(one).collect()
}

fn next_step(state: State, kind: Kind, days: Option<u16>, hours: &str) -> Option<String> {
    match state {
        State::ReadyForPickup => Some(format!(
            "担当課の窓口でお渡しします。受付時間は{hours}です。受付番号と、本人確認ができる書類をお持ちください。"
        )),
        State::Withdrawn => Some("担当課は、この手続を進めません。".to_owned()),
        State::Submitted => Some("担当課が内容を確認します。状況が変わるとLINEでお知らせします。".to_owned()),
        State::Accepted => days.map(|d| format!("結果のお知らせの目安は{d}日です。")),
        State::InReview => Some("担当課が審査しています。結果が出るとLINEでお知らせします。".to_owned()),
        State::Done if matches!(kind, Kind::Notification | Kind::Contract) => {
            Some("手続きは終わりました。ありがとうございました。".to_owned())
        }
        _ => None,
    }
}

fn step(e: &EventRow, kind: Kind, reason: Option<&str>) -> HistoryItem {
    let to: Option<State> = e.to_state.parse().ok();
    let from: Option<State> = e.from_state.as_deref().and_then(|s| s.parse().ok());
    let what = match (from, to) {
        (Some(State::Correction), Some(to)) if e.actor_kind == "citizen" && to != State::Withdrawn => {
            "修正した内容が届きました".to_owned()
        }
        (_, Some(to)) => to.after(from, kind).to_owned(),
        (_, None) => "状況が変わりました".to_owned(),
    };
    let note = reason.filter(|_| to == Some(State::Rejected)).map(|r| format!("理由：{r}"));
    HistoryItem { when: Millis(e.at).japanese(), what, note }
}

fn told(n: &NoticeView) -> SentItem {
    SentItem {
        when: n.sent_at.unwrap_or(n.at).japanese(),
        text: n.text.clone().unwrap_or_else(|| "（送っていません）".to_owned()),
        state: n.state.japanese().to_owned(),
    }
}
