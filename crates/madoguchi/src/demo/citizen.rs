//! The front page of the demo and its switches.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::panes::{self, FrontPage};
use crate::app::App;
use crate::error::Error;
use crate::page;
use crate::site::{Guard, Site};

/// `GET /`: in the demo three panes; elsewhere the catalogue, where there is one municipality.
pub async fn front(State(app): State<App>, headers: HeaderMap) -> Result<Response, Error> {
    let Some(demo) = app.demo.get() else {
        return match app.catalogue.only() {
            Some(shelf) => Ok(Redirect::to(&format!("/{}/", shelf.slug())).into_response()),
            None => Err(Error::NotFound),
        };
    };
    // The frames work under the demo's own name only: a browser on 127.0.0.1 is led there.
    let own = app.settings.public_url.authority();
    let wants_page =
        headers.get(header::ACCEPT).is_some_and(|a| a.as_bytes().windows(9).any(|w| w == b"text/html"));
    if wants_page && headers.get(header::HOST).is_some_and(|h| h.as_bytes() != own.as_bytes()) {
        return Ok(Redirect::to(app.settings.public_url.as_str()).into_response());
    }
    let page = FrontPage {
        phone: format!("{}/phone/hanako?embed=1", demo.phone),
        staff: format!("{}/nishio/", demo.staff),
        clerk: &demo.clerk,
    };
    Ok(page::html(&page, StatusCode::OK))
}

/// The demo's own addresses.
pub fn routes(site: Site) -> Site {
    site.route(Method::GET, "/demo/ledger", Guard::Open, ledger)
        .route(Method::POST, "/demo/search", Guard::Open, search)
        .route(Method::POST, "/demo/compare", Guard::Open, compare)
        .route(Method::POST, "/demo/line", Guard::Open, line)
        .route(Method::POST, "/demo/block", Guard::Open, block)
}

fn demo(app: &App) -> Result<&super::Demo, Error> {
    app.demo.get().ok_or(Error::NotFound)
}

/// Where a list goes on.
#[derive(Deserialize)]
pub struct Since {
    #[serde(default)]
    since: u64,
}

/// `GET /demo/ledger?since=N`: what LINE received after `N`.
pub async fn ledger(State(app): State<App>, Query(q): Query<Since>) -> Result<Json<Value>, Error> {
    let demo = demo(&app)?;
    let friend = demo.control.is_friend("hanako", &demo.messaging_channel).await.unwrap_or(false);
    let blocked = demo.blocked.load(Ordering::Relaxed) && !friend;
    let stopped = demo.line_stopped.load(Ordering::Relaxed);
    let requests = demo.emulator.requests(q.since, 200);
    Ok(Json(json!({ "requests": requests, "stopped": stopped, "blocked": blocked })))
}

/// A word to look for.
#[derive(Deserialize)]
pub struct Words {
    q: String,
}

/// `POST /demo/search`: 「入力した言葉で探す」.
pub async fn search(State(app): State<App>, Form(words): Form<Words>) -> Result<Json<Value>, Error> {
    let q: String = words.q.chars().take(100).collect();
    Ok(Json(panes::search(demo(&app)?, &q)))
}

/// `POST /demo/compare`: every answer of every application against every byte that LINE received.
pub async fn compare(State(app): State<App>) -> Result<Json<Value>, Error> {
    let report = panes::compare(&app, demo(&app)?).await?;
    Ok(Json(serde_json::to_value(report).unwrap_or_default()))
}

/// A switch.
#[derive(Deserialize)]
pub struct Switch {
    on: bool,
}

/// `POST /demo/line`: 「LINEを止める」「再開」.
pub async fn line(State(app): State<App>, Form(switch): Form<Switch>) -> Result<Json<Value>, Error> {
    let demo = demo(&app)?;
    demo.control.line(switch.on).await.map_err(|_| Error::Busy)?;
    demo.line_stopped.store(!switch.on, Ordering::Relaxed);
    Ok(Json(json!({ "on": switch.on })))
}

/// `POST /demo/block`: 「花子がブロック」.
pub async fn block(State(app): State<App>, Form(switch): Form<Switch>) -> Result<Json<Value>, Error> {
    let demo = demo(&app)?;
    demo.control.block("hanako", &demo.messaging_channel, switch.on).await.map_err(|_| Error::Busy)?;
    demo.blocked.store(switch.on, Ordering::Relaxed);
    Ok(Json(json!({ "on": switch.on })))
}
