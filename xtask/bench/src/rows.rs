//! The bare limit of submissions: a server that reads the same body and writes the same rows, in the same shapes and
//! batches, to the same kind of database with the same durability. It validates, seals and audits nothing: what a
//! submission costs beyond this is ours. It runs in a process of its own, as the measured program does.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::any;
use bytes::Bytes;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;
use uuid::Uuid;

/// The first argument by which this program becomes the server of rows.
pub(crate) const COMMAND: &str = "rows-server";

/// As the intake: rows of a batch, batches that PostgreSQL commits side by side, submissions that may wait.
const BATCH: usize = 64;
const SIDE_BY_SIDE: usize = 6;
const WAITING: usize = 4_096;
const TENANT: &str = "232131";

/// What a column gets.
#[derive(Clone)]
enum Cell {
    Text(String),
    Bytes(Vec<u8>),
    Number(i64),
    Null,
    NoNumber,
}

/// A submission as it arrives: its key, and how long its sealed answers are.
struct Arrival {
    key: String,
    sealed: usize,
    answer: oneshot::Sender<()>,
}

enum Database {
    Lite(SqliteConnection),
    Pg(PgConnection),
}

/// Serves until it is killed, over a database that has its schema; prints its address.
pub(crate) async fn serve(url: &str) -> Result<()> {
    let (door, queue) = mpsc::channel::<Arrival>(WAITING);
    let queue = Arc::new(Mutex::new(queue));
    let mut writers = JoinSet::new();
    let is_lite = url.starts_with("sqlite:");
    for _ in 0..if is_lite { 1 } else { SIDE_BY_SIDE } {
        writers.spawn(write(open(url).await?, Arc::clone(&queue)));
    }
    if is_lite {
        writers.spawn(checkpoints(open(url).await?));
    }
    let handler = any(move |body: Bytes| {
        let door = door.clone();
        async move {
            let (answer, answered) = oneshot::channel();
            let Some(arrival) = read(&body, answer) else { return StatusCode::BAD_REQUEST.into_response() };
            let to = [(header::LOCATION, format!("/nishio/a/{}", arrival.key))];
            let sent = door.send(arrival).await.is_ok() && answered.await.is_ok();
            if sent {
                (StatusCode::SEE_OTHER, to).into_response()
            } else {
                StatusCode::IM_A_TEAPOT.into_response()
            }
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, Router::new().fallback(handler)).await?;
    Ok(())
}

/// Key and length of the answers, from `answers=…&submission_key=…`.
fn read(body: &[u8], answer: oneshot::Sender<()>) -> Option<Arrival> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).ok()?;
    let of = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    // The token is base64url of what was sealed; stored answers are padded, and have nonce and tag.
    let sealed = (of("answers")?.len() * 3 / 4).next_multiple_of(256) + 28;
    Some(Arrival { key: of("submission_key")?.to_owned(), sealed, answer })
}

/// With the settings of the measured program.
async fn open(url: &str) -> Result<Database> {
    let Some(path) = url.strip_prefix("sqlite:") else {
        let options: PgConnectOptions = url.parse()?;
        let options = options.statement_cache_capacity(1_024).disable_statement_logging();
        return Ok(Database::Pg(options.connect().await?));
    };
    let options = SqliteConnectOptions::new()
        .filename(Path::new(path))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(1_024)
        .pragma("wal_autocheckpoint", "0")
        .pragma("secure_delete", "on")
        .pragma("cache_size", "-65536")
        .disable_statement_logging();
    Ok(Database::Lite(options.connect().await?))
}

/// The log is written back beside the writes, as in the measured program.
async fn checkpoints(database: Database) -> Result<()> {
    let Database::Lite(mut c) = database else { return Ok(()) };
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        sqlx::query("pragma wal_checkpoint(passive)").execute(&mut c).await?;
    }
}

async fn write(mut database: Database, queue: Arc<Mutex<mpsc::Receiver<Arrival>>>) -> Result<()> {
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        if queue.lock().await.recv_many(&mut batch, BATCH).await == 0 {
            return Ok(());
        }
        store(&mut database, &batch).await.context("the rows were not written")?;
        for arrival in batch {
            // The generator may have gone at the end of its time.
            let _gone = arrival.answer.send(());
        }
    }
}

/// One transaction: one look, five inserts.
async fn store(database: &mut Database, batch: &[Arrival]) -> Result<()> {
    let rows: Vec<[Vec<Cell>; 5]> = batch.iter().map(rows).collect();
    let keys = batch.iter().map(|a| Cell::Text(a.key.clone())).collect();
    let list: Vec<String> = (2..batch.len() + 2).map(|n| format!("${n}")).collect();
    let look = format!(
        "select submission_key, application_id, account_id, receipt, answers_mac, arrived_at from application \
         where tenant_id = $1 and submission_key in ({})",
        list.join(", ")
    );
    let mut statements = vec![(look, [vec![text(TENANT)], keys].concat())];
    let mut tables: [Vec<Cell>; 5] = Default::default();
    for row in rows {
        for (table, cells) in tables.iter_mut().zip(row) {
            table.extend(cells);
        }
    }
    for ((into, tail), cells) in INTO.into_iter().zip(tables) {
        let columns = into.matches(',').count() + 1;
        let groups: Vec<String> = (0..batch.len())
            .map(|row| {
                let names: Vec<String> = (1..=columns).map(|c| format!("${}", row * columns + c)).collect();
                format!("({})", names.join(", "))
            })
            .collect();
        statements.push((format!("insert into {into} values {}{tail}", groups.join(", ")), cells));
    }
    run(database, statements).await
}

const INTO: [(&str, &str); 5] = [
    (
        "application (tenant_id, application_id, account_id, procedure_id, form_version, submission_key, receipt, \
         answers_mac, answers_sealed, round, state, version, arrived_at, changed_at)",
        " on conflict do nothing",
    ),
    ("application_key (tenant_id, application_id, epoch_id, wrapped)", ""),
    (
        "application_event (tenant_id, event_id, application_id, command_id, at, actor_kind, actor_id, from_state, \
         to_state, round, notice_id)",
        "",
    ),
    ("audit (tenant_id, audit_id, at, actor_kind, actor_id, act, application_id, detail, hash)", ""),
    (
        "line_notice (tenant_id, id, account_id, application_id, procedure_id, kind, receipt, due_on, days, page, \
         created_at, not_after, state, next_at)",
        " on conflict (tenant_id, id) do nothing",
    ),
];

fn text(value: impl Into<String>) -> Cell {
    Cell::Text(value.into())
}

/// The rows of one submission, as long as real ones.
#[rustfmt::skip]
fn rows(arrival: &Arrival) -> [Vec<Cell>; 5] {
    let id = || text(Uuid::now_v7().to_string());
    let (application, notice, account) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string(), Uuid::nil());
    let (account, epoch) = (account.to_string(), Uuid::nil().to_string());
    let random = Uuid::new_v4().as_u128();
    let receipt = format!("{:012}", random % 1_000_000_000_000);
    let at = || Cell::Number(1_795_482_000_000);
    let bytes = |n: usize| Cell::Bytes(random.to_be_bytes().iter().copied().cycle().take(n).collect());
    let (own, by) = (|| text(application.clone()), || text(account.clone()));
    [
        vec![
            text(TENANT), own(), by(), text(epoch.clone()), Cell::Number(1), text(arrival.key.clone()),
            text(receipt.clone()), bytes(32), bytes(arrival.sealed), Cell::Number(0), text("submitted"),
            Cell::Number(1), at(), at(),
        ],
        vec![text(TENANT), own(), text(epoch.clone()), bytes(60)],
        vec![
            text(TENANT), id(), own(), text(format!("submit:{}", arrival.key)), at(), text("citizen"), by(),
            Cell::Null, text("submitted"), Cell::Number(0), text(notice.clone()),
        ],
        vec![
            text(TENANT), id(), at(), text("citizen"), by(), text("application.submit"), own(), text(""), bytes(32),
        ],
        vec![
            text(TENANT), text(notice.clone()), by(), own(), text(epoch.clone()), text("submitted"), text(receipt),
            Cell::Null, Cell::NoNumber, text(&notice[14..]), at(), at(), text("waiting"), at(),
        ],
    ]
}

/// Runs statements in one transaction.
async fn run(database: &mut Database, statements: Vec<(String, Vec<Cell>)>) -> Result<()> {
    macro_rules! all {
        ($c:expr, $begin:literal, $sql:expr) => {{
            sqlx::query($begin).execute(&mut *$c).await?;
            for (sql, cells) in statements {
                let mut q = sqlx::query(AssertSqlSafe($sql(sql)));
                for cell in cells {
                    q = match cell {
                        Cell::Text(v) => q.bind(v),
                        Cell::Bytes(v) => q.bind(v),
                        Cell::Number(v) => q.bind(v),
                        Cell::Null => q.bind(None::<String>),
                        Cell::NoNumber => q.bind(None::<i64>),
                    };
                }
                q.execute(&mut *$c).await?;
            }
            sqlx::query("commit").execute(&mut *$c).await?;
        }};
    }
    match database {
        // SQLite is faster with plain parameters (docs/adr/0008).
        Database::Lite(c) => all!(c, "begin immediate", |sql: String| plain(&sql)),
        Database::Pg(c) => all!(c, "begin", |sql: String| sql),
    }
    Ok(())
}

/// `$1` … in order, as `?`.
fn plain(sql: &str) -> String {
    let mut parts = sql.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push('?');
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_rows_fit_the_schema_and_are_all_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bare.db");
        std::fs::File::create(&file).unwrap();
        let mut database = open(&format!("sqlite:{}", file.display())).await.unwrap();
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
        let migrations = sqlx::migrate::Migrator::new(migrations).await.unwrap();
        let Database::Lite(c) = &mut database else { panic!("SQLite") };
        migrations.run_direct(None, c, false).await.unwrap();
        let body = |n: usize| format!("answers={}&submission_key=key-{n}", "A".repeat(4_000));
        let batch: Vec<Arrival> =
            (0..BATCH).map(|n| read(body(n).as_bytes(), oneshot::channel().0).unwrap()).collect();
        assert_eq!(batch[0].sealed, 3_072 + 28);
        store(&mut database, &batch).await.unwrap();
        let Database::Lite(c) = &mut database else { panic!("SQLite") };
        for (into, _) in INTO {
            let table = into.split(' ').next().unwrap();
            let sql = format!("select count(*) from {table}");
            let n: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *c).await.unwrap();
            assert_eq!(n, BATCH as i64, "{table}");
        }
        assert!(read(b"answers=A", oneshot::channel().0).is_none());
    }
}
