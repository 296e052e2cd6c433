//! Workers that run queued writes: one for SQLite, as many as the pool has connections for PostgreSQL.

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use super::exec::Link;
use super::queue::Waiting;
use super::servers::Servers;
use super::write::{End, Job, Ran};
use super::{Shared, Tx};

/// How often a closure is run again after a serialisation failure or a lost connection.
const RETRIES: u32 = 5;

/// SQLite: one write connection, one transaction a write.
pub(super) async fn lite(shared: std::sync::Arc<Shared>, first: SqliteConnection) {
    let mut conn = Some(first);
    while let Some(waiting) = shared.queue.next().await {
        // What must not stop runs once more where the ballast has made room for it.
        let mut once_more = waiting.class.goes_on_when_full();
        let Some(mut job) = fresh(&shared, waiting) else { continue };
        loop {
            let link = match conn.take() {
                Some(c) => Ok(c),
                None => shared.open_lite_writer().await,
            };
            let step = match link {
                Ok(c) => {
                    let tx = Tx { link: Link::Lite(c), count: std::sync::Arc::clone(&shared.statements) };
                    let (tx, again, step) = attempt(tx, job, "begin immediate").await;
                    job = again;
                    if let Some(Tx { link: Link::Lite(c), .. }) = tx {
                        conn = Some(c);
                    }
                    step
                }
                Err(e) => Step::Again(e),
            };
            match step {
                Step::Done(end) => job.end(end),
                Step::Again(e) if shared.made_room(&e) && once_more => {
                    once_more = false;
                    continue;
                }
                Step::Again(e) => {
                    log(job.label(), &e);
                    job.end(End::Failed);
                }
                Step::Lost(e) => {
                    job.end(End::Unknown);
                    if !shared.ran_full(&e) {
                        // A failed sync is never retried: the next start recovers from the log (durability).
                        tracing::error!(
                            next = "free or mend the disk, then start again",
                            "the disk failed at a commit"
                        );
                        shared.fatal.cancel();
                        return;
                    }
                    shared.made_room(&e);
                }
            }
            break;
        }
    }
    if let Some(c) = conn {
        let _closed = c.close().await;
    }
}

impl Shared {
    /// Whether an error means that the disk is full. SQLITE_FULL (13) rolls back. The index of the log may fail to
    /// grow, too (4874): at a commit its rows then stand in the log, out of sight, until the next commit writes over
    /// them, so the outcome is unknown; no sync has failed, so going on is safe. Quotas are told as a failed write
    /// (778) of frames before the one that commits: then a probe tells.
    fn ran_full(&self, e: &sqlx::Error) -> bool {
        match code(e).as_deref() {
            Some("13" | "4874") => true,
            Some("778") => self.space.as_ref().is_some_and(|s| s.is_short()),
            _ => false,
        }
    }

    /// Lets the ballast go where the disk is full. `true` where that made room.
    fn made_room(&self, e: &sqlx::Error) -> bool {
        self.space.as_ref().is_some_and(|s| self.ran_full(e) && s.filled())
    }
}

/// PostgreSQL: a plain pool; conflicts and lost connections run the closure again.
pub(super) async fn pg(shared: std::sync::Arc<Shared>, servers: std::sync::Arc<Servers>) {
    while let Some(waiting) = shared.queue.next().await {
        let Some(mut job) = fresh(&shared, waiting) else { continue };
        let mut left = RETRIES;
        loop {
            let (primary, conn) = match servers.acquire().await {
                Ok(got) => got,
                Err(e) => {
                    log(job.label(), &e);
                    job.end(End::Failed);
                    break;
                }
            };
            let tx = Tx { link: Link::Pg(conn), count: std::sync::Arc::clone(&shared.statements) };
            let (_back_to_the_pool, again, step) = tokio::select! {
                ended = attempt(tx, job, "begin") => ended,
                // The server went away without a word, perhaps in COMMIT. Whoever waits is told `Unknown`, since
                // the job and its answer go with it.
                () = primary.is_left() => break,
            };
            job = again;
            match step {
                Step::Done(end) => {
                    job.end(end);
                    break;
                }
                Step::Lost(_) => {
                    servers.trouble();
                    job.end(End::Unknown);
                    break;
                }
                Step::Again(e) if left > 0 && is_transient(&e) => {
                    if matches!(e, sqlx::Error::Io(_)) {
                        servers.trouble();
                    }
                    left -= 1;
                }
                Step::Again(e) => {
                    servers.trouble();
                    log(job.label(), &e);
                    job.end(End::Failed);
                    break;
                }
            }
        }
    }
}

enum Step {
    Done(End),
    /// It failed at the commit: nobody knows whether it stands.
    Lost(sqlx::Error),
    /// Rolled back because of this; the caller decides whether to run it again.
    Again(sqlx::Error),
}

/// One run: begin, closure, commit or roll back. Gives the connection back where it is still good.
async fn attempt(mut tx: Tx, mut job: Box<dyn Job>, begin: &'static str) -> (Option<Tx>, Box<dyn Job>, Step) {
    if let Err(e) = plain(&mut tx, begin).await {
        return (discard(tx).await, job, Step::Again(e));
    }
    match job.run(&mut tx).await {
        Ran::Ok => match plain(&mut tx, "commit").await {
            Ok(()) => (Some(tx), job, Step::Done(End::Said)),
            Err(e) if is_rolled_back(&e) => (roll_back(tx).await, job, Step::Again(e)),
            Err(e) => {
                log(job.label(), &e);
                (discard(tx).await, job, Step::Lost(e))
            }
        },
        Ran::Rejected => (roll_back(tx).await, job, Step::Done(End::Said)),
        Ran::Db(e) => (roll_back(tx).await, job, Step::Again(e)),
        Ran::Panicked | Ran::TooLong => {
            tracing::error!(label = job.label(), "a write panicked or ran past its hard stop; rolled back");
            (roll_back(tx).await, job, Step::Done(End::Failed))
        }
    }
}

fn fresh(shared: &Shared, waiting: Waiting) -> Option<Box<dyn Job>> {
    if waiting.is_stale() || shared.holds_back(waiting.class) {
        waiting.job.end(End::Busy);
        return None;
    }
    Some(waiting.job)
}

async fn plain(tx: &mut Tx, sql: &'static str) -> Result<(), sqlx::Error> {
    match &mut tx.link {
        Link::Lite(c) => sqlx::query(sql).execute(c).await.map(drop),
        Link::Pg(c) => sqlx::query(sql).execute(&mut **c).await.map(drop),
    }
}

async fn roll_back(mut tx: Tx) -> Option<Tx> {
    match plain(&mut tx, "rollback").await {
        Ok(()) => Some(tx),
        // SQLite rolls back by itself on some errors (disk full): then there is nothing to roll back.
        Err(e) if matches!(tx.link, Link::Lite(_)) && e.as_database_error().is_some() => Some(tx),
        Err(_) => discard(tx).await,
    }
}

async fn discard(tx: Tx) -> Option<Tx> {
    match tx.link {
        Link::Lite(c) => drop(c.close().await),
        Link::Pg(c) => drop(c.close().await),
    }
    None
}

fn code(e: &sqlx::Error) -> Option<String> {
    e.as_database_error().and_then(sqlx::error::DatabaseError::code).map(std::borrow::Cow::into_owned)
}

/// Serialisation failure, deadlock, or a connection that was lost before COMMIT was sent.
fn is_transient(e: &sqlx::Error) -> bool {
    matches!(code(e).as_deref(), Some("40001" | "40P01" | "57P01")) || matches!(e, sqlx::Error::Io(_))
}

/// PostgreSQL's disk is full. (Where its log cannot grow it ends itself instead: a lost connection.)
const DISK_FULL: &str = "53100";

/// Errors at COMMIT after which the database certainly holds nothing: constraint checks, conflicts,
/// SQLITE_BUSY (5, 517) and a full disk.
fn is_rolled_back(e: &sqlx::Error) -> bool {
    match code(e).as_deref() {
        Some(c) if c.len() == 5 => c.starts_with("40") || c.starts_with("23") || c == DISK_FULL,
        Some("5" | "517" | "13" | "19" | "787") => true,
        _ => false,
    }
}

/// Foreign errors reach the log as a code and a static sentence: their text can hold values of rows.
pub(super) fn log(label: &'static str, e: &sqlx::Error) {
    let code = code(e).unwrap_or_else(|| "no code".into());
    if code == DISK_FULL {
        tracing::error!(next = "free room on the database server's disk", "the database's disk is full");
    }
    tracing::warn!(label, code, "a write failed and was rolled back");
}
