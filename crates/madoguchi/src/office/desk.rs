//! One application on the clerk's desk: loaded, opened, put into words.

use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::Response;
use madoguchi_base::db::Exec;
use madoguchi_base::{ApplicationId, Millis, TenantId, id};
use madoguchi_line::friends::{self, Reach};
use madoguchi_line::notice::{self, NoticeView};

use super::filter::From;
use super::forms::{NoteText, Refusal, new_command, usual_remedy};
use super::moves::Typed;
use super::pages::{
    ApplicationPage, Banner, Desk, Note, NoteForm, Part, RefusalForm, Step, Told, ToldPage, show,
};
use super::{Clerk, Move, age, contact, is_disposition, records, rounds, steps, store};
use crate::app::App;
use crate::application::agent::{AgentError, Opened, Proof, note_aad};
use crate::application::answers::{Answers, Purpose, out};
use crate::application::{Application, Rules, State, acts};
use crate::attachment::{self, Shown};
use crate::error::Error;
use crate::procedure::{FormVersion, Published, Shelf};

/// Sub-key of internal notes.
pub(super) const NOTE: &str = "note";

/// Who looks at which application.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) app: &'a App,
    pub(super) shelf: &'a Shelf,
    pub(super) clerk: &'a Clerk,
    pub(super) id: ApplicationId,
    pub(super) from: From,
}

/// What the page says beside the application itself.
#[derive(Default)]
pub(super) struct Said {
    pub(super) status: StatusCode,
    pub(super) banner: Option<Banner>,
    pub(super) typed: Typed,
    pub(super) note: NoteText,
}

impl std::convert::From<AgentError> for Error {
    fn from(e: AgentError) -> Self {
        match e {
            AgentError::NotAllowed => Self::NotFound,
            AgentError::Destroyed => Self::Gone,
            AgentError::Budget => Self::TooMany,
            AgentError::Sealed => Self::internal("office", "sealed answers did not open"),
            AgentError::Unavailable | AgentError::Away => Self::Busy,
        }
    }
}

impl Case<'_> {
    /// Another municipality's application and one that does not exist are the same 404.
    /// So is one of a department that is not the clerk's.
    pub(super) async fn find(&self) -> Result<Application, Error> {
        let mut x = self.app.db.reader().await?;
        let found = acts::find(&mut x, self.clerk.tenant, self.id).await?;
        found.filter(|a| self.may_see(a)).ok_or(Error::NotFound)
    }

    /// Whether the application is one of the clerk's departments.
    pub(super) fn may_see(&self, a: &Application) -> bool {
        super::sees(self.shelf, self.clerk, a.procedure)
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

pub(super) struct Around {
    pub(super) corrections: Vec<records::CorrectionRow>,
    pub(super) rounds: Vec<records::RoundRow>,
    pub(super) survivor: Option<String>,
    pub(super) contacts: Vec<store::ContactRow>,
    pub(super) reach: Reach,
    events: Vec<records::EventRow>,
    pub(super) notices: Vec<NoticeView>,
    notes: Vec<records::NoteRow>,
    pub(super) names: HashMap<String, String>,
}

/// The page of one application.
pub(super) async fn page(case: Case<'_>, said: Said) -> Result<Response, Error> {
    let a = case.find().await?;
    let published = case.published(&a)?;
    let opened = case.open("staff-page").await?;
    let mut x = case.app.db.reader().await?;
    let around = around(&mut x, &a).await?;
    let (parts, named) = parts(&opened, &published.form)?;
    let files = attachment::acts::links(&mut x, (a.tenant, a.id), &named, &case.href("")).await?;
    drop(x);
    let (about, now) = (published.procedure(), case.app.clock.wall());
    let (rules, status, may_act) = (Rules::of(about), said.status, case.clerk.may_act());
    let page = ApplicationPage {
        desk: Desk::new(case.shelf, Some(case.clerk), &about.title),
        banner: said.banner,
        back: format!("/{}/{}", case.shelf.slug(), case.from.path()),
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
        facts: steps::facts(&a, &rules, &around, now),
        parts,
        files,
        reason: rejected(&a, &opened),
        next: steps::next(case, &a, &rules, &said.typed).filter(|_| may_act),
        others: if may_act { steps::others(case, &a, &rules, &said.typed) } else { Vec::new() },
        ask: steps::ask(case, &a, &rules).filter(|_| may_act),
        contact: contact::view(case, &a, &around, &opened, &published.form)?,
        id: a.id.to_string(),
        may_act,
        asked: rounds::asked(&a, &around, &opened, &published.form),
        changes: rounds::changes(&a, &around, &opened, &published.form)?,
        refusal: refusal(case, &a, &rules, said.typed.refusal).filter(|_| may_act),
        history: around.events.iter().map(|e| step(e, &around.names)).collect(),
        told: around.notices.iter().map(told).collect(),
        told_at: case.href("/told"),
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

/// Why it was refused; after it was taken up again that is history.
fn rejected(a: &Application, opened: &Opened) -> Option<String> {
    let reason = opened.reason.as_ref().filter(|_| a.state == State::Rejected)?;
    Some(String::from_utf8_lossy(reason).into_owned())
}

async fn around(x: &mut impl Exec, a: &Application) -> Result<Around, sqlx::Error> {
    let (tenant, id) = (a.tenant, a.id);
    let events = records::events(x, tenant, id).await?;
    let notices = notice::of_application(x, tenant, id).await?;
    let notes = records::notes(x, tenant, id).await?;
    let corrections = records::corrections(x, tenant, id).await?;
    let rounds = if a.round > 0 { records::rounds(x, tenant, id).await? } else { Vec::new() };
    let survivor = match a.duplicate_of {
        Some(other) => records::find(x, tenant, other).await?.map(|other| other.receipt.to_string()),
        None => None,
    };
    let contacts = store::contacts(x, tenant, id).await?;
    let reach = friends::state(x, tenant, a.account).await?;
    let staff = events.iter().filter(|e| e.actor_kind == "staff").map(|e| e.actor_id.as_str());
    let more = notes.iter().map(|n| n.1.as_str()).chain(contacts.iter().map(|c| c.staff_id.as_str()));
    let names = names(x, tenant, staff.chain(more)).await?;
    Ok(Around { corrections, rounds, survivor, contacts, reach, events, notices, notes, names })
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

/// The answers as they stand now.
pub(super) fn answers_of(opened: &Opened) -> Result<Answers, Error> {
    Answers::from_canonical(&opened.answers)
        .map_err(|_| Error::internal("office", "opened answers are not readable"))
}

fn parts(opened: &Opened, form: &FormVersion) -> Result<(Vec<Part>, Vec<Shown>), Error> {
    let answers = answers_of(opened)?;
    let mut parts: Vec<Part> = Vec::new();
    for row in out::rows(&answers, form, Purpose::Page) {
        if parts.last().is_none_or(|part| part.heading != row.section) {
            parts.push(Part { heading: row.section.clone(), rows: Vec::new() });
        }
        if let Some(part) = parts.last_mut() {
            part.rows.push((row.label, row.value));
        }
    }
    Ok((parts, out::files(&answers, form, Purpose::Page)))
}

fn refusal(case: Case<'_>, a: &Application, rules: &Rules, typed: Option<Refusal>) -> Option<RefusalForm> {
    if !Move::Reject.is_offered(a.state, rules) {
        return None;
    }
    let kind = rules.kind;
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

/// How far the notices are. Nothing is opened, so nothing is recorded.
pub(super) async fn told_only(case: Case<'_>) -> Result<Response, Error> {
    let a = case.find().await?;
    let mut x = case.app.db.reader().await?;
    let notices = notice::of_application(&mut x, a.tenant, a.id).await?;
    Ok(show(&ToldPage { told: notices.iter().map(told).collect() }, StatusCode::OK))
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
