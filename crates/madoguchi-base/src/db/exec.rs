//! One SQL text for two drivers: the handles that a `store.rs` runs its statements on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection};

use super::Dialect;

/// A borrowed driver connection.
pub enum Conn<'a> {
    /// SQLite.
    Lite(&'a mut SqliteConnection),
    /// PostgreSQL.
    Pg(&'a mut PgConnection),
}

/// Something that runs statements: a [`Tx`] or a [`Reader`].
pub trait Exec: Send {
    /// The connection for one statement (each call counts as one).
    fn conn(&mut self) -> Conn<'_>;

    /// Which database is behind it.
    fn dialect(&self) -> Dialect;
}

/// Compiles one expression for both drivers: `on!(tx, |c| sqlx::query("…").bind(x).execute(c).await)`.
#[macro_export]
macro_rules! on {
    ($exec:expr, |$c:ident| $body:expr) => {
        match $crate::db::Exec::conn($exec) {
            $crate::db::Conn::Lite($c) => $body,
            $crate::db::Conn::Pg($c) => $body,
        }
    };
}

pub(super) enum Link {
    Lite(SqliteConnection),
    Pg(PoolConnection<Postgres>),
}

/// The open transaction of one `db.write`.
pub struct Tx {
    pub(super) link: Link,
    pub(super) count: Arc<AtomicU64>,
}

impl Exec for Tx {
    fn conn(&mut self) -> Conn<'_> {
        self.count.fetch_add(1, Ordering::Relaxed);
        match &mut self.link {
            Link::Lite(c) => Conn::Lite(c),
            Link::Pg(c) => Conn::Pg(c),
        }
    }

    fn dialect(&self) -> Dialect {
        match self.link {
            Link::Lite(_) => Dialect::Sqlite,
            Link::Pg(_) => Dialect::Postgres,
        }
    }
}

/// A connection that can only read.
pub struct Reader {
    pub(super) link: ReadLink,
    pub(super) count: Arc<AtomicU64>,
}

pub(super) enum ReadLink {
    Lite(PoolConnection<Sqlite>),
    Pg(PoolConnection<Postgres>),
}

impl Exec for Reader {
    fn conn(&mut self) -> Conn<'_> {
        self.count.fetch_add(1, Ordering::Relaxed);
        match &mut self.link {
            ReadLink::Lite(c) => Conn::Lite(c),
            ReadLink::Pg(c) => Conn::Pg(c),
        }
    }

    fn dialect(&self) -> Dialect {
        match self.link {
            ReadLink::Lite(_) => Dialect::Sqlite,
            ReadLink::Pg(_) => Dialect::Postgres,
        }
    }
}
