//! Two databases, one schema, one SQL text; and no statement forgets whose row it touches.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sqlx::{Connection as _, Executor as _, SqlSafeStr as _};

use crate::world::{On, Wish, World, has_postgres};

/// Tables that are no municipality's: the machine's clock is everybody's.
const WITHOUT_TENANT: &[&str] = &["clock_mark"];

/// Statements across municipalities, by how they begin, with the reason.
const ACROSS: &[(&str, &str)] = &[
    ("select tenant_id, slug, public_key from tenant order by", "the list of municipalities itself"),
    ("select slug from tenant order by", "the list of municipalities itself"),
    ("select tenant_id from procedure_shelf order by", "the list of municipalities itself"),
    ("select c.tenant_id, c.login_id,", "the channels of all municipalities, at start"),
    ("select distinct tenant_id from audit", "which municipalities have records to link or to check"),
    (
        "select coalesce((select max(published_at) from guide_page)",
        "times only: are everybody's pages still true?",
    ),
    ("select highest_at, halted_at, halted_from,", "the clock is everybody's"),
    ("insert into clock_mark (", "the clock is everybody's"),
    ("update clock_mark set", "the clock is everybody's"),
    ("select token_hash from session where changed_at", "revocations: hashes of tokens only"),
];

struct Found {
    file: String,
    sql: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// String literals with what stands before each.
fn literals(text: &str) -> Vec<(String, String)> {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
            }
            '\'' if chars.get(at + 2) == Some(&'\'') => at += 3,
            '\'' if chars.get(at + 1) == Some(&'\\') => at += 4,
            '"' => {
                let before: String = chars[at.saturating_sub(60)..at].iter().collect();
                let mut literal = String::new();
                at += 1;
                while at < chars.len() && chars[at] != '"' {
                    if chars[at] == '\\' {
                        at += 1;
                        if chars[at] == '\n' {
                            while chars[at].is_whitespace() {
                                at += 1;
                            }
                            continue;
                        }
                    }
                    literal.push(chars[at]);
                    at += 1;
                }
                at += 1;
                out.push((before.trim_end().to_owned(), literal));
            }
            _ => at += 1,
        }
    }
    out
}

/// Every complete statement of every store, and those made at run time.
fn statements() -> Vec<Found> {
    let mut files = Vec::new();
    for krate in ["madoguchi", "madoguchi-line"] {
        rust_files(&root().join("crates").join(krate).join("src"), &mut files);
    }
    files.retain(|f| f.ends_with("store.rs") || f.components().any(|c| c.as_os_str() == "store"));
    let mut all = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("file");
        let file = path.strip_prefix(root()).expect("inside").display().to_string();
        for (before, sql) in literals(&text) {
            let verb = sql.split_whitespace().next().unwrap_or_default();
            let is_sql =
                ["select", "insert", "update", "delete", "with"].contains(&verb) && sql.contains(' ');
            // A head or a pattern: what is made of it comes from `statements()`.
            let is_part =
                ["in_lists(", "inserts(", "values(", "format!("].iter().any(|f| before.ends_with(f));
            if is_sql && !is_part {
                all.push(Found { file: file.clone(), sql });
            }
        }
    }
    let made = [
        ("application", madoguchi::application::store::statements()),
        ("account", madoguchi::account::store::statements()),
        ("audit", madoguchi::audit::store::statements()),
        ("office", madoguchi::office::store::statements()),
        ("attachment", madoguchi::attachment::store::statements()),
        ("draft", madoguchi::draft::store::statements()),
        ("line", madoguchi_line::statements()),
    ];
    for (of, list) in made {
        all.extend(list.into_iter().map(|sql| Found { file: format!("made by {of}"), sql }));
    }
    all
}

/// Types of `update … from (values …)`: PostgreSQL is told them by the binding.
fn types(sql: &str) -> Vec<sqlx::postgres::PgTypeInfo> {
    let named = |n| sqlx::postgres::PgTypeInfo::with_name(n);
    let columns: &[&'static str] = if sql.starts_with("update audit set seq") {
        &["text", "int8", "bytea"]
    } else if sql.starts_with("update session set seen_at = v") {
        &["bytea", "int8"]
    } else if sql.starts_with("update attachment set application_id = v") {
        &["text", "text", "bytea"]
    } else {
        return Vec::new();
    };
    // `$1` stands twice: before the rows never, after them once.
    let rows = (sql.matches('$').count() - 1) / columns.len();
    let mut all = vec![named("text")];
    (0..rows).for_each(|_| all.extend(columns.iter().map(|name| named(name))));
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_of_every_store_prepares_on_both_databases() {
    let all = statements();
    let literal = all.iter().filter(|f| !f.file.starts_with("made")).count();
    assert!(literal > 100 && all.len() > literal + 300, "{literal} literals of {}", all.len());
    let world = World::new(Wish::on(On::Sqlite)).await;
    let mut lite = sqlx::SqliteConnection::connect(&world.url).await.expect("connect");
    for f in &all {
        let sql = sqlx::AssertSqlSafe(f.sql.clone()).into_sql_str();
        let done = (&mut lite).prepare(sql).await.map(drop);
        done.unwrap_or_else(|e| panic!("SQLite, {}: {e}\n{}", f.file, f.sql));
    }
    let wrong = sqlx::AssertSqlSafe("select no_such from application".to_owned()).into_sql_str();
    assert!((&mut lite).prepare(wrong).await.is_err(), "preparing does look at the schema");
    world.end().await;
    if !has_postgres() {
        return;
    }
    let world = World::new(Wish::on(On::Postgres)).await;
    let mut pg = sqlx::PgConnection::connect(&world.url).await.expect("connect");
    for f in all.iter().filter(|f| !f.sql.contains("pragma")) {
        let sql = sqlx::AssertSqlSafe(f.sql.clone()).into_sql_str();
        let done = (&mut pg).prepare_with(sql, &types(&f.sql)).await.map(drop);
        done.unwrap_or_else(|e| panic!("PostgreSQL, {}: {e}\n{}", f.file, f.sql));
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_has_a_municipality_and_every_statement_names_it() {
    let world = World::new(Wish::on(On::Sqlite)).await;
    let tables = world.tables().await;
    assert!(tables.len() >= 20, "{tables:?}");
    for table in &tables {
        let columns = world.columns(table).await;
        let first = columns.first().map(|c| c.0.as_str());
        let has_it = columns.iter().any(|(name, kind, null)| name == "tenant_id" && *kind == "text" && !null);
        assert!(has_it || WITHOUT_TENANT.contains(&table.as_str()), "{table} ({first:?})");
    }
    let mut used = BTreeSet::new();
    for f in statements() {
        if f.file.ends_with("check/store.rs") || f.file.ends_with("store/check.rs") {
            assert!(f.sql.contains("tenant_id"), "{}: {}", f.file, f.sql);
            continue; // `check` looks at everybody's rows and changes none.
        }
        let is_whole =
            |t: &&String| f.sql.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == t.as_str());
        if !tables.iter().any(|t| is_whole(&t)) {
            continue;
        }
        if let Some((begins, _)) = ACROSS.iter().find(|(begins, _)| f.sql.starts_with(begins)) {
            used.insert(*begins);
            continue;
        }
        let asks =
            ["tenant_id = $", "(tenant_id", "tenant_id = l.tenant_id"].iter().any(|p| f.sql.contains(p));
        assert!(asks, "{}: whose row? {}", f.file, f.sql);
    }
    assert_eq!(used.len(), ACROSS.len(), "an exception that nobody needs any more: {used:?}");
    world.end().await;
}

/// Table → its columns, and index → whether it is unique.
async fn shape(on: On) -> (BTreeMap<String, Vec<(String, &'static str, bool)>>, Vec<String>) {
    let world = World::new(Wish::on(on)).await;
    let mut tables = BTreeMap::new();
    for table in world.tables().await {
        let mut columns = world.columns(&table).await;
        // What the database fills in itself may be a key there and a column here.
        columns.retain(|(name, ..)| name != "seq" || table != "line_notice");
        columns.sort();
        tables.insert(table, columns);
    }
    let sql = if world.is_sqlite() {
        "select lower(sql) from sqlite_master where type = 'index' and sql is not null order by name"
    } else {
        "select lower(indexdef) from pg_indexes where schemaname = 'public' order by indexname"
    };
    let flat = |def: String| {
        let unique = if def.contains("unique index") { "unique " } else { "" };
        let name =
            def.split(" on ").next().and_then(|d| d.split(' ').next_back()).unwrap_or_default().to_owned();
        let columns =
            def.split_once('(').map_or("", |(_, c)| c.split(')').next().unwrap_or_default()).to_owned();
        format!("{unique}{name} ({columns})")
    };
    let mut indexes: Vec<String> = world.texts(sql).await.into_iter().map(flat).collect();
    // Keys and `unique` of tables have names of the database's own making.
    indexes.retain(|i| !i.contains("_pkey ") && !i.contains("_key (") && !i.contains("_sqlx"));
    world.end().await;
    (tables, indexes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_schemas_are_equal() {
    if !has_postgres() {
        return;
    }
    let (lite, pg) = (shape(On::Sqlite).await, shape(On::Postgres).await);
    assert_eq!(lite.0, pg.0);
    assert_eq!(lite.1, pg.1);
    assert!(lite.1.len() >= 15, "{:?}", lite.1);
    let names = |of: &str| {
        let mut all: Vec<String> = std::fs::read_dir(root().join("migrations").join(of))
            .expect("folder")
            .map(|f| f.expect("file").file_name().into_string().expect("name"))
            .collect();
        all.sort();
        all
    };
    assert_eq!(names("sqlite"), names("postgres"));
}
