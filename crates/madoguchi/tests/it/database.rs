//! A database of its own for each test.

use madoguchi::setup;
use sqlx::Connection as _;

use crate::world::On;

/// Whether a PostgreSQL is given; without one its stories say so and pass by.
pub fn has_postgres() -> bool {
    let given = postgres_url().is_some();
    if !given {
        eprintln!("no PostgreSQL: run `cargo xtask test`, which starts one");
    }
    given
}

#[expect(clippy::disallowed_methods, reason = "the test runner hands the database over by environment")]
fn postgres_url() -> Option<String> {
    std::env::var("MADOGUCHI_TEST_POSTGRES").ok()
}

/// The template's name tells which schema it has, so that a changed migration makes a new one.
fn template() -> String {
    let bytes = setup::POSTGRES.iter().flat_map(|m| m.checksum.iter());
    let sum = bytes.fold(0_u64, |sum, byte| sum.wrapping_mul(1_099_511_628_211) ^ u64::from(*byte));
    format!("madoguchi_template_{sum:016x}")
}

/// A database of its own for one test, copied from a template that is migrated once.
pub async fn database_url(on: On, dir: &std::path::Path) -> String {
    if on == On::Sqlite {
        return format!("sqlite:{}", dir.join("madoguchi.db").display());
    }
    let base = postgres_url().expect("a PostgreSQL");
    let root = base.rsplit_once('/').expect("a database").0.to_owned();
    let template = template();
    let mut admin = sqlx::PgConnection::connect(&base).await.expect("connect");
    sqlx::query("select pg_advisory_lock(4711)").execute(&mut admin).await.expect("lock");
    let there: bool = sqlx::query_scalar("select exists (select 1 from pg_database where datname = $1)")
        .bind(&template)
        .fetch_one(&mut admin)
        .await
        .expect("look");
    if !there {
        sqlx::query("create database madoguchi_making").execute(&mut admin).await.expect("create");
        setup::database(&format!("{root}/madoguchi_making"), 2).await.expect("migrate").close().await;
        sqlx::query(sqlx::AssertSqlSafe(format!("alter database madoguchi_making rename to {template}")))
            .execute(&mut admin)
            .await
            .expect("rename");
    }
    let name = format!("t_{}", madoguchi_base::random::alnum(16).to_lowercase());
    sqlx::query(sqlx::AssertSqlSafe(format!("create database {name} template {template}")))
        .execute(&mut admin)
        .await
        .expect("copy");
    sqlx::query("select pg_advisory_unlock(4711)").execute(&mut admin).await.expect("unlock");
    format!("{root}/{name}")
}
