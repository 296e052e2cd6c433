//! One long look at, and one long write to, the whole database: for `backup` and `restore`, and nothing else.
//!
//! Everything that serves reads in short statements and writes by [`Db::write`]; these two may run for minutes,
//! on connections of their own, which are closed and not given back where something goes wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{Connection as _, PgConnection, SqliteConnection};

use super::exec::Link;
use super::{Conn, Db, Dialect, Exec, Readers, Tx};

enum Own {
    Lite(SqliteConnection),
    Pg(PgConnection),
}

/// The database as it was at one moment. It can only read.
pub struct Snapshot {
    own: Own,
    count: Arc<AtomicU64>,
}

impl Exec for Snapshot {
    fn conn(&mut self) -> Conn<'_> {
        self.count.fetch_add(1, Ordering::Relaxed);
        match &mut self.own {
            Own::Lite(c) => Conn::Lite(c),
            Own::Pg(c) => Conn::Pg(c),
        }
    }

    fn dialect(&self) -> Dialect {
        match self.own {
            Own::Lite(_) => Dialect::Sqlite,
            Own::Pg(_) => Dialect::Postgres,
        }
    }
}

impl Snapshot {
    /// Ends the look.
    pub async fn close(self) -> Result<(), sqlx::Error> {
        match self.own {
            Own::Lite(c) => c.close().await,
            Own::Pg(c) => c.close().await,
        }
    }
}

/// One transaction over as many rows as there are. Dropped without [`Whole::commit`], nothing has happened.
pub struct Whole(Tx);

impl Whole {
    /// For the same functions that run inside [`Db::write`].
    pub fn tx(&mut self) -> &mut Tx {
        &mut self.0
    }

    /// Makes everything durable at once.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self.0.link {
            Link::Lite(mut c) => {
                sqlx::query("commit").execute(&mut c).await?;
                c.close().await
            }
            Link::Pg(mut c) => {
                sqlx::query("commit").execute(&mut *c).await?;
                c.close().await
            }
        }
    }
}

impl Db {
    /// Everything that is committed now, as it is now, however long the reading takes. On SQLite the log grows
    /// meanwhile.
    pub async fn snapshot(&self) -> Result<Snapshot, sqlx::Error> {
        let count = Arc::clone(&self.shared.statements);
        let own = match &self.readers {
            Readers::Lite(pool) => {
                let mut c = pool.acquire().await?.detach();
                sqlx::query("begin").execute(&mut c).await?;
                // The look begins with the first read, not with `begin`.
                sqlx::query("select name from sqlite_master limit 1").fetch_optional(&mut c).await?;
                Own::Lite(c)
            }
            Readers::Pg(pool) => {
                let mut c = pool.acquire().await?.1.detach();
                sqlx::query("begin isolation level repeatable read read only").execute(&mut c).await?;
                Own::Pg(c)
            }
        };
        Ok(Snapshot { own, count })
    }

    /// One transaction without the limits of [`Db::write`]. Only for a database that nobody serves.
    pub async fn whole(&self) -> Result<Whole, sqlx::Error> {
        let count = Arc::clone(&self.shared.statements);
        let link = match &self.readers {
            Readers::Lite(_) => {
                let mut c = self.shared.open_lite_writer().await?;
                sqlx::query("begin immediate").execute(&mut c).await?;
                Link::Lite(c)
            }
            Readers::Pg(pool) => {
                let (_, mut c) = pool.acquire().await?;
                c.close_on_drop();
                sqlx::query("begin").execute(&mut *c).await?;
                Link::Pg(c)
            }
        };
        Ok(Whole(Tx { link, count }))
    }
}
