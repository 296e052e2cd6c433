//! Every place where a word could leak to: LINE, the log, the database's cells, the database's bytes.

use std::collections::HashSet;
use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use madoguchi::scan::{Haystack, fold};
use serde_json::Value;
use sqlx::Connection as _;
use tracing_subscriber::EnvFilter;

use crate::world::World;

static LOG: LazyLock<Arc<Mutex<Vec<u8>>>> = LazyLock::new(|| {
    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    let made = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("debug"))
        .with_ansi(false)
        .with_writer(move || Sink(Arc::clone(&sink)))
        .try_init();
    made.expect("nobody else of this binary listens to the log");
    log
});

struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Listens to every log line from here on, at level debug, of this program and of its libraries.
pub fn listen() {
    LazyLock::force(&LOG);
}

/// Where something was found: `LINE POST /v2/bot/message/push`, `log`, `table.column`, `file`.
pub struct Sinks(Vec<(String, Haystack)>);

impl Sinks {
    /// The names of the sinks in which `word` stands, in whatever disguise.
    pub fn with(&self, word: &str) -> Vec<&str> {
        let folded = fold(word);
        self.0.iter().filter(|(_, stack)| stack.has(&folded)).map(|(name, _)| name.as_str()).collect()
    }

    pub fn len(&self, kind: &str) -> usize {
        self.0.iter().filter(|(name, _)| name.starts_with(kind)).count()
    }

    fn add(&mut self, name: impl Into<String>, bytes: &[u8]) {
        self.0.push((name.into(), Haystack::new(bytes)));
    }

    /// What LINE received, on all its hosts.
    pub fn line(world: &World) -> Self {
        let mut all = Self(Vec::new());
        let ledger = world.ledger();
        assert!(ledger.len() < 1_000, "the ledger in memory is full: the oldest requests are gone");
        for request in &ledger {
            let text = |part: &str| request[part].as_str().unwrap_or_default().to_owned();
            all.add(format!("LINE {} {}", text("method"), text("path")), &received(request));
        }
        all
    }

    /// The log so far, at level debug.
    pub fn log() -> Self {
        let mut all = Self(Vec::new());
        let bytes = LOG.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for lines in pieces(&bytes, 16 << 10, 1 << 10) {
            all.add("log", lines);
        }
        all
    }

    /// Every text and every byte string of every table.
    pub async fn cells(world: &World, but: &[&str]) -> Self {
        let mut all = Self(Vec::new());
        for table in world.tables().await {
            for (column, kind, _) in world.columns(&table).await {
                let name = format!("{table}.{column}");
                if but.contains(&name.as_str()) || kind == "int" {
                    continue;
                }
                let sql = format!("select {column} from {table} where {column} is not null");
                let cells: Vec<Vec<u8>> = if kind == "text" {
                    world.texts(&sql).await.into_iter().map(String::into_bytes).collect()
                } else {
                    world.blobs(&sql).await
                };
                for cell in cells {
                    all.add(name.clone(), &cell);
                }
            }
        }
        all
    }

    /// The database's own bytes: SQLite's file and write-ahead log, PostgreSQL's heap files where they can be read.
    pub async fn files(world: &World) -> Self {
        let mut all = Self(Vec::new());
        let mut seen = HashSet::new();
        for path in database_files(world).await {
            let Ok(bytes) = std::fs::read(&path) else { continue };
            for piece in pieces(&bytes, 64 << 10, 1 << 10) {
                let name = format!("file {}", path.display());
                if piece.windows(3).any(|w| w == [0x1f, 0x8b, 0x08]) {
                    all.add(name.clone(), piece);
                }
                all.add(name, readable(piece, &mut seen).as_bytes());
            }
        }
        all
    }

    pub fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }
}

async fn database_files(world: &World) -> Vec<std::path::PathBuf> {
    if world.is_sqlite() {
        let base = world.dir.path().join("madoguchi.db");
        return vec![base.clone(), base.with_extension("db-wal")];
    }
    let mut c = sqlx::PgConnection::connect(&world.url).await.expect("connect");
    sqlx::query("checkpoint").execute(&mut c).await.expect("checkpoint");
    let sql = "select current_setting('data_directory') || '/base/' || oid from pg_database where datname = \
               current_database()";
    let folder: String = sqlx::query_scalar(sql).fetch_one(&mut c).await.expect("folder");
    // The catalogue's own files hold nothing of ours: they are numbered below 16384.
    let is_ours = |p: &std::path::PathBuf| {
        let name = p.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        name.split(['.', '_']).next().and_then(|n| n.parse().ok()).is_some_and(|n: u32| n >= 16_384)
    };
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    files.filter_map(|f| f.ok().map(|f| f.path())).filter(is_ours).collect()
}

/// Pieces with an overlap, so that a word on a seam is whole in one of them.
fn pieces(bytes: &[u8], size: usize, overlap: usize) -> impl Iterator<Item = &[u8]> {
    (0..bytes.len()).step_by(size).map(move |at| &bytes[at..bytes.len().min(at + size + overlap)])
}

/// The text between the noise: sealed bytes are most of a database, and no word of anybody's is in noise.
/// A write-ahead log repeats whole pages: what was looked at once is not looked at again.
fn readable(bytes: &[u8], seen: &mut HashSet<String>) -> String {
    let runs = bytes.utf8_chunks().flat_map(|c| c.valid().split(char::is_control));
    runs.filter(|run| run.len() >= 6 && seen.insert((*run).to_owned())).collect::<Vec<_>>().join("\n")
}

fn received(request: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in ["method", "host", "path", "query", "headers", "body", "body_base64"] {
        match &request[part] {
            Value::String(text) => bytes.extend_from_slice(text.as_bytes()),
            Value::Null => {}
            other => bytes.extend_from_slice(other.to_string().as_bytes()),
        }
        bytes.push(b'\n');
    }
    bytes
}
