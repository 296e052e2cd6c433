//! The pages from the catalogue to the confirm page. Plain arguments in, HTML out.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::municipality::SectionOf;
use super::view::PartView;
use super::{FormVersion, Input, Kind, Problems, Procedure, Published, Shelf};
use crate::page::views::{AnswerPart, NotFriend};
use crate::page::{self, Frame};

/// One category with what it offers.
pub struct CategoryView {
    /// Its title.
    pub title: String,
    /// Procedures that can be used.
    pub ready: Vec<ProcedureCard>,
    /// Titles of those in preparation.
    pub preparing: Vec<String>,
}

/// A procedure in a list.
pub struct ProcedureCard {
    /// Its page.
    pub href: String,
    /// Title.
    pub title: String,
    /// One sentence.
    pub short: String,
    /// 申込み・約7分・無料.
    pub meta: String,
}

/// The catalogue, or what a search found.
#[derive(Template)]
#[template(path = "procedure/pages/catalogue.html")]
pub struct CataloguePage<'a> {
    /// Frame.
    pub frame: Frame,
    /// The words searched for; they come in the body of a POST and never stand in an address.
    pub searched: Option<&'a str>,
    /// Categories with something to show.
    pub categories: Vec<CategoryView>,
}

/// The public page of a procedure.
#[derive(Template)]
#[template(path = "procedure/pages/procedure.html")]
pub struct ProcedurePage<'a> {
    /// Frame.
    pub frame: Frame,
    /// The procedure.
    pub procedure: &'a Procedure,
    /// Who is in charge.
    pub section: &'a SectionOf,
}

/// The form, empty or with what was typed and what has to be mended.
#[derive(Template)]
#[template(path = "procedure/pages/form.html")]
pub struct FormPage<'a> {
    frame: Frame,
    procedure: &'a Procedure,
    version: u32,
    action: String,
    parts: Vec<PartView<'a>>,
    summary: Vec<Summary<'a>>,
    next: &'a str,
}

struct Summary<'a> {
    anchor: String,
    /// The question, where the message does not name it.
    label: Option<&'a str>,
    message: &'a str,
}

/// The form as an answer, with what was typed: 422 where something has to be mended.
pub fn filled(shelf: &Shelf, published: &Published, input: &Input, problems: Option<&Problems>) -> Response {
    let frame = shelf.frame(published.procedure().title.clone());
    let status = if problems.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page::html(&FormPage::filled(frame, &published.form, input, problems), status)
}

impl<'a> FormPage<'a> {
    /// The empty form: the same for everybody.
    pub fn empty(frame: Frame, form: &'a FormVersion) -> Self {
        Self::make(frame, form, None, None)
    }

    /// The form with what was typed, and with what has to be mended (then the page is a 422).
    pub fn filled(
        frame: Frame,
        form: &'a FormVersion,
        input: &'a Input,
        problems: Option<&'a Problems>,
    ) -> Self {
        Self::make(frame, form, Some(input), problems)
    }

    fn make(
        frame: Frame,
        form: &'a FormVersion,
        input: Option<&'a Input>,
        problems: Option<&'a Problems>,
    ) -> Self {
        let procedure = form.procedure();
        let action = frame.href(&format!("p/{}/confirm", procedure.id));
        let parts = form.sections().iter().map(|s| PartView::new(s, input, problems)).collect();
        let summary = problems
            .iter()
            .flat_map(|p| &p.0)
            .map(|p| {
                let label = form.field(&p.field).map(|f| f.label.as_str());
                let named = |l: &&str| p.message.contains(l.split('（').next().unwrap_or(l));
                Summary {
                    anchor: super::view::anchor(&p.field),
                    label: label.filter(|l| !named(l)),
                    message: &p.message,
                }
            })
            .collect();
        Self {
            frame, procedure, version: form.version(), action, parts, summary, next: "入力内容を確認する"
        }
    }
}

/// What was typed, once more, before it is sent.
#[derive(Template)]
#[template(path = "procedure/pages/confirm.html")]
pub struct ConfirmPage<'a> {
    /// Frame.
    pub frame: Frame,
    /// The form.
    pub form: &'a FormVersion,
    /// The answers in words: `page::views::parts(&rows)`.
    pub parts: Vec<AnswerPart<'a>>,
    /// The sealed answers.
    pub token: &'a str,
    /// One key, one application.
    pub submission_key: &'a str,
    /// Set where notices will not reach the person.
    pub not_friend: Option<NotFriend>,
    /// Set where an answer looks like a My Number: told once, never refused.
    pub my_number: bool,
}

impl ConfirmPage<'_> {
    fn kind(&self) -> Kind {
        self.form.procedure().kind
    }

    fn submit(&self) -> String {
        self.frame.href(&format!("p/{}/submit", self.form.procedure().id))
    }

    fn mend(&self) -> String {
        self.frame.href(&format!("p/{}/form", self.form.procedure().id))
    }
}
