//! Is the process up, may it take traffic.

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers and nobody asked the process to end. A full disk is told but stays 200: pages
/// are served, and without this process people would not even read why nothing is taken.
pub async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    let no = |why| (StatusCode::SERVICE_UNAVAILABLE, why);
    if app.stop.is_cancelled() {
        return no("stopping\n");
    }
    if app.db.fatal().is_cancelled() {
        return no("the disk failed\n");
    }
    match app.db.reader().await {
        Ok(_) if app.db.is_full() => (StatusCode::OK, "ready, but the disk is full: nothing new is taken\n"),
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => no("the database does not answer\n"),
    }
}
