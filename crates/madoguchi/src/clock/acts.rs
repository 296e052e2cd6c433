//! What others may ask and do.

use madoguchi_base::db::{Class, Db, Dialect, Exec, Never, WriteError};
use madoguchi_base::{Clock, Millis, TenantId};

use super::{Mark, store};

/// What is stored; `None` where nothing is yet.
pub async fn look(x: &mut impl Exec) -> Result<Option<Mark>, sqlx::Error> {
    store::find(x).await
}

/// At the start: what was stored, and how far the database's clock is ahead. Leases never fall behind the highest
/// time seen: SQLite has one node, which keeps that time; PostgreSQL's nodes compare the server's.
pub async fn start(db: &Db, clock: &Clock) -> Result<(), sqlx::Error> {
    let mark = store::find(&mut db.reader().await?).await?;
    if let Some(mark) = mark {
        clock.saw(mark.highest);
        clock.heard(mark.halted.is_some(), mark.confirmed);
    }
    let behind = mark.map_or(0, |m| m.highest.0 - clock.lease().0).max(0);
    let skew = if db.dialect() == Dialect::Sqlite { behind } else { db.clock_skew_ms(clock).await? };
    clock.set_lease_skew(skew);
    Ok(())
}

/// A person has looked at the clock: what waited for that may expire again, on every node within a second.
pub async fn confirm(db: &Db, tenant: TenantId, at: Millis) -> Result<(), WriteError<Never>> {
    db.write("clock.confirm", Class::Vital, tenant, at, |at, tx| {
        Box::pin(async move {
            store::raise(tx, *at).await?;
            store::confirm(tx).await?;
            Ok(())
        })
    })
    .await
}
