//! Is the process up, may it take traffic.

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers and nobody asked the process to end.
pub async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    let no = |why| (StatusCode::SERVICE_UNAVAILABLE, why);
    if app.stop.is_cancelled() {
        return no("stopping\n");
    }
    if app.db.fatal().is_cancelled() {
        return no("the disk failed\n");
    }
    match app.db.reader().await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => no("the database does not answer\n"),
    }
}
