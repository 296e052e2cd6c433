//! Background work that no noun owns alone: linking the audit log, forgetting ended sessions.

use std::time::Duration;

use madoguchi_base::Millis;
use madoguchi_base::db::{Class, Never};

use crate::app::App;
use crate::{account, attachment, audit, clock, guide, office, retention};

/// Starts the jobs of this process: sessions are looked after wherever citizens are served (another node may
/// have ended one), the database wherever workers run.
pub fn start(app: &App) {
    let parts = app.settings.parts;
    app.tasks.spawn_on(look_at_the_clock(app.clone()), &app.side);
    if parts.public {
        app.tasks.spawn_on(look_after_sessions(app.clone()), &app.side);
        let (line, stop) = (app.line.clone(), app.stop.clone());
        app.tasks.spawn_on(async move { line.after_webhooks(stop).await }, &app.side);
        app.tasks.spawn_on(look_after_pages(app.clone()), &app.side);
    }
    if parts.workers {
        app.tasks.spawn_on(look_after_database(app.clone()), &app.side);
        app.tasks.spawn_on(look_after_files(app.clone()), &app.side);
    } else {
        app.tasks.spawn_on(look_after_channels(app.clone()), &app.side);
    }
}

/// Where no lane does it: channels and modes that another process has changed.
async fn look_after_channels(app: App) {
    let mut beats = 0_u32;
    while let Some(()) = next(&app).await {
        beats = beats.wrapping_add(1);
        if beats.is_multiple_of(5) && app.line.reload_channels().await.is_err() {
            tracing::warn!("LINE channels could not be read again; those known stay in use");
        }
    }
}

/// The next second; `None` where the process ends.
async fn next(app: &App) -> Option<()> {
    tokio::select! {
        () = app.stop.cancelled() => None,
        () = tokio::time::sleep(Duration::from_secs(1)) => Some(()),
    }
}

/// Shows what other nodes published, and announcements whose time has come or gone.
async fn look_after_pages(app: App) {
    let mut shown = None;
    let mut beats = 0_u32;
    while let Some(()) = next(&app).await {
        beats = beats.wrapping_add(1);
        if beats.is_multiple_of(3) {
            shown = refresh_pages(&app, shown).await;
        }
    }
}

/// What pages depend on, as it was last seen.
pub type Stamp = (i64, i64, i64, i64, i64);

/// Renders everybody's pages again where something they depend on is not as it was `shown`; tells how it is now.
pub async fn refresh_pages(app: &App, shown: Option<Stamp>) -> Option<Stamp> {
    let now = app.clock.wall();
    let mut x = app.db.reader().await.ok()?;
    let stamp = guide::acts::stamp(&mut x, now).await.ok()?;
    if shown == Some(stamp) {
        return shown;
    }
    if let Err(e) = app.catalogue.reload(&mut x, now).await {
        tracing::error!(%e, "what was published cannot be shown; pages stay as they were");
    }
    Some(stamp)
}

async fn look_at_the_clock(app: App) {
    let mut beats = 0_u32;
    while let Some(()) = next(&app).await {
        clock::job::look(&app).await;
        if app.settings.parts.workers && beats.is_multiple_of(60) {
            clock::job::write_highest(&app).await;
        }
        beats = beats.wrapping_add(1);
    }
}

async fn look_after_sessions(app: App) {
    let mut since = app.clock.wall();
    let mut beats = 0_u32;
    while let Some(()) = next(&app).await {
        let now = app.clock.wall();
        if forget_ended(&app, since).await {
            since = now.plus_ms(-5_000);
        }
        beats = beats.wrapping_add(1);
        if beats.is_multiple_of(60) {
            write_visits(&app).await;
        }
        if beats.is_multiple_of(300) {
            app.sessions.sweep();
            app.limits.sweep();
        }
    }
}

async fn look_after_database(app: App) {
    let mut beats = 0_u32;
    while let Some(()) = next(&app).await {
        link(&app).await;
        if beats.is_multiple_of(10) {
            retention::job::run_once(&app).await;
        }
        beats = beats.wrapping_add(1);
        if beats % 3_600 == 60 {
            write_heads(&app).await;
        }
        if beats.is_multiple_of(3_600) {
            sweep(&app).await;
        }
    }
}

/// Apart from the others: a slow scanner holds up nothing else.
async fn look_after_files(app: App) {
    let mut beats = 0_u32;
    while let Some(()) = next(&app).await {
        beats = beats.wrapping_add(1);
        if beats.is_multiple_of(30) {
            attachment::job::scan_all(&app).await;
        }
        if beats % 3_600 == 120 {
            attachment::job::hourly(&app).await;
        }
    }
}

/// Writes down when sessions were last used.
pub async fn write_visits(app: &App) {
    for (tenant, visits) in app.sessions.unwritten() {
        for some in visits.chunks(crate::sql::MAX_ROWS) {
            let input = (tenant, some.to_vec());
            let written = app
                .db
                .write::<_, (), Never, _>(
                    "session.seen",
                    Class::Machine,
                    tenant,
                    input,
                    |(tenant, visits), tx| {
                        Box::pin(async move { Ok(account::store::set_seen(tx, *tenant, visits).await?) })
                    },
                )
                .await;
            if written.is_err() {
                tracing::warn!("visits were not written down; an idle session may end early on another node");
            }
        }
    }
}

/// Removes sessions and sign-in counters that decide nothing any more.
pub async fn sweep(app: &App) {
    if !app.clock.may_expire() {
        return;
    }
    let before = app.clock.wall().plus_secs(-2 * 86_400);
    for tenant in app.catalogue.tenants() {
        let swept = app
            .db
            .write::<_, (), Never, _>(
                "sweep",
                Class::Bulk,
                tenant,
                (tenant, before),
                |(tenant, before), tx| {
                    Box::pin(async move {
                        account::store::delete_ended(tx, *tenant, *before).await?;
                        office::acts::sweep(tx, *tenant, *before).await?;
                        Ok(())
                    })
                },
            )
            .await;
        if swept.is_err() {
            tracing::warn!("ended sessions could not be removed; the next hour tries again");
        }
    }
}

/// Writes down outside the database how far the audit log is.
pub async fn write_heads(app: &App) {
    if let Err(e) = audit::head::write(&app.db, &app.keys, &app.clock).await {
        tracing::warn!(%e, "audit-head.json was not written: may the program write into keys_dir?");
    }
}

/// One round of both, as the tests want it: links audit records, and forgets sessions that another node ended
/// since `since`.
pub async fn run_once(app: &App, since: Millis) {
    link(app).await;
    forget_ended(app, since).await;
}

async fn link(app: &App) {
    if app.linker.run_once(&app.db).await.is_err() {
        tracing::warn!("audit records could not be linked; the next round tries again");
    }
}

/// `false` where the database did not tell: then the same time is asked about again.
async fn forget_ended(app: &App, since: Millis) -> bool {
    let ended =
        app.db.read(async { account::store::revoked_since(&mut app.db.reader().await?, since).await });
    let Ok(ended) = ended.await else { return false };
    app.sessions.forget(&ended);
    true
}
