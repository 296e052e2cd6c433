//! The floor from outside: what `db.write` promises, on SQLite here and on PostgreSQL where one is given.

#![expect(clippy::expect_used, reason = "a test stops at what it did not expect")]

use madoguchi_base::db::{Class, Db, DbConfig, Never, OpenError, Stop, WriteError};
use madoguchi_base::{TenantId, on};

fn tenant() -> TenantId {
    "232131".parse().expect("tenant")
}

async fn lite(dir: &std::path::Path) -> Db {
    let url = format!("sqlite:{}", dir.join("t.db").display());
    let db = Db::open(DbConfig { url, connections: 4 }).await.expect("open");
    db.write::<_, _, Never, _>("schema", Class::Bulk, tenant(), (), |(), tx| {
        Box::pin(async move {
            on!(tx, |c| sqlx::query("create table t (k text primary key, v integer)")
                .execute(c)
                .await
                .map(drop))?;
            Ok(())
        })
    })
    .await
    .expect("schema");
    db
}

async fn count(db: &Db) -> i64 {
    let mut r = db.reader().await.expect("reader");
    on!(&mut r, |c| sqlx::query_scalar("select cast(count(*) as bigint) from t").fetch_one(c).await)
        .expect("count")
}

async fn insert(db: &Db, key: String, refuse: bool) -> Result<(), WriteError<&'static str>> {
    db.write("insert", Class::Person, tenant(), (key, refuse), |(key, refuse), tx| {
        Box::pin(async move {
            on!(tx, |c| sqlx::query("insert into t (k, v) values ($1, 1)")
                .bind(key)
                .execute(c)
                .await
                .map(drop))?;
            if *refuse { Err(Stop::Reject("no")) } else { Ok(()) }
        })
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_write_leaves_nothing_and_an_accepted_one_is_seen_at_once() {
    let dir = tempfile::tempdir().expect("dir");
    let db = lite(dir.path()).await;
    assert!(matches!(insert(&db, "a".into(), true).await, Err(WriteError::Rejected("no"))));
    assert_eq!(count(&db).await, 0);
    insert(&db, "a".into(), false).await.expect("insert");
    assert_eq!(count(&db).await, 1);
    assert!(matches!(insert(&db, "a".into(), false).await, Err(WriteError::Failed)));
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_caller_does_not_stop_the_write_and_a_panic_is_rolled_back() {
    let dir = tempfile::tempdir().expect("dir");
    let db = lite(dir.path()).await;
    let _unanswered = futures_poll_once(insert(&db, "dropped".into(), false)).await;
    let panicked = db
        .write::<_, (), Never, _>("panic", Class::Person, tenant(), (), |(), tx| {
            Box::pin(async move {
                on!(tx, |c| sqlx::query("insert into t (k, v) values ('p', 1)").execute(c).await.map(drop))?;
                panic!("a bug");
            })
        })
        .await;
    assert!(matches!(panicked, Err(WriteError::Failed)));
    assert_eq!(count(&db).await, 1, "the dropped one is there, the panicked one is not");
    db.close().await;
}

async fn futures_poll_once<F: std::future::Future>(f: F) -> Option<F::Output> {
    tokio::time::timeout(std::time::Duration::ZERO, f).await.ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_keeps_reads_and_works_again_after() {
    let dir = tempfile::tempdir().expect("dir");
    let db = lite(dir.path()).await;
    let quota = |n: u32| {
        let db = db.clone();
        async move {
            let sql = format!("pragma max_page_count = {n}");
            db.write::<_, _, Never, _>("quota", Class::Machine, tenant(), sql, |sql, tx| {
                Box::pin(async move {
                    on!(tx, |c| sqlx::query(sqlx::AssertSqlSafe(sql.clone())).execute(c).await.map(drop))?;
                    Ok(())
                })
            })
            .await
            .expect("quota");
        }
    };
    quota(8).await;
    let mut stored = 0;
    let full = loop {
        match insert(&db, format!("{stored}{}", "x".repeat(900)), false).await {
            Ok(()) => stored += 1,
            Err(e) => break e,
        }
    };
    assert!(matches!(full, WriteError::Failed), "{full:?}");
    assert_eq!(count(&db).await, stored);
    quota(10_000).await;
    insert(&db, "room again".into(), false).await.expect("works again");
    assert_eq!(count(&db).await, stored + 1);
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_data_folder_serves_one_process() {
    let dir = tempfile::tempdir().expect("dir");
    let db = lite(dir.path()).await;
    let url = format!("sqlite:{}", dir.path().join("t.db").display());
    let second = Db::open(DbConfig { url, connections: 1 }).await;
    assert!(matches!(second, Err(OpenError::Locked(_))));
    db.close().await;
}
