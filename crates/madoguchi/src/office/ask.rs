//! Asking for a correction: which fields, why, by when.

use axum::http::StatusCode;
use axum::response::Response;
use madoguchi_base::Day;
use madoguchi_base::db::{Class, WriteError};

use super::desk::{Case, answers_of};
use super::forms::{Hidden, Marked, MarkedProblems, new_command};
use super::pages::{AskPage, Banner, Choice, Desk, MarkPart, MarkRow, show};
use super::{moves, records};
use crate::application::acts::{self, Go, GoError};
use crate::application::answers::{Answers, Purpose, out};
use crate::application::correction::{self, Asked};
use crate::application::{Application, By, Rules, State, deadline, may};
use crate::audit::Actor;
use crate::error::Error;
use crate::procedure::{FormVersion, Input, Published};

/// Ready-made phrases: the procedure's own, then the municipality's.
fn phrases<'a>(case: &Case<'a>, published: &'a Published) -> Vec<&'a str> {
    let own = published.procedure().phrases.iter();
    own.chain(&case.shelf.municipality().phrases).map(String::as_str).collect()
}

/// Every field that the person was asked, with its answer; what nobody asked them is not offered.
fn rows(form: &FormVersion, answers: &Answers, marked: &[String]) -> Vec<MarkPart> {
    let given = out::rows(answers, form, Purpose::Page);
    let mut parts: Vec<MarkPart> = Vec::new();
    for section in form.sections() {
        let mut rows = Vec::new();
        for field in correction::leaves_of(section) {
            let values: Vec<&str> =
                given.iter().filter(|r| r.field == field.id).map(|r| r.value.as_str()).collect();
            let in_row = field.id.split('.').any(|part| part.bytes().all(|b| b.is_ascii_digit()));
            if values.is_empty() && (field.when.is_some() || in_row) {
                continue;
            }
            rows.push(MarkRow {
                id: field.id.clone(),
                label: field.label.clone(),
                value: values.join("、"),
                is_marked: marked.contains(&field.id),
            });
        }
        if !rows.is_empty() {
            parts.push(MarkPart { heading: section.heading.clone(), rows });
        }
    }
    parts
}

struct Said {
    status: StatusCode,
    banner: Option<Banner>,
    marked: Marked,
    problems: MarkedProblems,
}

fn fresh(today: Day) -> Said {
    let day = deadline::usual_reply(today).to_string();
    let marked = Marked { fields: Vec::new(), phrases: Vec::new(), text: String::new(), day };
    Said { status: StatusCode::OK, banner: None, marked, problems: MarkedProblems::default() }
}

/// The page on which fields are marked; where nothing can be asked (any more), the application says what is true.
pub(super) async fn page(case: Case<'_>) -> Result<Response, Error> {
    let a = case.find().await?;
    let published = case.published(&a)?;
    if !may(a.state, State::Correction, By::Staff, &Rules::of(published.procedure())) {
        return Ok(moves::back(case));
    }
    draw(case, &a, published, fresh(Day::of(case.app.clock.wall()))).await
}

async fn draw(case: Case<'_>, a: &Application, published: &Published, said: Said) -> Result<Response, Error> {
    let opened = case.open("staff-correction").await?;
    let answers = answers_of(&opened)?;
    let choice = |(n, text): (usize, &str)| Choice {
        value: n.to_string(),
        label: text.to_owned(),
        is_chosen: said.marked.phrases.contains(&n),
    };
    let page = AskPage {
        desk: Desk::new(case.shelf, Some(case.clerk), "修正の依頼"),
        banner: said.banner,
        back: format!("{}?from={}", case.href(""), case.from.code()),
        action: case.href("/correction"),
        from: case.from.code(),
        seen: a.version,
        command: new_command(),
        title: published.procedure().title.clone(),
        receipt: a.receipt.to_string(),
        parts: rows(&published.form, &answers, &said.marked.fields),
        phrases: phrases(&case, published).into_iter().enumerate().map(choice).collect(),
        text: said.marked.text,
        day: said.marked.day,
        usual: deadline::REPLY_DAYS,
        oops_fields: said.problems.fields,
        oops_reason: said.problems.reason,
        oops_day: said.problems.day,
    };
    Ok(show(&page, said.status))
}

/// Moves to 補正 with what is asked, sealed.
pub(super) async fn send(case: Case<'_>, input: &Input) -> Result<Response, Error> {
    let hidden = Hidden::read(input).ok_or(Error::BadRequest)?;
    let case = Case { from: hidden.from, ..case };
    let a = case.find().await?;
    let published = case.published(&a)?;
    let rules = Rules::of(published.procedure());
    let mut marked = Marked::read(input);
    // Only what the form has; the order is the form's.
    let known = correction::leaves(&published.form).map(|f| &f.id);
    marked.fields = known.filter(|id| marked.fields.contains(id)).cloned().collect();
    if a.version != hidden.seen || !may(a.state, State::Correction, By::Staff, &rules) {
        return overtaken(case, &hidden.command, &a, published, marked).await;
    }
    let reason = marked.reason(&phrases(&case, published));
    let (day, problems) = marked.problems(&reason, Day::of(case.app.clock.wall()));
    let Some(day) = day.filter(|_| !problems.any()) else {
        let banner = Banner {
            tone: "bad",
            title: "まだ依頼していません",
            text: "赤い字の項目を直してから、もう一度送ってください。".into(),
        };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return draw(case, &a, published, Said { status, banner: Some(banner), marked, problems }).await;
    };
    let from = (&case.app.keys, &case.app.clock);
    let by = Actor::Staff(case.clerk.staff);
    let mut go = Go::new(
        from,
        (a.tenant, a.id),
        (State::Correction, rules),
        by,
        (hidden.seen, hidden.command.clone()),
    );
    go.with.reason = true;
    go.with.reply_by = Some(day);
    let opened = case.open("staff-correction").await?;
    let asked = Asked { fields: marked.fields.clone(), reason };
    go.asked_sealed = Some(asked.seal(&opened.key, a.tenant, go.event()));
    let db = &case.app.db;
    let written =
        db.write("application.move", Class::Person, a.tenant, go, |go, tx| Box::pin(acts::go(tx, go))).await;
    match written {
        Ok(()) => {
            case.app.line.wake(a.tenant);
            Ok(moves::back(case))
        }
        Err(WriteError::Rejected(GoError::NotFound)) => Err(Error::NotFound),
        Err(WriteError::Rejected(_)) => overtaken(case, &hidden.command, &a, published, marked).await,
        Err(WriteError::Unknown) => Err(Error::Unknown),
        Err(WriteError::Busy | WriteError::Failed) => {
            let banner = moves::busy_banner();
            let (status, problems) = (StatusCode::SERVICE_UNAVAILABLE, MarkedProblems::default());
            draw(case, &a, published, Said { status, banner: Some(banner), marked, problems }).await
        }
    }
}

/// Somebody was faster, or it is this very command again: then it was done.
async fn overtaken(
    case: Case<'_>,
    command: &str,
    a: &Application,
    published: &Published,
    marked: Marked,
) -> Result<Response, Error> {
    let mut x = case.app.db.reader().await?;
    if records::has_command(&mut x, a.tenant, a.id, command).await? {
        return Ok(moves::back(case));
    }
    drop(x);
    let banner = moves::faster_banner();
    let (status, problems) = (StatusCode::CONFLICT, MarkedProblems::default());
    draw(case, a, published, Said { status, banner: Some(banner), marked, problems }).await
}
