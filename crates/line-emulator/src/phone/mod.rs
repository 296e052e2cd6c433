//! The phone: a page that shows somebody's talks, and what it needs.

mod avatar;
mod files;
mod manager;
mod page;
mod view;

use crate::app::App;
use crate::login::pages;
use crate::wire::{Reply, Req};
use http::{Method, StatusCode};
use std::time::Duration;

/// How long a phone waits for news before it asks again.
const WAIT: Duration = Duration::from_secs(20);
/// News that come at once are shown at once, but not more often than this.
const GATHER: Duration = Duration::from_millis(80);

/// Answers `/`, `/favicon.ico` and `/phone…`.
pub(crate) async fn handle(app: &App, req: &Req) -> Reply {
    let path: Vec<&str> = req.path.split('/').filter(|p| !p.is_empty()).skip(1).collect();
    if let (&Method::POST, [id, "hold"]) = (&req.method, path.as_slice()) {
        return page::hold(app, id);
    }
    if req.method != Method::GET {
        return Reply::error(StatusCode::METHOD_NOT_ALLOWED, "GET only");
    }
    match path.as_slice() {
        [] if req.path == "/favicon.ico" => Reply::empty(StatusCode::NO_CONTENT),
        [] if req.path == "/manager" => manager::manager(app),
        [] if req.path.trim_end_matches('/') == "/phones" => page::phones(app, req),
        [] => page::people(app),
        ["static", name] => files::file(name),
        ["avatar", id] => avatar::avatar(app, id),
        ["menu", id] => view::menu_image(app, id),
        [id] => page::phone(app, id, req),
        [id, "state"] => state(app, id, req).await,
        _ => not_found(app),
    }
}

fn not_found(app: &App) -> Reply {
    pages::message(app, StatusCode::NOT_FOUND, "その電話はありません", "アドレスをお確かめください。")
}

/// What the phone shows: at once, or when something is new since `after`, or after a while.
async fn state(app: &App, id: &str, req: &Req) -> Reply {
    let query = req.query();
    let after = query.get("after").unwrap_or_default();
    let end = tokio::time::Instant::now() + WAIT;
    let mut news = app.store.changed.subscribe();
    loop {
        news.mark_unchanged();
        let Some(version) = view::version(app, id) else { return not_found(app) };
        if version != after {
            return view::state(app, id, &version);
        }
        tokio::select! {
            () = app.stop.cancelled() => return view::state(app, id, &version),
            () = tokio::time::sleep_until(end) => return view::state(app, id, &version),
            _ = news.changed() => tokio::time::sleep(GATHER).await,
        }
    }
}
