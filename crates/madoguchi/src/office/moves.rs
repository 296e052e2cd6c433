//! The acts of a clerk: every move with a button, and the internal note.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use madoguchi_base::db::{Class, Stop, Tx, WriteError};
use madoguchi_base::{ApplicationId, Receipt, id};
use uuid::Uuid;

use super::desk::{self, Case, NOTE, Said};
use super::forms::{Answered, Hidden, NoteText, Refusal};
use super::pages::Banner;
use super::{Move, records};
use crate::application::acts::{self, Go, GoError};
use crate::application::agent::{note_aad, reason_aad};
use crate::application::{Application, Channel, NotAllowed, Rules, State, With};
use crate::audit::{self, Actor, Record};
use crate::error::Error;
use crate::procedure::Input;

/// What was typed beside a button, kept for the page that asks again.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) refusal: Option<Refusal>,
    /// The move to which the text belongs.
    pub(super) answered: Option<(Move, Answered)>,
    /// 「本人確認書類を確認した」 is missing.
    pub(super) identity_missing: bool,
}

/// A move that can be tried: what it brings, and what is sealed with it.
struct Ready {
    with: With,
    /// A reason for colleagues.
    note: Option<String>,
}

/// Moves an application where the page that the clerk saw is still true. A repeated command does nothing.
pub(super) async fn go(case: Case<'_>, what: Move, input: &Input) -> Result<Response, Error> {
    let hidden = Hidden::read(input).ok_or(Error::BadRequest)?;
    let case = Case { from: hidden.from, ..case };
    let a = case.find().await?;
    let published = case.published(&a)?;
    let rules = Rules::of(published.procedure());
    let (ready, typed) = read(case, &a, (what, &rules), input).await?;
    // Asked before anything is opened: what may not be done opens nothing.
    if a.version != hidden.seen {
        return undone(case, &hidden.command, WriteError::Rejected(GoError::Stale), typed).await;
    }
    if !what.is_offered(a.state, &rules) {
        let why = GoError::NotAllowed(NotAllowed::Move(a.state, what.to()));
        return undone(case, &hidden.command, WriteError::Rejected(why), typed).await;
    }
    let Some(ready) = ready else { return mend(case, what, typed).await };
    let (whose, command) = ((a.tenant, a.id), (hidden.seen, hidden.command.clone()));
    let from = (&case.app.keys, &case.app.clock);
    let mut go = Go::new(from, whose, (what.to(), rules), Actor::Staff(case.clerk.staff), command);
    go.with = ready.with;
    if let Some(refusal) = &typed.refusal {
        let opened = case.open("staff-reject").await?;
        let place = a.id.to_string();
        let text = refusal.text(rules.kind);
        go.reason_sealed = Some(opened.key.seal("reason", &reason_aad(a.tenant, &place), text.as_bytes()));
    }
    if let Some(text) = &ready.note {
        let (opened, id) = (case.open("staff-note").await?, id::new_uuid(&case.app.clock));
        let sealed = opened.key.seal(NOTE, &note_aad(a.tenant, &id.to_string()), text.as_bytes());
        go.note = Some((id, sealed));
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
        Err(e) => undone(case, &hidden.command, e, typed).await,
    }
}

/// What the move needs, from what was typed; `None` where something has to be mended first.
async fn read(
    case: Case<'_>,
    a: &Application,
    (what, rules): (Move, &Rules),
    input: &Input,
) -> Result<(Option<Ready>, Typed), Error> {
    let mut typed = Typed::default();
    let mut with = With { identity: input.get("identity") == Some("yes"), ..With::default() };
    let mut note = None;
    let fine = match what {
        Move::Accept => {
            typed.identity_missing = rules.identity && !with.identity && a.identity_at.is_none();
            !typed.identity_missing
        }
        Move::Reject => {
            let refusal = Refusal::read(input, rules.kind);
            with.reason = !refusal.problems.any();
            typed.refusal = Some(refusal);
            with.reason
        }
        Move::Reopen => {
            let text = Answered::reopening(input);
            with.reason = text.problem.is_none();
            note = Some(format!("再開の理由：{}", text.text));
            typed.answered = Some((what, text));
            with.reason
        }
        Move::Duplicate => {
            let (mut text, receipt) = Answered::survivor(input);
            if let Some(receipt) = receipt {
                with.survivor = survivor(case, a, receipt).await?;
                if with.survivor.is_none() {
                    text.problem = Some("同じ方の、重複ではない別の申請の受付番号を書いてください。");
                }
            }
            typed.answered = Some((what, text));
            with.survivor.is_some()
        }
        Move::Review | Move::Issue | Move::Ready | Move::Complete | Move::Withdraw => true,
    };
    Ok((fine.then_some(Ready { with, note }), typed))
}

/// The application that goes on: another one of the same person (or one that staff entered), no duplicate itself.
async fn survivor(case: Case<'_>, a: &Application, receipt: Receipt) -> Result<Option<ApplicationId>, Error> {
    let mut x = case.app.db.reader().await?;
    let Some(id) = records::find_by_receipt(&mut x, a.tenant, &receipt.digits()).await? else {
        return Ok(None);
    };
    let id = id.parse().map_err(|_| Error::internal("office", "an application id is not readable"))?;
    let other = records::find(&mut x, a.tenant, id).await?;
    let is_theirs =
        |o: &Application| o.account == a.account || o.channel != Channel::Line || a.channel != Channel::Line;
    let fits = |o: &Application| o.id != a.id && o.state != State::Duplicate && is_theirs(o);
    Ok(other.filter(|o| fits(o) && case.may_see(o)).map(|o| o.id))
}

/// 422 with everything typed, and what to mend beside its field.
async fn mend(case: Case<'_>, what: Move, typed: Typed) -> Result<Response, Error> {
    let title = match what {
        Move::Accept => "まだ受け付けていません",
        Move::Reject => "まだ却下していません",
        _ => "まだ何も変えていません",
    };
    let text = "赤い字の項目を直してから、もう一度送ってください。".into();
    let banner = Banner { tone: "bad", title, text };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    desk::page(case, Said { status, banner: Some(banner), typed, ..Said::default() }).await
}

/// It was not written, or nobody knows: ask by the command; then say what is true now, and keep what was typed.
async fn undone(
    case: Case<'_>,
    command: &str,
    why: WriteError<GoError>,
    typed: Typed,
) -> Result<Response, Error> {
    let mut x = case.app.db.reader().await?;
    if records::has_command(&mut x, case.clerk.tenant, case.id, command).await? {
        case.app.line.wake(case.clerk.tenant);
        return Ok(back(case));
    }
    drop(x);
    let (status, banner) = match why {
        WriteError::Rejected(GoError::NotAllowed(_)) => (
            StatusCode::CONFLICT,
            Banner {
                tone: "warn",
                title: "この状態では、その操作はできません",
                text: "何も変えていません。今の状態でできる操作は、この画面に表示しているものだけです。"
                    .into(),
            },
        ),
        WriteError::Rejected(_) => (StatusCode::CONFLICT, faster_banner()),
        WriteError::Unknown => return Err(Error::Unknown),
        WriteError::Busy | WriteError::Failed => (StatusCode::SERVICE_UNAVAILABLE, busy_banner()),
    };
    desk::page(case, Said { status, banner: Some(banner), typed, ..Said::default() }).await
}

/// Somebody else moved it while this page lay open.
pub(super) fn faster_banner() -> Banner {
    Banner {
        tone: "warn",
        title: "ほかの人が先に処理しました",
        text: "この画面を開いたあとに状態が変わったため、あなたの操作は行っていません。今の状態は下のとおりです。"
            .into(),
    }
}

/// Nothing was stored, everything typed is still there.
pub(super) fn busy_banner() -> Banner {
    Banner {
        tone: "bad",
        title: "ただいま混み合っています",
        text: "何も保存していません。書いた内容は残っています。少し待ってから、もう一度送ってください。"
            .into(),
    }
}

fn busy(note: NoteText) -> Said {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    Said { status, banner: Some(busy_banner()), note, ..Said::default() }
}

/// After an act: the application again, by GET.
pub(super) fn back(case: Case<'_>) -> Response {
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
    let case = Case { from: super::filter::From::read(input.get("from")), ..case };
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
        Err(_) => desk::page(case, busy(typed)).await,
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
