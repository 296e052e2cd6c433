//! The acts of a clerk: accept, complete, reject, note.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use madoguchi_base::db::{Class, Stop, Tx, WriteError};
use uuid::Uuid;

use super::desk::{self, Case, NOTE, Said};
use super::forms::{Hidden, NoteText, Refusal};
use super::pages::Banner;
use super::{Move, records};
use crate::application::NotAllowed;
use crate::application::acts::{self, Go, GoError};
use crate::application::agent::{note_aad, reason_aad};
use crate::audit::{self, Actor, Record};
use crate::error::Error;
use crate::procedure::Input;

/// Moves an application where the page that the clerk saw is still true. A repeated command does nothing.
pub(super) async fn go(case: Case<'_>, what: Move, input: &Input) -> Result<Response, Error> {
    let hidden = Hidden::read(input).ok_or(Error::BadRequest)?;
    let case = Case { from: hidden.from, ..case };
    let a = case.find().await?;
    let published = case.published(&a)?;
    let kind = published.procedure().kind;
    let refusal = (what == Move::Reject).then(|| Refusal::read(input, kind));
    // Asked before anything is opened: what may not be done opens nothing.
    if a.version != hidden.seen {
        return undone(case, &hidden.command, WriteError::Rejected(GoError::Stale), refusal).await;
    }
    if !what.is_offered(a.state, kind) {
        let why = GoError::NotAllowed(NotAllowed::Move(a.state, what.to()));
        return undone(case, &hidden.command, WriteError::Rejected(why), refusal).await;
    }
    if refusal.as_ref().is_some_and(|r| r.problems.any()) {
        return mend(case, refusal).await;
    }
    let (whose, command) = ((a.tenant, a.id), (hidden.seen, hidden.command.clone()));
    let from = (&case.app.keys, &case.app.clock);
    let mut go = Go::new(from, whose, (what.to(), kind), Actor::Staff(case.clerk.staff), command);
    go.days = published.procedure().processing_days;
    if let Some(refusal) = &refusal {
        let opened = case.open("staff-reject").await?;
        let place = a.id.to_string();
        let sealed = opened.key.seal("reason", &reason_aad(a.tenant, &place), refusal.text(kind).as_bytes());
        go.reason_sealed = Some(sealed);
    }
    let db = &case.app.db;
    let written =
        db.write("application.move", Class::Person, a.tenant, go, |go, tx| Box::pin(acts::go(tx, go))).await;
    match written {
        Ok(()) => {
            case.app.line.wake(a.tenant);
            Ok(back(case))
        }
        Err(WriteError::Rejected(GoError::NotFound)) => Err(Error::NotFound),
        Err(e) => undone(case, &hidden.command, e, refusal).await,
    }
}

/// 422 with everything typed, and what to mend beside its field.
async fn mend(case: Case<'_>, refusal: Option<Refusal>) -> Result<Response, Error> {
    let banner = Banner {
        tone: "bad",
        title: "まだ却下していません",
        text: "赤い字の項目を直してから、もう一度送ってください。".into(),
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    desk::page(case, Said { status, banner: Some(banner), refusal, ..Said::default() }).await
}

/// It was not written, or nobody knows: ask by the command; then say what is true now, and keep what was typed.
async fn undone(
    case: Case<'_>,
    command: &str,
    why: WriteError<GoError>,
    refusal: Option<Refusal>,
) -> Result<Response, Error> {
    let mut x = case.app.db.reader().await?;
    if records::has_command(&mut x, case.clerk.tenant, case.id, command).await? {
        case.app.line.wake(case.clerk.tenant);
        return Ok(back(case));
    }
    drop(x);
    let said = match why {
        WriteError::Rejected(GoError::NotAllowed(_)) => refused(
            "この状態では、その操作はできません",
            "何も変えていません。今の状態でできる操作は、この画面に表示しているものだけです。",
            refusal,
        ),
        WriteError::Rejected(_) => refused(
            "ほかの人が先に処理しました",
            "この画面を開いたあとに状態が変わったため、あなたの操作は行っていません。今の状態は下のとおりです。",
            refusal,
        ),
        WriteError::Unknown => return Err(Error::Unknown),
        WriteError::Busy | WriteError::Failed => busy(refusal, NoteText::default()),
    };
    desk::page(case, said).await
}

fn refused(title: &'static str, text: &str, refusal: Option<Refusal>) -> Said {
    let banner = Some(Banner { tone: "warn", title, text: text.into() });
    Said { status: StatusCode::CONFLICT, banner, refusal, ..Said::default() }
}

fn busy(refusal: Option<Refusal>, note: NoteText) -> Said {
    let banner = Banner {
        tone: "bad",
        title: "ただいま混み合っています",
        text: "何も保存していません。書いた内容は残っています。少し待ってから、もう一度送ってください。"
            .into(),
    };
    Said { status: StatusCode::SERVICE_UNAVAILABLE, banner: Some(banner), refusal, note }
}

/// After an act: the application again, by GET.
fn back(case: Case<'_>) -> Response {
    let to = format!("{}?from={}", case.href(""), case.from.code());
    let location = HeaderValue::from_str(&to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

struct NewNote {
    id: Uuid,
    staff: String,
    sealed: Vec<u8>,
    record: Record,
    application: madoguchi_base::ApplicationId,
}

/// Adds an internal note, sealed under the application's key. The same form sent twice is one note.
pub(super) async fn note(case: Case<'_>, input: &Input) -> Result<Response, Error> {
    let id = input.get("note_id").and_then(|id| Uuid::try_parse(id).ok()).ok_or(Error::BadRequest)?;
    let case = Case { from: super::Filter::read(input.get("from")), ..case };
    let typed = NoteText::read(input);
    if typed.problem.is_some() {
        let said = Said { status: StatusCode::UNPROCESSABLE_ENTITY, note: typed, ..Said::default() };
        return desk::page(case, said).await;
    }
    let a = case.find().await?;
    let opened = case.open("staff-note").await?;
    let sealed = opened.key.seal(NOTE, &note_aad(a.tenant, &id.to_string()), typed.text.as_bytes());
    let from = (&case.app.keys, &case.app.clock);
    let record = Record::new(from, a.tenant, Actor::Staff(case.clerk.staff), "application.note").on(a.id);
    let new = NewNote { id, staff: case.clerk.staff.to_string(), sealed, record, application: a.id };
    let written = case
        .app
        .db
        .write("application.note", Class::Person, a.tenant, new, |new, tx| Box::pin(insert(tx, new)))
        .await;
    match written {
        Ok(()) => Ok(back(case)),
        Err(WriteError::Unknown) => Err(Error::Unknown),
        Err(_) => desk::page(case, busy(None, typed)).await,
    }
}

async fn insert(tx: &mut Tx, new: &NewNote) -> Result<(), Stop<madoguchi_base::db::Never>> {
    let (tenant, at) = (new.record.tenant, new.record.at);
    let id = new.id.to_string();
    if records::notes(tx, tenant, new.application).await?.iter().any(|note| note.0 == id) {
        return Ok(());
    }
    records::insert_note(tx, tenant, new.application, (new.id, new.staff.clone(), at, &new.sealed)).await?;
    Ok(audit::acts::record(tx, std::slice::from_ref(&new.record)).await?)
}
