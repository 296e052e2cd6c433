//! Running an [`App`]: listeners, workers, and an end that loses nothing.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::app::{self, App};
use crate::application::agent::door;
use crate::serve::Limits;
use crate::{admin, edge, jobs, serve, socket};

/// Everything must have ended this long after the signal.
const HARD_END: Duration = Duration::from_secs(10);

/// Serves on listeners that are already bound.
pub fn listen(app: &App, public: Option<TcpListener>, staff: Option<TcpListener>) -> anyhow::Result<()> {
    let limits = Limits::of(app.settings.listen.connections);
    if let Some(listener) = public {
        let router = edge::router(app::public_site(app))?;
        app.tasks.spawn(serve::run(listener, router, app.stop.clone(), limits));
    }
    if let Some(listener) = staff {
        let router = edge::router(app::staff_site(app))?;
        app.tasks.spawn_on(serve::run(listener, router, app.stop.clone(), limits), &app.side);
    }
    Ok(())
}

/// Opens the local sockets that the settings name.
pub async fn open_sockets(app: &App) -> anyhow::Result<()> {
    let path = &app.settings.keys.agent_socket;
    if let Some(agent) = &app.local_agent
        && !path.as_os_str().is_empty()
    {
        let bound = socket::bind(path).await.context("keys.agent_socket")?;
        let (agent, stop) = (Arc::clone(agent), app.stop.clone());
        app.tasks.spawn_on(door::serve(bound, agent, stop), &app.side);
    }
    if let Some(path) = admin::door::path(&app.settings.database.url) {
        match socket::bind(&path).await {
            Ok(bound) => drop(app.tasks.spawn_on(admin::door::serve(bound, app.clone()), &app.side)),
            Err(e) => tracing::warn!(%e, "commands cannot reach this program while it runs"),
        }
    }
    Ok(())
}

/// Starts deliveries and jobs, where this process runs them.
pub fn work(app: &App) {
    if app.settings.parts.workers {
        let (line, stop) = (app.line.clone(), app.stop.clone());
        app.tasks.spawn_on(async move { line.run(stop).await }, &app.side);
    }
    jobs::start(app);
}

/// Binds the listeners that the settings name.
pub async fn bind(app: &App) -> anyhow::Result<(Option<TcpListener>, Option<TcpListener>)> {
    let (listen, parts) = (&app.settings.listen, app.settings.parts);
    let mut bound = (None, None);
    if parts.public {
        let at = listen.public;
        bound.0 = Some(TcpListener::bind(at).await.with_context(|| format!("{at}: the port is taken"))?);
    }
    if parts.staff {
        let at = listen.staff;
        bound.1 = Some(TcpListener::bind(at).await.with_context(|| format!("{at}: the port is taken"))?);
    }
    Ok(bound)
}

/// Waits for SIGTERM, SIGINT or a failed disk; then drains. An error means that the disk failed.
pub async fn until_told(app: &App) -> anyhow::Result<()> {
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let fatal = app.db.fatal();
    let failed = tokio::select! {
        _ = term.recv() => false,
        _ = tokio::signal::ctrl_c() => false,
        () = fatal.cancelled() => true,
        () = app.stop.cancelled() => false,
    };
    end(app).await;
    anyhow::ensure!(!failed, "the disk failed at a commit: free or mend it, then start again");
    Ok(())
}

/// Stops taking work, finishes what was begun, closes the database.
pub async fn end(app: &App) {
    app.stop.cancel();
    app.tasks.close();
    let drained = async {
        // Listeners answer what they have begun; lanes record what LINE answered and let their channels go.
        app.tasks.wait().await;
        if app.settings.parts.workers {
            jobs::write_heads(app).await;
            crate::clock::job::write_highest(app).await;
        }
        app.db.close().await;
        app.line_db.close().await;
    };
    if tokio::time::timeout(HARD_END, drained).await.is_err() {
        tracing::warn!("some work was cut off at the end; what was acknowledged is stored");
    }
}
