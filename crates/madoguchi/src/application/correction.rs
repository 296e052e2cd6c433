//! 補正: what staff ask the citizen to mend, how an answer is put together, and what it changed.
//!
//! Is: the marked fields, the reason, the rule that nothing else changes, the transaction of an answer.
//! Is not: the pages of it (`mend` for the citizen, `office` for staff). Fields and reason are sealed together.

use madoguchi_base::db::{Stop, Tx};
use madoguchi_base::keys::{Aad, OpenError};
use madoguchi_base::seal::ApplicationKey;
use madoguchi_base::{AccountId, ApplicationId, Day, Millis, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::acts::GoError;
use super::answers::out::Row;
use super::answers::{Answers, Purpose, out};
use super::store::{self, Event};
use super::submit::{ANSWERS, answers_aad};
use super::{NotAllowed, Rules, State, deadline};
use crate::audit::{self, Actor, Record};
use crate::procedure::{Asks, Field, FormVersion, Input, Problems, ReadContext, Section};

/// Sub-key of what is asked.
const ASKED: &str = "correction";

/// What staff ask the citizen to mend.
#[derive(Serialize, Deserialize)]
pub struct Asked {
    /// Ids of the marked fields.
    pub fields: Vec<String>,
    /// Why, for the person. It stays on our page.
    pub reason: String,
}

/// Prints counts only.
impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Asked({} fields)", self.fields.len())
    }
}

fn asked_aad(tenant: TenantId, event: &str) -> Aad<'_> {
    Aad { tenant, table: "application_correction", column: "sealed", row: event, round: 0 }
}

impl Asked {
    /// Sealed under the application's key, bound to the step of history that asks.
    pub fn seal(&self, key: &ApplicationKey, tenant: TenantId, event: Uuid) -> Vec<u8> {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(self).unwrap_or_default());
        key.seal(ASKED, &asked_aad(tenant, &event.to_string()), &plain)
    }

    /// What a request holds.
    pub fn open(
        key: &ApplicationKey,
        tenant: TenantId,
        (event, sealed): (&str, &[u8]),
    ) -> Result<Self, OpenError> {
        let plain = key.open(ASKED, &asked_aad(tenant, event), sealed)?;
        serde_json::from_slice(&plain).map_err(|_| OpenError)
    }
}

/// Seals the answers of a round under the application's key.
pub fn seal_round(
    key: &ApplicationKey,
    (tenant, application): (TenantId, ApplicationId),
    round: u32,
    canonical: &[u8],
) -> Vec<u8> {
    key.seal(ANSWERS, &answers_aad(tenant, &application.to_string(), round), canonical)
}

/// Opens the answers of an earlier round.
pub fn open_round(
    key: &ApplicationKey,
    (tenant, application): (TenantId, ApplicationId),
    round: u32,
    sealed: &[u8],
) -> Result<Answers, OpenError> {
    let plain = key.open(ANSWERS, &answers_aad(tenant, &application.to_string(), round), sealed)?;
    Answers::from_canonical(&plain).map_err(|_| OpenError)
}

/// A marked name belongs to a value of the form: itself, or a part of it (`birth.y`).
fn is_part(name: &str, field: &str) -> bool {
    name.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Can the field be asked for again? Files cannot yet: what a browser says of a file is believed of nobody, and
/// receiving one for an application that stands already is not built.
fn is_askable(field: &Field) -> bool {
    !matches!(field.asks, Asks::Static(_) | Asks::Files(_))
}

/// Every field that can be asked for, in the order of the form.
pub fn leaves(form: &FormVersion) -> impl Iterator<Item = &Field> {
    form.fields().flat_map(Field::leaves).filter(|f| is_askable(f))
}

/// The same in one part of the form.
pub fn leaves_of(section: &Section) -> impl Iterator<Item = &Field> {
    section.fields.iter().flat_map(Field::leaves).filter(|f| is_askable(f))
}

/// Fields that are given or left out together: alone, as a group, as a row.
fn units(field: &Field) -> Vec<Vec<&Field>> {
    match &field.asks {
        Asks::Group(inner) => vec![inner.iter().collect()],
        Asks::Repeat(repeat) => repeat.rows.iter().map(|row| row.fields.iter().collect()).collect(),
        _ => vec![vec![field]],
    }
}

/// The marked fields, and those without an answer that depend on them: a marked choice may make them needed.
pub fn editable(form: &FormVersion, asked: &Asked, old: &Answers) -> Vec<String> {
    let given: Vec<String> = out::rows(old, form, Purpose::Page).into_iter().map(|r| r.field).collect();
    let mut open: Vec<String> =
        leaves(form).map(|f| &f.id).filter(|id| asked.fields.contains(id)).cloned().collect();
    for field in form.fields() {
        for unit in units(field) {
            let led = |f: &Field| {
                let conditions = f.when.iter().chain(&f.optional_when).chain(&f.required_when);
                conditions.into_iter().any(|when| open.contains(&when.field))
            };
            let touched = unit.len() > 1 && unit.iter().any(|f| open.contains(&f.id));
            let whole = touched || led(field);
            let more: Vec<String> = unit
                .iter()
                .filter(|f| (whole || led(f)) && !given.contains(&f.id) && !open.contains(&f.id))
                .filter(|f| is_askable(f))
                .map(|f| f.id.clone())
                .collect();
            open.extend(more);
        }
    }
    open
}

/// What was typed at the open fields; whatever else was sent is dropped.
fn only(open: &[String], typed: &Input) -> Input {
    let mut kept = Input::new();
    for (name, value) in typed.pairs().filter(|(name, _)| open.iter().any(|field| is_part(name, field))) {
        kept.push(name, value);
    }
    kept
}

/// An answer that cannot be taken yet.
pub struct Unmended {
    /// What was typed at the open fields.
    pub input: Input,
    /// What to mend.
    pub problems: Problems,
    /// The fields that are open.
    pub open: Vec<String>,
}

/// Reads an answer to a correction. Only open fields are read and judged by today's rules; the others stay as they
/// arrived. A field that is missing although it was not open is opened: the marked answers made it needed.
pub fn read(
    form: &FormVersion,
    (asked, old): (&Asked, &Answers),
    typed: &Input,
    ctx: &ReadContext<'_>,
) -> Result<Answers, Unmended> {
    let mut open = editable(form, asked, old);
    loop {
        let input = only(&open, typed);
        let earlier = Answers::from_canonical(&out::canonical(old, Purpose::Seal)).unwrap_or_default();
        let problems = match form.read_marked(earlier, &open, &input, ctx) {
            Ok(answers) => return Ok(answers),
            Err(problems) => problems,
        };
        let askable = |field: &String| form.field(field).is_some_and(is_askable);
        let more = problems.0.iter().map(|p| p.field.clone());
        let more: Vec<String> = more.filter(|field| !open.contains(field) && askable(field)).collect();
        if more.is_empty() {
            return Err(Unmended { input, problems, open });
        }
        open.extend(more);
    }
}

/// The open fields after a button inside the form was pressed: nothing is judged yet.
pub fn drawn_again(form: &FormVersion, (asked, old): (&Asked, &Answers), typed: &Input) -> Unmended {
    let open = editable(form, asked, old);
    Unmended { input: only(&open, typed), problems: Problems::default(), open }
}

/// One answer before and after.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// The question.
    pub label: String,
    /// Empty where there was none.
    pub before: String,
    /// Empty where there is none any more.
    pub after: String,
}

/// In a repetition the row is named, too.
fn label(row: &Row) -> String {
    let in_row = row.field.split('.').any(|part| part.bytes().all(|b| b.is_ascii_digit()));
    if in_row { format!("{}：{}", row.section, row.label) } else { row.label.clone() }
}

/// What changed between two rounds, in the order of the form.
pub fn differences(before: &[Row], after: &[Row]) -> Vec<Difference> {
    let same = |a: &Row, b: &Row| a.field == b.field && a.label == b.label;
    let changed = after.iter().filter_map(|new| {
        let old = before.iter().find(|old| same(old, new)).map_or("", |old| old.value.as_str());
        (old != new.value).then(|| Difference {
            label: label(new),
            before: old.to_owned(),
            after: new.value.clone(),
        })
    });
    let gone = before.iter().filter(|old| !after.iter().any(|new| same(old, new)));
    let gone =
        gone.map(|old| Difference { label: label(old), before: old.value.clone(), after: String::new() });
    changed.chain(gone).collect()
}

/// A sealed answer to a correction, ready to be stored.
pub struct Answered {
    pub(crate) tenant: TenantId,
    pub(crate) application: ApplicationId,
    pub(crate) account: AccountId,
    pub(crate) rules: Rules,
    /// The round that the page showed.
    pub(crate) round: u32,
    pub(crate) command: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) mac: [u8; 32],
    pub(crate) at: Millis,
    pub(crate) event: Uuid,
    pub(crate) record: Record,
}

/// Stores an answer: the old round is kept, the application goes back to where it was asked from. A repeated
/// command does nothing; the same command with other answers is refused.
pub async fn answer(tx: &mut Tx, new: &Answered) -> Result<(), Stop<GoError>> {
    let (tenant, id) = (new.tenant, new.application);
    if store::has_command(tx, tenant, id, &new.command).await? {
        let now = store::answers_mac(tx, tenant, id).await?;
        let other = now.is_some_and(|(round, mac)| round == i64::from(new.round) + 1 && mac != new.mac);
        return if other { Err(Stop::Reject(GoError::Conflict)) } else { Ok(()) };
    }
    let found = store::find(tx, tenant, id).await?.filter(|a| a.account == new.account);
    let Some(a) = found else { return Err(Stop::Reject(GoError::NotFound)) };
    if a.state != State::Correction || a.round != new.round {
        return Err(Stop::Reject(GoError::Stale));
    }
    let asked = store::open_correction(tx, tenant, id).await?;
    let refused = || Stop::Reject(GoError::NotAllowed(NotAllowed::Move(a.state, a.state)));
    let asked = asked.filter(|c| c.round == i64::from(a.round)).ok_or_else(refused)?;
    let to: State = asked.from_state.parse().map_err(|_| refused())?;
    let (due, _) = deadline::after(&a, to, &new.rules, Day::of(new.at), None);
    store::keep_round(tx, tenant, id, new.at).await?;
    let row = store::Answer {
        seen: a.version,
        sealed: &new.sealed,
        mac: &new.mac,
        state: to.code(),
        due,
        at: new.at,
    };
    if !store::answer(tx, tenant, id, &row).await? {
        return Err(Stop::Reject(GoError::Stale));
    }
    store::close_correction(tx, tenant, &asked.event_id, new.at).await?;
    let by = Actor::Citizen(new.account);
    let event = Event {
        tenant,
        id: new.event,
        application: id,
        command: new.command.clone(),
        at: new.at,
        actor_kind: by.kind(),
        actor_id: by.id(),
        from: Some(a.state.code()),
        to: to.code(),
        round: a.round + 1,
        notice: None,
    };
    store::insert_events(tx, &[event]).await?;
    Ok(audit::acts::record(tx, std::slice::from_ref(&new.record)).await?)
}
