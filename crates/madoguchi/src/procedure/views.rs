//! The pages from the catalogue to the confirm page. Plain arguments in, HTML out.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::definition::Offered;
use super::municipality::SectionOf;
use super::view::{Draw, PartView, href};
use super::{FormVersion, Input, Kind, Problems, Procedure, Published, ReadContext, Shelf};
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

impl ProcedurePage<'_> {
    fn offered(&self) -> &'static str {
        match self.procedure.offered {
            Offered::Here => "here",
            Offered::Window => "window",
            Offered::Elsewhere => "elsewhere",
        }
    }

    fn place_name(&self) -> &str {
        self.procedure.place.as_ref().map_or("", |p| p.name.as_str())
    }
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
    /// An answer with which the procedure cannot go on.
    stop: bool,
    /// Has buttons inside: the Enter key must not press one of them.
    buttons: bool,
    /// Asks for files.
    files: bool,
    attach_js: &'static str,
    draft: String,
    next: &'a str,
}

struct Summary<'a> {
    anchor: String,
    /// The question, where the message does not name it.
    label: Option<&'a str>,
    message: &'a str,
    link: Option<(String, &'a str)>,
}

fn summary<'a>(form: &'a FormVersion, draw: &Draw<'a>) -> Vec<Summary<'a>> {
    let one = |p: &'a super::Problem| {
        let label = form.field(&p.field).map(|f| f.label.as_str());
        let named = |l: &&str| p.message.contains(l.split('（').next().unwrap_or(l));
        Summary {
            anchor: super::view::anchor(&p.field),
            label: label.filter(|l| !named(l)),
            message: &p.message,
            link: p.link.as_ref().map(|l| (href(&l.href, draw.base), l.label.as_str())),
        }
    };
    draw.problems.iter().flat_map(|p| &p.0).map(one).collect()
}

/// The form as an answer, with what was typed: 422 where something has to be mended.
pub fn filled(
    shelf: &Shelf,
    published: &Published,
    ctx: ReadContext<'_>,
    input: &Input,
    problems: Option<&Problems>,
) -> Response {
    let status = if problems.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    drawn(shelf, published, ctx, |draw| Draw { input: Some(input), problems, ..draw }, status)
}

/// The form drawn in any way, as an answer.
pub(super) fn drawn<'a>(
    shelf: &Shelf,
    published: &'a Published,
    ctx: ReadContext<'a>,
    with: impl FnOnce(Draw<'a>) -> Draw<'a>,
    status: StatusCode,
) -> Response {
    let frame = shelf.frame(published.procedure().title.clone());
    let base = format!("/{}", shelf.slug());
    let none = Draw { input: None, problems: None, ctx, base: "", marked: None, at: None };
    let draw = with(none);
    let page = FormPage::new(frame, &published.form, &Draw { base: &base, ..draw });
    page::html(&page, status)
}

impl<'a> FormPage<'a> {
    /// The form as `draw` says: empty, or with what was typed, and with what has to be mended (then the page is a 422).
    pub fn new(frame: Frame, form: &'a FormVersion, draw: &Draw<'a>) -> Self {
        let procedure = form.procedure();
        Self {
            action: frame.href(&format!("p/{}/confirm", procedure.id)),
            draft: frame.href(&format!("p/{}/draft", procedure.id)),
            frame,
            procedure,
            version: form.version(),
            parts: super::view::parts(form.sections(), draw),
            summary: summary(form, draw),
            stop: draw.problems.is_some_and(Problems::stop),
            buttons: form.fields().flat_map(super::Field::leaves).any(has_button),
            attach_js: page::assets::path("attach.js"),
            files: crate::attachment::acts::fields(form).next().is_some(),
            next: "入力内容を確認する",
        }
    }
}

fn has_button(leaf: &super::Field) -> bool {
    // A leaf of a repetition stands in rows, with their buttons.
    matches!(&leaf.asks, super::Asks::Digits(d) if d.fills.is_some())
        || leaf.id.split('.').any(|part| part.bytes().all(|b| b.is_ascii_digit()))
}

/// One part of a form, drawn: for a page of another noun that asks some fields again.
pub struct DrawnPart {
    /// Its heading.
    pub heading: String,
    /// Its fields as HTML, each whole; templates write them with `|safe`.
    pub fields: Vec<String>,
}

impl FormVersion {
    /// Draws the form, or with `Draw::marked` some of it. The page around it brings the `<form>` and its button.
    pub fn drawn(&self, draw: &Draw<'_>) -> Result<Vec<DrawnPart>, askama::Error> {
        let part = |p: PartView<'_>| {
            let fields = p.fields.iter().map(Template::render).collect::<Result<_, _>>()?;
            Ok(DrawnPart { heading: p.heading.to_owned(), fields })
        };
        super::view::parts(self.sections(), draw).into_iter().map(part).collect()
    }
}

/// Fields of a form inside another noun's `<form>`, with the summary of what has to be mended.
#[derive(Template)]
#[template(path = "procedure/pages/fields.html")]
struct Fields<'a> {
    parts: Vec<PartView<'a>>,
    summary: Vec<Summary<'a>>,
}

/// Draws exactly the fields for which `only` says yes. Templates write it with `|safe`.
pub fn fields(
    form: &FormVersion,
    draw: &Draw<'_>,
    only: &dyn Fn(&str) -> bool,
) -> Result<String, askama::Error> {
    let parts = super::view::exactly(form.sections(), draw, only);
    Fields { parts, summary: summary(form, draw) }.render()
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
    /// Questions whose answer looks like a My Number: told once, never refused.
    pub my_number: Vec<&'a str>,
    /// Characters that may be printed otherwise: told, never refused.
    pub rare: Vec<String>,
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
