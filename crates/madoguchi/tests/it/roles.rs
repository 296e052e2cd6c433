//! Parts that run apart: each database role may do what the list says, and nothing else.

use std::collections::BTreeSet;

use madoguchi::parts::{Part, RIGHTS, Verb, roles};
use madoguchi::setup;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::world::{On, database_url, has_postgres};

/// A migrated database with its roles: their prefix, and its address for a role.
struct Prepared {
    owner: PgConnection,
    prefix: String,
    url: String,
}

impl Prepared {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("folder");
        let url = database_url(On::Postgres, dir.path()).await;
        let prefix = url.rsplit_once('/').expect("a name").1.to_owned();
        let db = setup::database(&url, 2).await.expect("database");
        // Twice: what is there already is no obstacle.
        for _ in 0..2 {
            roles::prepare(&db, &prefix).await.expect("roles");
        }
        db.close().await;
        let owner = PgConnection::connect(&url).await.expect("connect");
        Self { owner, prefix, url }
    }

    async fn connect(&self, part: Part) -> PgConnection {
        PgConnection::connect(&role_url(&self.url, part, &self.prefix)).await.expect("connect")
    }

    /// Tables with the columns that can be written.
    async fn tables(&mut self) -> Vec<(String, Vec<String>)> {
        let sql = "select c.table_name::text, array_agg(c.column_name::text) from information_schema.columns c \
                   join pg_tables t on t.tablename = c.table_name and t.schemaname = c.table_schema \
                   where c.table_schema = 'public' and c.is_identity = 'NO' group by 1 order by 1";
        sqlx::query_as(sql).fetch_all(&mut self.owner).await.expect("tables")
    }
}

/// The same database for the role of a part.
pub fn role_url(url: &str, part: Part, prefix: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("an address");
    let host = rest.split_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{}@{host}", part.role(prefix))
}

/// Whether the database lets this connection run a statement: every other error means that it would.
async fn may(c: &mut PgConnection, sql: String) -> bool {
    let mut tx = c.begin().await.expect("begin");
    let ran = sqlx::query(AssertSqlSafe(sql.clone())).execute(&mut *tx).await;
    tx.rollback().await.expect("rollback");
    let code =
        ran.err().map(|e| e.as_database_error().and_then(|e| e.code().map(std::borrow::Cow::into_owned)));
    match code {
        None => true,
        Some(Some(code)) => {
            assert!(["42501", "23502"].contains(&code.as_str()), "{sql}: {code}");
            code != "42501"
        }
        Some(None) => panic!("{sql}: no answer"),
    }
}

fn listed(part: Part, table: &str, verb: Verb, column: &str) -> bool {
    let fits = |columns: &[&str]| columns.is_empty() || columns.contains(&column);
    part.rights(table).iter().any(|r| r.verb == verb && fits(&r.columns))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_of_the_schema_is_in_the_list_of_rights() {
    if !has_postgres() {
        return;
    }
    let mut db = Prepared::new().await;
    let there: BTreeSet<String> = db.tables().await.into_iter().map(|(table, _)| table).collect();
    let known: BTreeSet<String> = RIGHTS.iter().map(|(table, _)| (*table).to_owned()).collect();
    assert_eq!(there, known, "parts/mod.rs says what each part may do with each table");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_may_do_what_the_list_says_and_nothing_else() {
    if !has_postgres() {
        return;
    }
    let mut db = Prepared::new().await;
    let tables = db.tables().await;
    let (mut yes, mut no) = (0, 0);
    for part in Part::ALL {
        let mut c = db.connect(part).await;
        let mut compare = |found: bool, wanted: bool, what: String| {
            assert_eq!(found, wanted, "{part:?}: {what}");
            *(if found { &mut yes } else { &mut no }) += 1;
        };
        for (table, columns) in &tables {
            for column in columns {
                let sql = format!("select {column} from {table} limit 0");
                compare(may(&mut c, sql.clone()).await, listed(part, table, Verb::Select, column), sql);
                let sql = format!("update {table} set {column} = null where false");
                compare(may(&mut c, sql.clone()).await, listed(part, table, Verb::Update, column), sql);
            }
            let sql = format!("insert into {table} default values");
            compare(may(&mut c, sql.clone()).await, listed(part, table, Verb::Insert, ""), sql);
            let sql = format!("delete from {table} where false");
            compare(may(&mut c, sql.clone()).await, listed(part, table, Verb::Delete, ""), sql);
            for sql in [format!("truncate {table}"), format!("drop table {table}")] {
                compare(may(&mut c, sql.clone()).await, false, sql);
            }
        }
        for sql in ["create table mine (a text)", "create role another", "alter role postgres password 'x'"] {
            compare(may(&mut c, sql.to_owned()).await, false, sql.to_owned());
        }
    }
    assert!(yes > 150 && no > 600, "{yes} allowed, {no} refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_too_much_is_taken_back() {
    if !has_postgres() {
        return;
    }
    let mut db = Prepared::new().await;
    let public = Part::Public.role(&db.prefix);
    for sql in [
        format!("grant all on staff, audit to {public}"),
        format!("grant update (hash) on audit to {public}"),
        "grant select on staff to public".to_owned(),
    ] {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut db.owner).await.expect("granted");
    }
    let mut c = db.connect(Part::Public).await;
    let wrong = ["select login from staff limit 0", "update audit set hash = null where false"];
    for sql in wrong {
        assert!(may(&mut c, sql.to_owned()).await, "{sql}: the test can see it");
    }
    let owner = setup::database(&db.url, 2).await.expect("database");
    roles::prepare(&owner, &db.prefix).await.expect("roles");
    owner.close().await;
    for sql in wrong {
        assert!(!may(&mut c, sql.to_owned()).await, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_does_not_start_under_the_role_of_another_and_says_what_is_missing() {
    if !has_postgres() {
        return;
    }
    let db = Prepared::new().await;
    for (role, part, missing) in [
        (Part::Public, Part::Staff, "select staff"),
        (Part::Line, Part::Jobs, "update audit"),
        (Part::Jobs, Part::Public, "insert application"),
    ] {
        let own = setup::database(&role_url(&db.url, role, &db.prefix), 2).await.expect("opens");
        roles::look(&own, &[role]).await.expect("its own part");
        let why = roles::look(&own, &[part]).await.expect_err("another part").to_string();
        assert!(why.contains(missing) && why.contains("migrate --roles"), "{why}");
        own.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_of_a_part_does_not_migrate_and_is_told_who_does() {
    if !has_postgres() {
        return;
    }
    let mut db = Prepared::new().await;
    sqlx::query("delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)")
        .execute(&mut db.owner)
        .await
        .expect("the schema looks older");
    let why = setup::database(&role_url(&db.url, Part::Public, &db.prefix), 2).await.expect_err("refused");
    assert!(format!("{why:#}").contains("`madoguchi migrate`"), "{why:#}");
}
