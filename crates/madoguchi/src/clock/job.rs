//! Looks at the clock every second, on every node; the one that runs jobs also writes.

use madoguchi_base::Millis;
use madoguchi_base::clock::Jump;
use madoguchi_base::db::{Class, Never, WriteError};

use super::store;
use crate::app::App;

/// One look: hears what other nodes and people have said, and stores a jump of one's own.
pub async fn look(app: &App) {
    let before = app.clock.may_expire();
    let found = app.db.read(async { store::find(&mut app.db.reader().await?).await });
    let Ok(found) = found.await else { return };
    if let Some(mark) = found {
        app.clock.saw(mark.highest);
        app.clock.heard(mark.halted.is_some(), mark.confirmed);
    }
    let jump = app.clock.unstored_jump();
    if app.settings.parts.workers
        && let Some(jump) = jump
    {
        // Where this fails the next second tries again; until then the process itself remembers.
        let stored = write(app, jump.to, Some(jump)).await;
        tracing::error!(
            minutes = (jump.to.0 - jump.from.0) / 60_000,
            stored = stored.is_ok(),
            next = "look at the machine's clock, then run `madoguchi clock confirm`",
            "the clock went forward by more than an hour: nothing expires until somebody confirms the time"
        );
        return;
    }
    if !before && app.clock.may_expire() {
        tracing::warn!("the time was confirmed: what is over may expire again");
    }
}

/// Writes down the highest time seen.
pub async fn write_highest(app: &App) {
    let at = app.clock.highest_wall();
    if write(app, at, None).await.is_err() {
        tracing::warn!("the highest time seen was not written down; the next minute tries again");
    }
}

async fn write(app: &App, at: Millis, jump: Option<Jump>) -> Result<(), WriteError<Never>> {
    // Without a municipality there is nothing that could expire.
    let Some(tenant) = app.catalogue.tenants().into_iter().next() else { return Ok(()) };
    app.db
        .write("clock.mark", Class::Machine, tenant, (at, jump), |(at, jump), tx| {
            Box::pin(async move {
                store::raise(tx, *at).await?;
                if let Some(jump) = jump {
                    store::halt(tx, *jump).await?;
                }
                Ok(())
            })
        })
        .await
}
