//! LINE's own sign-in for browsers in which nobody is logged in: by e-mail and password, or by a QR code that
//! the phone reads. LINE docs: authentication methods; FAQ how-does-auto-login-work.

use super::pending::Pending;
use super::{consent, pages};
use crate::app::App;
use crate::wire::{Reply, Req};
use askama::Template;
use http::StatusCode;
use http::header::SET_COOKIE;

/// Name of the cookie by which a browser stays signed in (SSO).
const SESSION: &str = "line_session";

/// Made-up addresses, so that whoever types one is a person of the emulator.
const MAIL_HOST: &str = "example.jp";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    txn: String,
    mail: String,
    name: String,
    /// The QR code comes first.
    qr_first: bool,
    /// Only one way is offered.
    one_way: bool,
    wrong: bool,
}

/// The session of that person's browser: another device is another browser.
fn session(app: &App, person: usize) -> String {
    let world = app.store.lock();
    let person = &world.people.all[person];
    format!("{}.{}", person.id, person.device.name())
}

/// Whether that person is signed in in this browser already.
pub(super) fn has_session(app: &App, req: &Req, person: usize) -> bool {
    let device = app.store.lock().people.all[person].device;
    let kept = || req.cookie(SESSION).is_some_and(|s| s == session(app, person));
    device.is_lines_own() || (device.keeps_sessions() && kept())
}

/// The browser stays signed in, unless its window is private.
pub(super) fn remember(app: &App, person: usize, reply: Reply) -> Reply {
    if !app.store.lock().people.all[person].device.keeps_sessions() {
        return reply;
    }
    reply.with(SET_COOKIE, &format!("{SESSION}={}; Path=/; HttpOnly; SameSite=Lax", session(app, person)))
}

/// Asks that person to sign in.
pub(super) fn ask(app: &App, pending: Pending) -> Reply {
    show(app, pending, false)
}

fn show(app: &App, pending: Pending, wrong: bool) -> Reply {
    let known = pending.person.map(|p| {
        let world = app.store.lock();
        (world.people.all[p].id.clone(), world.people.all[p].name.clone())
    });
    let Some((id, name)) = known else { return super::person::ask(app, pending) };
    let (qr_first, one_way) = (pending.asked.qr_first, !pending.asked.switch_amr);
    let page = SignIn {
        txn: app.pending.put(pending),
        mail: format!("{id}@{MAIL_HOST}"),
        name,
        qr_first,
        one_way,
        wrong,
    };
    pages::page(app, StatusCode::OK, &page)
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactor {
    txn: String,
    name: String,
    pin: String,
}

/// `POST …/sign-in` `{txn, way, mail, password}`; `way` is `mail`, `qr`, or after one of them `pin`.
pub(super) fn signed(app: &App, req: &Req) -> Reply {
    let form = req.form();
    let pending = form.get("txn").and_then(|txn| app.pending.take(txn, app.now()));
    let Some(mut pending) = pending else { return pages::expired(app) };
    match (form.get("way"), pending.pin.take()) {
        (Some("pin"), Some(_)) => pending.amr.push_str("+mfa"),
        // The phone that reads the code is that of the person who is here.
        (Some("qr"), _) => "lineqr".clone_into(&mut pending.amr),
        _ => {
            let mail = form.get("mail").unwrap_or_default();
            let local = mail.strip_suffix(&format!("@{MAIL_HOST}")).unwrap_or_default();
            let found = app.store.lock().people.find(local);
            let Some(person) = found.filter(|_| form.get("password").is_some()) else {
                return show(app, pending, true);
            };
            pending.person = Some(person);
            "pwd".clone_into(&mut pending.amr);
        }
    }
    let Some(person) = pending.person else { return pages::expired(app) };
    let wants_second = app.store.lock().tenants[pending.asked.tenant].two_factor;
    if wants_second && !pending.amr.ends_with("+mfa") {
        return second_factor(app, pending, person);
    }
    let reply = consent::next(app, pending);
    remember(app, person, reply)
}

/// LINE docs: two-factor authentication is skipped for auto-login and single sign-on, and asked for otherwise.
fn second_factor(app: &App, mut pending: Pending, person: usize) -> Reply {
    let pin = crate::ids::random_hex().bytes().take(6).map(|b| char::from(b'0' + b % 10)).collect::<String>();
    pending.pin = Some(pin.clone());
    let name = app.store.lock().people.all[person].name.clone();
    pages::page(app, StatusCode::OK, &SecondFactor { txn: app.pending.put(pending), name, pin })
}
