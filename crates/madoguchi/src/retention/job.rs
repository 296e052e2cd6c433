//! The long part of a list: looking for what is due, and destroying what was approved. Both go on where they were
//! after a restart; nothing happens while the clock is in doubt.

use madoguchi_base::db::{Class, Never, WriteError};
use madoguchi_base::{ApplicationId, Day, Millis, TenantId};

use super::store::{self, ListRow};
use super::{ENDED, ListState, acts, due};
use crate::app::App;
use crate::application;
use crate::application::acts::Ended;
use crate::audit::{Actor, Record};
use crate::backup;

/// Items of one transaction.
const BATCH: usize = 50;
/// Applications that are looked at in one statement.
const PAGE: i64 = 200;

/// One round over every municipality's open lists.
pub async fn run_once(app: &App) {
    if !app.clock.may_expire() {
        return;
    }
    for tenant in app.catalogue.tenants() {
        let Ok(mut x) = app.db.reader().await else { return };
        let Ok(open) = store::open(&mut x, tenant).await else { return };
        drop(x);
        for list in open {
            let done = match ListState::read(&list.state) {
                Some(ListState::Collecting) => collect(app, tenant, &list).await,
                Some(ListState::Approved) => destroy(app, tenant, &list).await,
                _ => Ok(()),
            };
            if done.is_err() {
                tracing::warn!(
                    list = list.list_id,
                    "a list of 保存期間 waits; the next round goes on with it"
                );
            }
        }
    }
}

/// The database, or the ledger, did not take part: the next round tries again.
struct Later;

impl From<sqlx::Error> for Later {
    fn from(_: sqlx::Error) -> Self {
        Self
    }
}

impl From<WriteError<Never>> for Later {
    fn from(_: WriteError<Never>) -> Self {
        Self
    }
}

async fn collect(app: &App, tenant: TenantId, list: &ListRow) -> Result<(), Later> {
    let until: Day = list.until_day.parse().map_err(|_| Later)?;
    let shelf = app.catalogue.shelf(tenant).ok_or(Later)?;
    for state in ENDED {
        let mut after = (0, String::new());
        loop {
            let mut x = app.db.reader().await?;
            let page = application::acts::ended(&mut x, tenant, state, (after.0, &after.1), PAGE).await?;
            drop(x);
            let Some(end) = page.last() else { break };
            after = (end.arrived_at, end.application.clone());
            let years = |e: &Ended| shelf.years_kept(&e.procedure).unwrap_or(super::YEARS);
            let found: Vec<(Ended, Day)> = page
                .into_iter()
                .filter_map(|e| Some((due(Day::of(Millis(e.ended_at)), years(&e))?, e)))
                .filter(|(due, _)| *due <= until)
                .map(|(due, e)| (e, due))
                .collect();
            for some in found.chunks(BATCH) {
                let input = (list.list_id.clone(), some.to_vec(), app.clock.wall());
                app.db
                    .write::<_, (), Never, _>(
                        "retention.add",
                        Class::Bulk,
                        tenant,
                        input,
                        move |(id, found, at), tx| {
                            Box::pin(async move { Ok(acts::add(tx, tenant, id, found, *at).await?) })
                        },
                    )
                    .await?;
            }
        }
    }
    go(app, tenant, list, ("collecting", "proposed")).await
}

async fn destroy(app: &App, tenant: TenantId, list: &ListRow) -> Result<(), Later> {
    loop {
        let mut x = app.db.reader().await?;
        let some = store::listed(&mut x, tenant, &list.list_id, BATCH as i64).await?;
        drop(x);
        if some.is_empty() {
            return go(app, tenant, list, ("approved", "done")).await;
        }
        for id in some {
            let application: ApplicationId = id.parse().map_err(|_| Later)?;
            one(app, tenant, list, application, app.clock.wall()).await?;
        }
    }
}

/// First the ledger, then the rows, then the files: after a crash between them the next round does the rest.
async fn one(
    app: &App,
    tenant: TenantId,
    list: &ListRow,
    application: ApplicationId,
    at: Millis,
) -> Result<(), Later> {
    let mut x = app.db.reader().await?;
    let held = store::is_held(&mut x, tenant, &application.to_string()).await?;
    drop(x);
    if !held {
        let keys = app.keys.clone();
        let noted =
            tokio::task::spawn_blocking(move || backup::note_destroyed(&keys, tenant, &[application], at));
        noted.await.map_err(|_| Later)?.map_err(|_| Later)?;
    }
    let record = Record::new((&app.keys, &app.clock), tenant, Actor::System, "application.destroy")
        .on(application)
        .detail(list.list_id.clone());
    let input = (list.list_id.clone(), record);
    // The bytes of its files have no row any more: the sweep of attachments removes them.
    app.db
        .write::<_, bool, Never, _>(
            "retention.destroy",
            Class::Bulk,
            tenant,
            input,
            move |(list, record), tx| Box::pin(acts::destroy(tx, tenant, (list, application), at, record)),
        )
        .await?;
    Ok(())
}

async fn go(
    app: &App,
    tenant: TenantId,
    list: &ListRow,
    (from, to): (&'static str, &'static str),
) -> Result<(), Later> {
    let input = (list.list_id.clone(), app.clock.wall());
    app.db
        .write::<_, bool, Never, _>("retention.go", Class::Bulk, tenant, input, move |(id, at), tx| {
            Box::pin(async move { Ok(store::go(tx, tenant, id, (from, to), *at).await?) })
        })
        .await?;
    Ok(())
}
