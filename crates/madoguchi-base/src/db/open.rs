//! Opening a database: durable settings or none.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use sqlx::ConnectOptions as _;
use sqlx::error::DatabaseError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::queue::Queue;
use super::servers::Servers;
use super::space::{self, Space};
use super::{Db, Readers, Shared, worker};

/// Prepared statements kept per connection: multi-row inserts have one text per number of rows.
pub(super) const STATEMENTS: usize = 1_024;
/// Pages that the write connection keeps (KiB, negative by SQLite's rule): random keys touch many.
const WRITER_CACHE: &str = "-65536";
/// The log is written back at this size …
const WAL_PASSIVE: u64 = 32 << 20;
/// … and cut to nothing, at the price of waiting for readers, at this one.
const WAL_TRUNCATE: u64 = 192 << 20;

/// Where the database is.
#[derive(Clone, Debug)]
pub struct DbConfig {
    /// `sqlite:PATH` or `postgres://…`; several PostgreSQL servers as `postgres://user@one:5432,two:5432/name`, of
    /// which the one that can be written is used.
    pub url: String,
    /// Connections for reading (SQLite) or in all (PostgreSQL).
    pub connections: u32,
    /// MiB kept back for a full disk (SQLite; 0: none).
    pub ballast_mb: u32,
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is neither `sqlite:PATH` nor `postgres://…`.
    #[error("database.url must be sqlite:PATH or postgres://…")]
    Url,
    /// Another process serves this data folder.
    #[error("{0} is in use by another process: stop it first, or use PostgreSQL for several processes")]
    Locked(PathBuf),
    /// Several servers are named; none of them can be written.
    #[error("none of the {0} servers of database.url answers as one that can be written")]
    NoPrimary(usize),
    /// The server would lose acknowledged rows in a power cut.
    #[error("PostgreSQL has {0} = {1}; madoguchi needs it on, or acknowledged applications could be lost")]
    NotDurable(&'static str, String),
    /// The database did not answer or is damaged.
    #[error("the database could not be opened (code {0})")]
    Database(String),
    /// The lock file could not be made.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] std::io::Error),
}

impl From<sqlx::Error> for OpenError {
    fn from(e: sqlx::Error) -> Self {
        match e {
            sqlx::Error::Io(io) => Self::Database(format!("io {:?}", io.kind())),
            e => Self::Database(
                e.as_database_error().and_then(DatabaseError::code).unwrap_or_default().into_owned(),
            ),
        }
    }
}

/// The lock file of a data folder; free again when dropped.
pub(super) type Lock = Flock<File>;

impl Db {
    /// Opens `config.url`, with the settings without which nothing is promised: SQLite in WAL mode with
    /// `synchronous=FULL`; PostgreSQL with `fsync`, `full_page_writes` and `synchronous_commit` on.
    pub async fn open(config: DbConfig) -> Result<Self, OpenError> {
        if let Some(path) = config.url.strip_prefix("sqlite:") {
            let path = PathBuf::from(path);
            return Self::open_lite(config, &path).await;
        }
        if config.url.starts_with("postgres://") || config.url.starts_with("postgresql://") {
            return Self::open_pg(config).await;
        }
        Err(OpenError::Url)
    }

    async fn open_lite(config: DbConfig, path: &Path) -> Result<Self, OpenError> {
        let lock = lock_file(path)?;
        let space = Space::new(path, config.ballast_mb);
        if let Some(space) = &space {
            space.before_open();
        }
        let shared = Arc::new(Shared::new(config, space));
        let writer = shared.open_lite_writer().await?;
        let options = lite_options(path).pragma("query_only", "on").pragma("cache_size", "-4096");
        let pool = SqlitePoolOptions::new()
            .max_connections(shared.config.connections.max(1))
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options)
            .await?;
        let workers = TaskTracker::new();
        workers.spawn(worker::lite(Arc::clone(&shared), writer));
        workers.spawn(checkpoints(Arc::clone(&shared), path.to_path_buf()));
        if let Some(space) = &shared.space {
            workers.spawn(space::keep(Arc::clone(space), shared.closing.clone()));
        }
        Ok(Self { readers: Readers::Lite(pool), shared, workers, _lock: Some(Arc::new(lock)) })
    }

    async fn open_pg(config: DbConfig) -> Result<Self, OpenError> {
        let servers = Arc::new(Servers::open(&config.url, config.connections).await?);
        let shared = Arc::new(Shared::new(config, None));
        let workers = TaskTracker::new();
        // Readers need connections too: writers take at most three in four.
        for _ in 0..(shared.config.connections * 3 / 4).max(1) {
            workers.spawn(worker::pg(Arc::clone(&shared), Arc::clone(&servers)));
        }
        workers.spawn(Arc::clone(&servers).watch(shared.closing.clone()));
        Ok(Self { readers: Readers::Pg(servers), shared, workers, _lock: None })
    }
}

impl Shared {
    fn new(config: DbConfig, space: Option<Arc<Space>>) -> Self {
        Self {
            queue: Queue::new(),
            statements: Arc::new(AtomicU64::new(0)),
            fatal: CancellationToken::new(),
            closing: CancellationToken::new(),
            config,
            space,
        }
    }

    /// The connection that writes.
    pub(super) async fn open_lite_writer(&self) -> Result<SqliteConnection, sqlx::Error> {
        let path = self.config.url.strip_prefix("sqlite:").unwrap_or_default();
        lite_options(Path::new(path)).pragma("cache_size", WRITER_CACHE).connect().await
    }
}

fn lite_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS)
        .pragma("wal_autocheckpoint", "0")
        .pragma("secure_delete", "on")
        .disable_statement_logging()
}

fn lock_file(database: &Path) -> Result<Lock, OpenError> {
    let path = database.with_extension("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|e| OpenError::Io(path.clone(), e))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|_| OpenError::Locked(path))
}

/// Writes the log back to the database beside the writes, so that no commit pays for it.
async fn checkpoints(shared: Arc<Shared>, database: PathBuf) {
    let mut wal = database.clone().into_os_string();
    wal.push("-wal");
    let mut conn: Option<SqliteConnection> = None;
    let mut idle = 0_u32;
    let mut last = 0;
    loop {
        tokio::select! {
            () = shared.closing.cancelled() => return,
            () = shared.fatal.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
        let size = std::fs::metadata(&wal).map_or(0, |m| m.len());
        idle = if size == last { idle + 1 } else { 0 };
        last = size;
        // A full disk: what stands in the log twice makes room, where writing it back certainly fits.
        let room = shared.space.as_ref().is_some_and(|s| s.is_full() && size > 0 && s.free() >= size);
        let sql = if size >= WAL_TRUNCATE || (idle == 30 && size > 0) || room {
            "pragma wal_checkpoint(truncate)"
        } else if size >= WAL_PASSIVE {
            "pragma wal_checkpoint(passive)"
        } else {
            continue;
        };
        if conn.is_none() {
            conn = shared.open_lite_writer().await.ok();
        }
        if let Some(c) = conn.as_mut()
            && sqlx::query(sql).execute(c).await.is_err()
        {
            conn = None;
        }
    }
}
