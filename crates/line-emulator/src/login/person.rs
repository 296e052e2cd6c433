//! Whose phone is this? Stands in for LINE's e-mail login.

use super::pending::Pending;
use super::{PERSON_COOKIE, consent, pages};
use crate::app::App;
use crate::wire::{Reply, Req};
use http::header::SET_COOKIE;

/// So many people fit on the page; tests make many thousands.
const SHOWN: usize = 20;

/// The cookie that makes a browser somebody's phone: host-only, for same-site frames too.
pub(crate) fn cookie(id: &str) -> String {
    format!("{PERSON_COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000")
}

/// Shows the people.
pub(super) fn ask(app: &App, pending: Pending) -> Reply {
    let world = app.store.lock();
    let people = world.people.all.iter().take(SHOWN).map(|p| (p.id.clone(), p.name.clone())).collect();
    drop(world);
    pages::choose(app, &app.pending.put(pending), people)
}

/// `POST …/person` `{txn, persona}`
pub(super) fn chosen(app: &App, req: &Req) -> Reply {
    let form = req.form();
    let pending = form.get("txn").and_then(|txn| app.pending.take(txn, app.now()));
    let Some(mut pending) = pending else { return pages::expired(app) };
    let id = form.get("persona").unwrap_or_default();
    let Some(person) = app.store.lock().people.find(id) else { return ask(app, pending) };
    pending.person = Some(person);
    consent::next(app, pending).with(SET_COOKIE, &cookie(id))
}
