//! Workers that run queued writes: one for SQLite, as many as the pool has connections for PostgreSQL.

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use super::exec::Link;
use super::queue::Waiting;
use super::write::{End, Job, Ran};
use super::{Shared, Tx};

/// How often a closure is run again after a serialisation failure or a lost connection.
const RETRIES: u32 = 5;

/// SQLite: one write connection, one transaction a write.
pub(super) async fn lite(shared: std::sync::Arc<Shared>, first: SqliteConnection) {
    let mut conn = Some(first);
    while let Some(waiting) = shared.queue.next().await {
        let Some(job) = fresh(waiting) else { continue };
        let link = match conn.take() {
            Some(c) => Some(c),
            None => shared.open_lite_writer().await.map_err(|e| log("reconnect", &e)).ok(),
        };
        let Some(link) = link else {
            job.end(End::Failed);
            continue;
        };
        let tx = Tx { link: Link::Lite(link), count: std::sync::Arc::clone(&shared.statements) };
        let (tx, job, step) = attempt(tx, job, "begin immediate").await;
        match step {
            Step::Done(end) => {
                job.end(end);
                if let Some(Tx { link: Link::Lite(c), .. }) = tx {
                    conn = Some(c);
                }
                if end == End::Unknown {
                    // A failed sync is never retried: the next start recovers from the log (durability).
                    tracing::error!(
                        next = "free or mend the disk, then start again",
                        "the disk failed at a commit"
                    );
                    shared.fatal.cancel();
                    return;
                }
            }
            Step::Again(e) => {
                log(job.label(), &e);
                job.end(End::Failed);
                if let Some(Tx { link: Link::Lite(c), .. }) = tx {
                    conn = Some(c);
                }
            }
        }
    }
    if let Some(c) = conn {
        let _closed = c.close().await;
    }
}

/// PostgreSQL: a plain pool; conflicts and lost connections run the closure again.
pub(super) async fn pg(shared: std::sync::Arc<Shared>, pool: sqlx::PgPool) {
    while let Some(waiting) = shared.queue.next().await {
        let Some(mut job) = fresh(waiting) else { continue };
        let mut left = RETRIES;
        loop {
            let conn = match pool.acquire().await {
                Ok(c) => c,
                Err(e) => {
                    log(job.label(), &e);
                    job.end(End::Failed);
                    break;
                }
            };
            let tx = Tx { link: Link::Pg(conn), count: std::sync::Arc::clone(&shared.statements) };
            let (_back_to_the_pool, again, step) = attempt(tx, job, "begin").await;
            job = again;
            match step {
                Step::Done(end) => {
                    job.end(end);
                    break;
                }
                Step::Again(e) if left > 0 && is_transient(&e) => left -= 1,
                Step::Again(e) => {
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
                (discard(tx).await, job, Step::Done(End::Unknown))
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

fn fresh(waiting: Waiting) -> Option<Box<dyn Job>> {
    if waiting.is_stale() {
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

/// Errors at COMMIT after which the database certainly holds nothing: constraint checks, conflicts,
/// SQLITE_BUSY (5, 517) and SQLITE_FULL (13).
fn is_rolled_back(e: &sqlx::Error) -> bool {
    match code(e).as_deref() {
        Some(c) if c.len() == 5 => c.starts_with("40") || c.starts_with("23"),
        Some("5" | "517" | "13" | "19" | "787") => true,
        _ => false,
    }
}

/// Foreign errors reach the log as a code and a static sentence: their text can hold values of rows.
pub(super) fn log(label: &'static str, e: &sqlx::Error) {
    let code = code(e).unwrap_or_else(|| "no code".into());
    tracing::warn!(label, code, "a write failed and was rolled back");
}
