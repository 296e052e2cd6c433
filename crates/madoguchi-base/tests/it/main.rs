//! The floor from outside: what `db.write` promises, on SQLite here and on PostgreSQL where one is given.

#![expect(clippy::expect_used, reason = "a test stops at what it did not expect")]

use madoguchi_base::db::{Class, Db, DbConfig, Never, OpenError, Stop, WriteError};
use madoguchi_base::{TenantId, on};

fn tenant() -> TenantId {
    "232131".parse().expect("tenant")
}

async fn lite(dir: &std::path::Path) -> Db {
    lite_with(dir, 0).await
}

async fn lite_with(dir: &std::path::Path, ballast_mb: u32) -> Db {
    let url = format!("sqlite:{}", dir.join("t.db").display());
    let db = Db::open(DbConfig { url, connections: 4, ballast_mb }).await.expect("open");
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

/// A write of one row by another class than a person's.
async fn touch(db: &Db, class: Class) -> Result<(), WriteError<Never>> {
    db.write("touch", class, tenant(), (), |(), tx| {
        Box::pin(async move {
            on!(tx, |c| sqlx::query("update t set v = v + 1 where k = 'first'").execute(c).await.map(drop))?;
            Ok(())
        })
    })
    .await
}

async fn quota(db: &Db, pages: u32) {
    let sql = format!("pragma max_page_count = {pages}");
    db.write::<_, _, Never, _>("quota", Class::Machine, tenant(), sql, |sql, tx| {
        Box::pin(async move {
            on!(tx, |c| sqlx::query(sqlx::AssertSqlSafe(sql.clone())).execute(c).await.map(drop))?;
            Ok(())
        })
    })
    .await
    .expect("quota");
}

async fn wait_until(what: &str, is: impl Fn() -> bool) {
    for _ in 0..500 {
        if is() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("not within five seconds: {what}");
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
    quota(&db, 8).await;
    let mut stored = 0;
    let full = loop {
        match insert(&db, format!("{stored}{}", "x".repeat(900)), false).await {
            Ok(()) => stored += 1,
            Err(e) => break e,
        }
    };
    assert!(matches!(full, WriteError::Failed), "{full:?}");
    assert_eq!(count(&db).await, stored);
    quota(&db, 10_000).await;
    insert(&db, "room again".into(), false).await.expect("works again");
    assert_eq!(count(&db).await, stored + 1);
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_the_ballast_goes_people_wait_and_machines_go_on_until_there_is_room() {
    let dir = tempfile::tempdir().expect("dir");
    let db = lite_with(dir.path(), 1).await;
    let ballast = dir.path().join("t.ballast");
    wait_until("the ballast is made", || ballast.exists()).await;
    insert(&db, "first".into(), false).await.expect("insert");
    // It cannot come back for as long as a folder is in its way.
    std::fs::create_dir(dir.path().join("t.ballast-new")).expect("folder");
    quota(&db, 8).await;
    let mut stored = 1;
    let full = loop {
        match insert(&db, format!("{stored}{}", "x".repeat(900)), false).await {
            Ok(()) => stored += 1,
            Err(e) => break e,
        }
    };
    assert!(matches!(full, WriteError::Failed), "{full:?}");
    assert!(db.is_full() && !ballast.exists());
    for class in [Class::Person, Class::Bulk] {
        assert!(matches!(touch(&db, class).await, Err(WriteError::Busy)), "{class:?} never started");
    }
    for class in [Class::Vital, Class::Machine] {
        touch(&db, class).await.expect("goes on");
    }
    assert_eq!(count(&db).await, stored);
    quota(&db, 10_000).await;
    std::fs::remove_dir(dir.path().join("t.ballast-new")).expect("out of the way");
    wait_until("people write again", || !db.is_full()).await;
    assert!(ballast.exists());
    insert(&db, "room again".into(), false).await.expect("works again");
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_data_folder_serves_one_process() {
    let dir = tempfile::tempdir().expect("dir");
    let db = lite(dir.path()).await;
    let url = format!("sqlite:{}", dir.path().join("t.db").display());
    let second = Db::open(DbConfig { url, connections: 1, ballast_mb: 0 }).await;
    assert!(matches!(second, Err(OpenError::Locked(_))));
    db.close().await;
}
