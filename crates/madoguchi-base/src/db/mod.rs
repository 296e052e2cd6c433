//! Two databases behind one door: SQLite as the embedded default, PostgreSQL for several nodes.

pub mod copy;
mod exec;
mod open;
mod queue;
mod schema;
mod servers;
mod shapes;
mod space;
mod whole;
mod worker;
mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use sqlx::SqlitePool;
use sqlx::migrate::{MigrateError, Migrator};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use exec::{Conn, Exec, Reader, Tx};
pub use open::{DbConfig, OpenError};
pub use queue::Class;
pub use shapes::Shapes;
pub use space::{Disk, disk};
pub use whole::{Snapshot, Whole};
pub use write::{Never, Stop, WriteError};

use crate::TenantId;
use exec::ReadLink;
use queue::Queue;
use write::{Job, Typed};

/// Which SQL dialect runs below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The embedded default.
    Sqlite,
    /// For several nodes.
    Postgres,
}

#[derive(Clone)]
enum Readers {
    Lite(SqlitePool),
    Pg(Arc<servers::Servers>),
}

struct Shared {
    queue: Queue,
    statements: Arc<AtomicU64>,
    fatal: CancellationToken,
    closing: CancellationToken,
    config: DbConfig,
    /// SQLite with a ballast only.
    space: Option<Arc<space::Space>>,
}

impl Shared {
    /// Whether a write of this class has to wait until there is room on the disk again.
    fn holds_back(&self, class: Class) -> bool {
        !class.goes_on_when_full() && self.space.as_ref().is_some_and(|s| s.is_full())
    }
}

/// A database. Clones share it.
#[derive(Clone)]
pub struct Db {
    readers: Readers,
    shared: Arc<Shared>,
    workers: TaskTracker,
    /// Held while the data folder is ours (SQLite: one serving process).
    _lock: Option<Arc<open::Lock>>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Db({:?})", self.dialect())
    }
}

impl Db {
    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        match self.readers {
            Readers::Lite(_) => Dialect::Sqlite,
            Readers::Pg(_) => Dialect::Postgres,
        }
    }

    /// Brings the schema up to date; both sequences have the same numbers and names.
    pub async fn migrate(&self, sqlite: &Migrator, postgres: &Migrator) -> Result<(), MigrateError> {
        match &self.readers {
            Readers::Lite(_) => {
                let mut conn = self.shared.open_lite_writer().await.map_err(MigrateError::Execute)?;
                sqlite.run_direct(None, &mut conn, false).await?;
                let _closed = sqlx::Connection::close(conn).await;
                Ok(())
            }
            Readers::Pg(servers) => postgres.run(&servers.now().pool).await,
        }
    }

    /// Statements run so far (a test asserts that a page makes none).
    pub fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }

    /// Cancelled when the disk failed at a commit: the process must end, the next start recovers.
    pub fn fatal(&self) -> CancellationToken {
        self.shared.fatal.clone()
    }

    /// Whether the disk is full: writes of people and bulk work are refused as `Busy` until there is room again.
    /// Known for SQLite with a ballast only.
    pub fn is_full(&self) -> bool {
        self.shared.space.as_ref().is_some_and(|s| s.is_full())
    }

    /// Whether a write of this class would start soon (readiness, overload).
    pub fn waiting(&self, class: Class) -> usize {
        self.shared.queue.len(class)
    }

    /// A connection for reading; everything committed before is visible.
    pub async fn reader(&self) -> Result<Reader, sqlx::Error> {
        let count = Arc::clone(&self.shared.statements);
        let link = match &self.readers {
            Readers::Lite(pool) => ReadLink::Lite(pool.acquire().await?),
            Readers::Pg(servers) => ReadLink::Pg(servers.acquire().await?.1),
        };
        Ok(Reader { link, count })
    }

    /// Gives a read up where another server takes over while it runs: a server that hangs closes nothing, so a loop
    /// without a time-out of its own would wait for ever. Only for reads: a write ends by itself.
    pub async fn read<T>(
        &self,
        reading: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        match &self.readers {
            Readers::Lite(_) => reading.await,
            Readers::Pg(servers) => {
                let primary = servers.now();
                tokio::select! {
                    read = reading => read,
                    () = primary.is_left() => Err(sqlx::Error::Io(std::io::ErrorKind::ConnectionAborted.into())),
                }
            }
        }
    }

    /// How far the database's clock is ahead of ours (milliseconds): what two nodes compare leases by. SQLite has
    /// one node and no clock of its own.
    pub async fn clock_skew_ms(&self, clock: &crate::Clock) -> Result<i64, sqlx::Error> {
        match &self.readers {
            Readers::Lite(_) => Ok(0),
            Readers::Pg(servers) => {
                let before = clock.lease().0;
                let sql = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
                let theirs: i64 = sqlx::query_scalar(sql).fetch_one(&servers.now().pool).await?;
                Ok(theirs - i64::midpoint(before, clock.lease().0))
            }
        }
    }

    /// Runs `f` in one transaction and answers after its commit.
    ///
    /// `f` may run more than once, so it has no effect outside `tx`: ids, time and randomness come in with
    /// `input`; sealing, hashing, rendering, HTTP and files come before. It may await `tx` only. Dropping the
    /// returned future does not stop it. Budget 20 ms, hard stop 250 ms, at most 200 rows.
    pub async fn write<I, T, E, F>(
        &self,
        label: &'static str,
        class: Class,
        tenant: TenantId,
        input: I,
        f: F,
    ) -> Result<T, WriteError<E>>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: Send + 'static,
        F: for<'a> Fn(&'a I, &'a mut Tx) -> BoxFuture<'a, Result<T, Stop<E>>> + Send + Sync + 'static,
    {
        if self.shared.holds_back(class) {
            return Err(WriteError::Busy);
        }
        let (answer, answered) = oneshot::channel();
        let job: Box<dyn Job> = Box::new(Typed { label, input: Arc::new(input), f, said: None, answer });
        if self.shared.queue.push(class, tenant, job).is_err() {
            return Err(WriteError::Busy);
        }
        answered.await.unwrap_or(Err(WriteError::Unknown))
    }

    /// Lets queued writes finish, then closes (at most once; reads fail afterwards).
    pub async fn close(&self) {
        self.shared.queue.close();
        self.shared.closing.cancel();
        self.workers.close();
        self.workers.wait().await;
        match &self.readers {
            Readers::Lite(pool) => pool.close().await,
            Readers::Pg(servers) => servers.close().await,
        }
    }
}
