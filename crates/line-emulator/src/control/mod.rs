//! The emulator's own addresses: for tests, scripts and the demo page. Never in the ledger.

mod acts;
mod hooks;
mod manager;
mod people;
mod search;
mod settings;

pub(crate) use people::{arrived, said};

use crate::app::App;
use crate::wire::{Reply, Req};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, VARY};
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Most requests in one answer, if the asker names no number.
const PAGE: usize = 1000;

/// Answers `/_emulator/…`.
pub(crate) async fn handle(app: &Arc<App>, req: &Req) -> Reply {
    let path: Vec<&str> = req.path.split('/').skip(2).collect();
    let reply = match (&req.method, path.as_slice()) {
        (&Method::GET, ["requests"]) => requests(app, req),
        (&Method::POST, ["search"]) => search::search(app, req).await,
        (&Method::GET, ["channels"]) => settings::channels(app),
        (&Method::POST, ["channels", id, "assertion-keys"]) => settings::assertion_key(app, id, req),
        (&Method::GET, ["personas"]) => people::list(app, req),
        (&Method::POST, ["personas"]) => people::add(app, req),
        (&Method::GET, ["personas", id, "messages"]) => people::messages(app, id),
        (&Method::POST, ["personas", id, "device"]) => people::device(app, id, req),
        (&Method::POST, ["personas", id, deed]) => acts::act(app, id, deed, req),
        (&Method::POST, ["faults"]) => settings::add_fault(app, req),
        (&Method::GET, ["faults"]) => Reply::ok(&app.faults.list(app.now())),
        (&Method::DELETE, ["faults"]) => settings::clear_faults(app),
        (&Method::POST, ["channels", id, "settings"]) => hooks::settings(app, id, req),
        (&Method::POST, ["channels", id, "verify"]) => hooks::verify(app, id).await,
        (&Method::POST, ["webhooks"]) => hooks::manner(app, req),
        (&Method::GET, ["webhooks"]) => hooks::counts(app, req).await,
        (&Method::GET, ["webhooks", "log"]) => hooks::log(app, req),
        (&Method::POST, ["webhooks", "storm"]) => hooks::storm(app, req).await,
        (&Method::POST, ["manager", "richmenu"]) => manager::menu(app, req),
        (&Method::POST, ["clock"]) => settings::clock(app, req),
        (&Method::POST, ["limits"]) => settings::limit(app, req),
        _ => Reply::not_found(),
    };
    allow_demo_page(app, req, reply)
}

/// The demo page reads the ledger from another origin; only those that may frame the phone may read.
fn allow_demo_page(app: &App, req: &Req, reply: Reply) -> Reply {
    match req.header("origin") {
        Some(origin) if app.ancestors.iter().any(|a| a == origin) => {
            reply.with(ACCESS_CONTROL_ALLOW_ORIGIN, origin).with(VARY, "origin")
        }
        _ => reply,
    }
}

fn requests(app: &App, req: &Req) -> Reply {
    let query = req.query();
    let number = |name| query.get(name).and_then(|n| n.parse::<u64>().ok());
    let limit = number("limit").map_or(PAGE, |n| n as usize);
    // `last=N` is for those who look only now.
    let since = number("last").map(|n| app.ledger.last().saturating_sub(n));
    let lines = app.ledger.since(since.or(number("since")).unwrap_or(0), limit);
    Reply::new(StatusCode::OK, "application/json", format!("[{}]", lines.join(",")))
}

/// A JSON body, or a sentence about what is wrong with it.
fn body<T: DeserializeOwned>(req: &Req) -> Result<T, Reply> {
    let bytes: &[u8] = if req.body.is_empty() { b"{}" } else { &req.body };
    serde_json::from_slice(bytes)
        .map_err(|error| Reply::bad(&format!("the body is not as expected: {error}")))
}
