//! Whether a database has the schema that this program knows.

use sqlx::migrate::Migrator;

use super::{Conn, Db, Dialect, Exec as _};

impl Db {
    /// Whether every migration of this program has run, unchanged. A newer schema has them too: migrations only
    /// expand, so an older program may start on it, and a role that may change nothing need not try.
    pub async fn is_up_to_date(&self, sqlite: &Migrator, postgres: &Migrator) -> bool {
        let known = if self.dialect() == Dialect::Sqlite { sqlite } else { postgres };
        let Ok(mut x) = self.reader().await else { return false };
        let sql = "select version, checksum from _sqlx_migrations where success";
        let done: Result<Vec<(i64, Vec<u8>)>, sqlx::Error> = match x.conn() {
            Conn::Lite(c) => sqlx::query_as(sql).fetch_all(c).await,
            Conn::Pg(c) => sqlx::query_as(sql).fetch_all(c).await,
        };
        // Without the table nothing has run.
        let done = done.unwrap_or_default();
        known.iter().all(|m| done.iter().any(|(version, sum)| *version == m.version && *sum == *m.checksum))
    }
}
