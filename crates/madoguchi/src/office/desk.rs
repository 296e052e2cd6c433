//! One application on the clerk's desk: loaded, opened, put into words.

use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::Response;
use madoguchi_base::db::Exec;
use madoguchi_base::{ApplicationId, Millis, TenantId, id};
use madoguchi_line::notice::{self, NoticeView};

use super::forms::{NoteText, Refusal, new_command, usual_remedy};
use super::pages::{
    ApplicationPage, Banner, Desk, Next, Note, NoteForm, Part, RefusalForm, Step, Told, show,
};
use super::{Clerk, Filter, Move, age, is_disposition, records, store};
use crate::app::App;
use crate::application::agent::{AgentError, Opened, Proof, note_aad};
use crate::application::answers::{Answers, Purpose, out};
use crate::application::{Application, State, acts};
use crate::error::Error;
use crate::procedure::{FormVersion, Kind, Published, Shelf};

/// Sub-key of internal notes.
pub(super) const NOTE: &str = "note";

/// Who looks at which application.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) app: &'a App,
    pub(super) shelf: &'a Shelf,
    pub(super) clerk: &'a Clerk,
    pub(super) id: ApplicationId,
    pub(super) from: Filter,
}

/// What the page says beside the application itself.
#[derive(Default)]
pub(super) struct Said {
    pub(super) status: StatusCode,
    pub(super) banner: Option<Banner>,
    pub(super) refusal: Option<Refusal>,
    pub(super) note: NoteText,
}

impl From<AgentError> for Error {
    fn from(e: AgentError) -> Self {
        match e {
            AgentError::NotAllowed => Self::NotFound,
            AgentError::Budget => Self::TooMany,
            AgentError::Sealed => Self::internal("office", "sealed answers did not open"),
            AgentError::Unavailable | AgentError::Away => Self::Busy,
        }
    }
}

impl Case<'_> {
    /// Another municipality's application and one that does not exist are the same 404.
    pub(super) async fn find(&self) -> Result<Application, Error> {
        let mut x = self.app.db.reader().await?;
        acts::find(&mut x, self.clerk.tenant, self.id).await?.ok_or(Error::NotFound)
    }

    pub(super) fn published(&self, a: &Application) -> Result<&Published, Error> {
        let found = self.shelf.find(a.procedure, a.form_version);
        found
            .map(AsRef::as_ref)
            .ok_or_else(|| Error::internal("office", "the version of an application's form is gone"))
    }

    /// Opens what was sealed; the key agent checks the session again and writes the audit record.
    pub(super) async fn open(&self, purpose: &'static str) -> Result<Opened, Error> {
        let proof = Proof::Staff(&self.clerk.token.0);
        Ok(self.app.agent.open(self.clerk.tenant, self.id, purpose, proof).await?)
    }

    /// Address of the application, or of an act on it (`/accept`).
    pub(super) fn href(&self, act: &str) -> String {
        format!("/{}/a/{}{act}", self.shelf.slug(), self.id)
    }
}

struct Around {
    events: Vec<records::EventRow>,
    notices: Vec<NoticeView>,
    notes: Vec<records::NoteRow>,
    names: HashMap<String, String>,
}

/// The page of one application.
pub(super) async fn page(case: Case<'_>, said: Said) -> Result<Response, Error> {
    let a = case.find().await?;
    let published = case.published(&a)?;
    let opened = case.open("staff-page").await?;
    let mut x = case.app.db.reader().await?;
    let around = around(&mut x, a.tenant, a.id).await?;
    drop(x);
    let (about, now) = (published.procedure(), case.app.clock.wall());
    let status = said.status;
    let (next, refusal) = (next(case, &a, about.kind), refusal(case, &a, about.kind, said.refusal));
    let page = ApplicationPage {
        desk: Desk::new(case.shelf, Some(case.clerk), &about.title),
        banner: said.banner,
        back: format!("/{}/?state={}", case.shelf.slug(), case.from.code()),
        from: case.from.code(),
        seen: a.version,
        noun: about.kind.noun(),
        section: case.shelf.section(&about.section).name,
        receipt: a.receipt.to_string(),
        code: a.state.code(),
        word: a.state.for_staff(),
        is_finished: a.state.is_finished(),
        arrived: a.arrived_at.japanese(),
        iso: iso(a.arrived_at),
        age: age(a.arrived_at, now),
        parts: parts(&opened, &published.form)?,
        reason: opened.reason.as_ref().map(|r| String::from_utf8_lossy(r).into_owned()),
        next,
        refusal,
        history: around.events.iter().map(|e| step(e, &around.names)).collect(),
        told: around.notices.iter().map(told).collect(),
        notes: notes(&around, &opened, a.tenant),
        note_form: NoteForm {
            action: case.href("/note"),
            id: id::new_uuid(&case.app.clock).to_string(),
            text: said.note.text,
            oops: said.note.problem,
        },
    };
    Ok(show(&page, status))
}

async fn around(x: &mut impl Exec, tenant: TenantId, a: ApplicationId) -> Result<Around, sqlx::Error> {
    let events = records::events(x, tenant, a).await?;
    let notices = notice::of_application(x, tenant, a).await?;
    let notes = records::notes(x, tenant, a).await?;
    let staff = events.iter().filter(|e| e.actor_kind == "staff").map(|e| e.actor_id.as_str());
    let names = names(x, tenant, staff.chain(notes.iter().map(|n| n.1.as_str()))).await?;
    Ok(Around { events, notices, notes, names })
}

/// Names of members of staff by their ids.
pub(super) async fn names<'a>(
    x: &mut impl Exec,
    tenant: TenantId,
    ids: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, String>, sqlx::Error> {
    let ids: Vec<&str> = ids.collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    let mut all = HashMap::with_capacity(ids.len());
    for some in ids.chunks(crate::sql::MAX_ROWS) {
        all.extend(store::names(x, tenant, some).await?);
    }
    Ok(all)
}

/// Who acted, for colleagues.
pub(super) fn who(kind: &str, id: &str, names: &HashMap<String, String>) -> String {
    match kind {
        "citizen" => "申請者".to_owned(),
        "staff" => names.get(id).cloned().unwrap_or_else(|| "職員".to_owned()),
        _ => "システム".to_owned(),
    }
}

/// For `<time datetime>`.
pub(super) fn iso(at: Millis) -> String {
    at.to_zoned().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn parts(opened: &Opened, form: &FormVersion) -> Result<Vec<Part>, Error> {
    let answers = Answers::from_canonical(&opened.answers)
        .map_err(|_| Error::internal("office", "opened answers are not readable"))?;
    let mut parts: Vec<Part> = Vec::new();
    for row in out::rows(&answers, form, Purpose::Page) {
        if parts.last().is_none_or(|part| part.heading != row.section) {
            parts.push(Part { heading: row.section.clone(), rows: Vec::new() });
        }
        if let Some(part) = parts.last_mut() {
            part.rows.push((row.label, row.value));
        }
    }
    Ok(parts)
}

fn next(case: Case<'_>, a: &Application, kind: Kind) -> Option<Next> {
    let (act, label, hint) = match Move::next(a.state, kind)? {
        Move::Accept => ("/accept", "受け付ける", "申請者に「受け付けました」とLINEで知らせます。"),
        Move::Complete => ("/complete", "完了にする", "申請者に「結果が出ました」とLINEで知らせます。"),
        Move::Reject => return None,
    };
    Some(Next { action: case.href(act), command: new_command(), label, hint })
}

fn refusal(case: Case<'_>, a: &Application, kind: Kind, typed: Option<Refusal>) -> Option<RefusalForm> {
    if !Move::Reject.is_offered(a.state, kind) {
        return None;
    }
    let is_open = typed.is_some();
    let typed = typed.unwrap_or_default();
    let city = &case.shelf.municipality().name;
    Some(RefusalForm {
        action: case.href("/reject"),
        command: new_command(),
        needs_law: is_disposition(kind),
        is_open,
        reason: typed.reason,
        law: typed.law,
        remedy: typed.remedy.unwrap_or_else(|| usual_remedy(city)),
        oops_reason: typed.problems.reason,
        oops_law: typed.problems.law,
        oops_remedy: typed.problems.remedy,
        citizen_reads: State::Rejected.for_citizen(kind),
    })
}

fn step(e: &records::EventRow, names: &HashMap<String, String>) -> Step {
    let word = |code: &str| code.parse::<State>().map_or("", State::for_staff);
    let what = match e.from_state.as_deref() {
        Some(from) => format!("{} → {}", word(from), word(&e.to_state)),
        None => word(&e.to_state).to_owned(),
    };
    Step {
        when: Millis(e.at).japanese(),
        iso: iso(Millis(e.at)),
        what,
        who: who(&e.actor_kind, &e.actor_id, names),
    }
}

fn told(n: &NoticeView) -> Told {
    Told {
        when: n.sent_at.unwrap_or(n.at).japanese(),
        text: n.text.clone(),
        state: n.state.japanese(),
        code: n.state.code(),
    }
}

fn notes(around: &Around, opened: &Opened, tenant: TenantId) -> Vec<Note> {
    let read = |(id, staff, at, sealed): &records::NoteRow| {
        let text = opened.key.open(NOTE, &note_aad(tenant, id), sealed);
        Note {
            when: Millis(*at).japanese(),
            who: who("staff", staff, &around.names),
            // One note that does not open must not hide the application.
            text: text.map_or_else(
                |_| "（このメモは開けません。システムの担当者に知らせてください）".to_owned(),
                |plain| String::from_utf8_lossy(&plain).into_owned(),
            ),
        }
    };
    around.notes.iter().map(read).collect()
}
