//! The roles of PostgreSQL: made and given their rights by one command, looked at when a part starts.
//!
//! This SQL is PostgreSQL's alone and touches no row, so it stands here and in no noun's store.

use anyhow::Context as _;
use madoguchi_base::db::{Conn, Db, Dialect, Exec as _};
use sqlx::{AssertSqlSafe, PgConnection};

use super::{Part, RIGHTS, Right};

/// Makes what is missing and gives exactly the rights of [`RIGHTS`], in one transaction: running it again
/// changes nothing, and what an earlier version had given too much is taken back.
pub async fn prepare(db: &Db, prefix: &str) -> anyhow::Result<()> {
    let text = sql(prefix)?;
    let mut x = db.reader().await?;
    let Conn::Pg(c) = x.conn() else {
        anyhow::bail!("SQLite serves one process and has no roles: leave --roles away, or use PostgreSQL");
    };
    run(c, text).await.map_err(|code| match code.as_deref() {
        Some("42501") => anyhow::anyhow!(
            "this user may not make roles or owns not every table: use the owner with CREATEROLE in database.url, \
             or let an administrator run what `madoguchi migrate --roles --print` prints"
        ),
        code => anyhow::anyhow!("the roles could not be prepared (code {})", code.unwrap_or("none")),
    })
}

async fn run(c: &mut PgConnection, text: String) -> Result<(), Option<String>> {
    let code =
        |e: sqlx::Error| e.as_database_error().and_then(|e| e.code().map(std::borrow::Cow::into_owned));
    let done = sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *c).await.map(drop).map_err(code);
    if done.is_err() {
        // The connection goes back to its pool: not in a failed transaction.
        sqlx::raw_sql("rollback").execute(c).await.map(drop).map_err(code)?;
    }
    done
}

/// The statements, for reading or for an administrator who runs them by hand.
pub fn sql(prefix: &str) -> anyhow::Result<String> {
    let fits = prefix.starts_with(|c: char| c.is_ascii_lowercase())
        && prefix.len() <= 40
        && prefix.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    anyhow::ensure!(fits, "database.role_prefix: small letters, digits and _, at most 40, a letter first");
    let mut out = vec!["begin;".to_owned()];
    let roles = Part::ALL.map(|part| part.role(prefix));
    for role in &roles {
        // Without a password nobody signs in by one: it is set afterwards, by `\password` in psql.
        out.push(format!(
            "do $$ begin if not exists (select 1 from pg_roles where rolname = '{role}') \
             then create role {role} login; end if; end $$;"
        ));
    }
    let all = roles.join(", ");
    // The schema is the one that the tables lie in; before PostgreSQL 15 everybody could make tables there.
    out.push(format!(
        "do $$ begin \
         execute format('revoke create on schema %I from public, {all}', current_schema()); \
         execute format('grant usage on schema %I to {all}', current_schema()); \
         execute format('revoke all on all tables in schema %I from public, {all}', current_schema()); \
         execute format('revoke all on all sequences in schema %I from public, {all}', current_schema()); \
         end $$;"
    ));
    for (table, _) in RIGHTS {
        for part in Part::ALL {
            let rights: Vec<String> = part.rights(table).iter().map(words).collect();
            if !rights.is_empty() {
                out.push(format!("grant {} on {table} to {};", rights.join(", "), part.role(prefix)));
            }
        }
    }
    out.push("commit;".to_owned());
    Ok(out.join("\n"))
}

fn words(right: &Right) -> String {
    if right.columns.is_empty() {
        return right.verb.to_string();
    }
    format!("{} ({})", right.verb, right.columns.join(", "))
}

/// Refuses to start where the connection may not do what these parts need; warns where one part alone may do
/// everything.
pub async fn look(db: &Db, parts: &[Part]) -> anyhow::Result<()> {
    if db.dialect() == Dialect::Sqlite || parts.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = parts.iter().map(|p| p.name()).collect();
    let names = names.join(", ");
    let missing = missing(db, parts).await.context("the rights of the database role could not be read")?;
    anyhow::ensure!(
        missing.is_empty(),
        "the database role may not do what the part {names} needs ({}): run `madoguchi migrate --roles` as the \
         owner, and use the role of this part in database.url",
        missing.join(", ")
    );
    if parts.len() == 1 && owns(db).await? {
        tracing::warn!(
            part = names,
            next = "give it a role of its own: docs/operate/several-nodes.md",
            "this part runs alone and may do everything in the database"
        );
    }
    Ok(())
}

/// Rights that the connection lacks, as `update session`.
async fn missing(db: &Db, parts: &[Part]) -> Result<Vec<String>, sqlx::Error> {
    let (mut tables, mut verbs, mut columns) = (Vec::new(), Vec::new(), Vec::new());
    for (table, _) in RIGHTS {
        for right in parts.iter().flat_map(|part| part.rights(table)) {
            let of: &[&str] = if right.columns.is_empty() { &[""] } else { &right.columns };
            for column in of {
                tables.push((*table).to_owned());
                verbs.push(right.verb.to_string());
                columns.push((*column).to_owned());
            }
        }
    }
    let mut x = db.reader().await?;
    let Conn::Pg(c) = x.conn() else { return Ok(Vec::new()) };
    sqlx::query_scalar(
        "select distinct w.verb || ' ' || w.name from unnest($1::text[], $2::text[], $3::text[]) \
         as w (name, verb, part) where not case when w.part = '' then has_table_privilege(w.name, w.verb) \
         else has_column_privilege(w.name, w.part, w.verb) end order by 1",
    )
    .bind(tables)
    .bind(verbs)
    .bind(columns)
    .fetch_all(c)
    .await
}

/// Whether the connection may do everything: it is the owner, one of theirs, or a superuser.
async fn owns(db: &Db) -> Result<bool, sqlx::Error> {
    let mut x = db.reader().await?;
    let Conn::Pg(c) = x.conn() else { return Ok(false) };
    sqlx::query_scalar(
        "select exists (select 1 from pg_tables where schemaname = current_schema() \
         and pg_has_role(tableowner, 'usage'))",
    )
    .fetch_one(c)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statements_are_one_transaction_and_a_name_cannot_leave_it() {
        let text = sql("madoguchi").expect("a plain name");
        assert!(text.starts_with("begin;\n") && text.ends_with("\ncommit;"));
        assert!(text.contains("grant insert on audit to madoguchi_public;"));
        assert!(text.contains("grant select, insert, update (seq, mac) on audit to madoguchi_jobs;"));
        for wrong in ["", "1a", "A", "a-b", "a;drop", "a'b", &"a".repeat(41)] {
            assert!(sql(wrong).is_err(), "{wrong}");
        }
    }
}
