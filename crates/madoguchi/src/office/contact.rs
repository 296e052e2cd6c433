//! 「LINEで届きません」: the telephone beside it, and what the office did instead.

use axum::response::Response;
use madoguchi_base::db::{Class, Never, Stop, Tx};
use madoguchi_base::{ApplicationId, Millis, StaffId, id};
use madoguchi_line::friends::Reach;
use madoguchi_line::notice::DeliveryState;
use uuid::Uuid;

use super::desk::{Around, Case, answers_of, iso, who};
use super::pages::{ContactView, Step};
use super::{filter, moves, store};
use crate::application::agent::Opened;
use crate::application::answers::{Purpose, out};
use crate::application::{Application, Channel};
use crate::audit::{self, Actor, Record};
use crate::error::Error;
use crate::procedure::{Asks, DigitsOf, FormVersion, Input};

/// How a person was told otherwise, with the words for it.
const HOW: [(&str, &str); 3] =
    [("telephone", "電話で連絡した"), ("post", "郵送した"), ("none", "連絡は要らない")];

/// What stands about reaching the person. The telephone number comes out of answers that were opened (and recorded)
/// for this page anyway.
pub(super) fn view(
    case: Case<'_>,
    a: &Application,
    around: &Around,
    opened: &Opened,
    form: &FormVersion,
) -> Result<Option<ContactView>, Error> {
    let is_lost = |state| {
        matches!(state, DeliveryState::Undeliverable | DeliveryState::Expired | DeliveryState::Checking)
    };
    let last = around.notices.iter().filter(|n| is_lost(n.state)).map(|n| n.at).max();
    let told = around.contacts.iter().map(|c| Millis(c.at)).max();
    let is_unreachable = a.channel == Channel::Line && around.reach == Reach::NotReachable;
    if last.is_none() && !is_unreachable && around.contacts.is_empty() {
        return Ok(None);
    }
    let is_waiting = last.is_some_and(|last| told.is_none_or(|told| told < last));
    let is_tel =
        |id: &str| matches!(form.field(id).map(|f| &f.asks), Some(Asks::Digits(d)) if d.of == DigitsOf::Tel);
    let mut telephones = Vec::new();
    if is_waiting || is_unreachable {
        let rows = out::rows(&answers_of(opened)?, form, Purpose::Page);
        telephones.extend(rows.into_iter().filter(|r| is_tel(&r.field)).map(|r| (r.label, r.value)));
    }
    let step = |c: &store::ContactRow| Step {
        when: Millis(c.at).japanese(),
        iso: iso(Millis(c.at)),
        what: HOW.iter().find(|(code, _)| *code == c.how).map_or("", |(_, words)| words).to_owned(),
        who: who("staff", &c.staff_id, &around.names),
    };
    Ok(Some(ContactView {
        is_waiting,
        is_unreachable,
        telephones,
        done: around.contacts.iter().map(step).collect(),
        action: case.href("/contact"),
        id: id::new_uuid(&case.app.clock).to_string(),
        choices: &HOW,
    }))
}

struct Told {
    id: Uuid,
    staff: StaffId,
    how: &'static str,
    record: Record,
    application: ApplicationId,
}

/// Writes down that the person was told otherwise. The same form sent twice is one record.
pub(super) async fn record(case: Case<'_>, input: &Input) -> Result<Response, Error> {
    let id = input.get("contact_id").and_then(|id| Uuid::try_parse(id).ok()).ok_or(Error::BadRequest)?;
    let how = HOW.iter().find(|(code, _)| input.get("how") == Some(code)).ok_or(Error::BadRequest)?.0;
    let case = Case { from: filter::From::read(input.get("from")), ..case };
    let a = case.find().await?;
    let staff = case.clerk.staff;
    let from = (&case.app.keys, &case.app.clock);
    let record = Record::new(from, a.tenant, Actor::Staff(staff), "application.contact").on(a.id).detail(how);
    let told = Told { id, staff, how, record, application: a.id };
    case.app
        .db
        .write("application.contact", Class::Person, a.tenant, told, |told, tx| Box::pin(insert(tx, told)))
        .await?;
    Ok(moves::back(case))
}

async fn insert(tx: &mut Tx, t: &Told) -> Result<(), Stop<Never>> {
    let row = (t.id, t.staff, t.record.at, t.how);
    if store::insert_contact(tx, t.record.tenant, t.application, row).await? {
        audit::acts::record(tx, std::slice::from_ref(&t.record)).await?;
    }
    Ok(())
}
