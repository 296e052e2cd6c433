//! Copies whole tables from one database to another, of either kind: rows as they are, in the order of their key.
//!
//! It knows no table by name: what there is comes from the database itself, so no table is ever forgotten.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, Row as _};

use super::{Conn, Dialect, Exec, Snapshot, Tx};
use crate::on;

/// Rows that are read at a time.
const PAGE: usize = 500;
/// Rows that one statement inserts.
const ROWS: usize = 50;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Real,
    Boolean,
    Blob,
}

#[derive(Clone, Debug)]
struct Column {
    name: String,
    kind: Kind,
    /// PostgreSQL numbers it by itself.
    is_identity: bool,
}

/// A table as the database describes it.
#[derive(Clone, Debug)]
pub struct Table {
    name: String,
    columns: Vec<Column>,
    /// Columns of the primary key, in its order.
    key: Vec<usize>,
}

/// One value.
enum Cell {
    Null,
    Text(String),
    Integer(i64),
    Real(f64),
    Boolean(bool),
    Blob(Vec<u8>),
}

/// One value of a query; SQLite keeps a truth as a number.
macro_rules! bind {
    ($q:expr, $cell:expr, $kind:expr) => {
        match ($cell, $kind) {
            (Cell::Text(v), _) => $q.bind(v.as_str()),
            (Cell::Integer(v), Kind::Boolean) => $q.bind(*v != 0),
            (Cell::Integer(v), _) => $q.bind(*v),
            (Cell::Real(v), _) => $q.bind(*v),
            (Cell::Boolean(v), Kind::Integer) => $q.bind(i64::from(*v)),
            (Cell::Boolean(v), _) => $q.bind(*v),
            (Cell::Blob(v), _) => $q.bind(v.as_slice()),
            (Cell::Null, Kind::Text) => $q.bind(None::<&str>),
            (Cell::Null, Kind::Integer) => $q.bind(None::<i64>),
            (Cell::Null, Kind::Real) => $q.bind(None::<f64>),
            (Cell::Null, Kind::Boolean) => $q.bind(None::<bool>),
            (Cell::Null, Kind::Blob) => $q.bind(None::<&[u8]>),
        }
    };
}

/// A row of either driver.
macro_rules! read {
    ($row:expr, $kinds:expr) => {
        $kinds
            .iter()
            .enumerate()
            .map(|(i, kind)| {
                Ok(match kind {
                    Kind::Text => $row.try_get::<Option<String>, _>(i)?.map(Cell::Text),
                    Kind::Integer => $row.try_get::<Option<i64>, _>(i)?.map(Cell::Integer),
                    Kind::Real => $row.try_get::<Option<f64>, _>(i)?.map(Cell::Real),
                    Kind::Boolean => $row.try_get::<Option<bool>, _>(i)?.map(Cell::Boolean),
                    Kind::Blob => $row.try_get::<Option<Vec<u8>>, _>(i)?.map(Cell::Blob),
                }
                .unwrap_or(Cell::Null))
            })
            .collect::<Result<Vec<Cell>, sqlx::Error>>()
    };
}

/// Name, column, declared type, place in the key (from 1, 0 for none), numbered by itself.
type Described = (String, String, String, i64, bool);

/// Every table of ours, by name. The migrations' own record is not among them: each database keeps its own.
pub async fn tables(x: &mut impl Exec) -> Result<Vec<Table>, sqlx::Error> {
    let rows: Vec<Described> = match x.conn() {
        Conn::Lite(c) => sqlx::query_as(
            "select m.name, p.name, lower(p.type), p.pk, false from sqlite_master m \
             join pragma_table_info(m.name) p where m.type = 'table' and m.name not like 'sqlite~_%' escape '~' \
             and m.name <> '_sqlx_migrations' order by m.name, p.cid",
        )
        .fetch_all(c)
        .await?,
        Conn::Pg(c) => sqlx::query_as(
            "select cast(c.table_name as text), cast(c.column_name as text), cast(c.data_type as text), \
             cast(coalesce(k.ordinal_position, 0) as bigint), c.is_identity = 'YES' \
             from information_schema.columns c \
             left join information_schema.table_constraints t on t.table_schema = c.table_schema \
             and t.table_name = c.table_name and t.constraint_type = 'PRIMARY KEY' \
             left join information_schema.key_column_usage k on k.constraint_schema = t.constraint_schema \
             and k.constraint_name = t.constraint_name and k.table_name = c.table_name \
             and k.column_name = c.column_name \
             where c.table_schema = current_schema() and c.table_name <> '_sqlx_migrations' \
             order by c.table_name, c.ordinal_position",
        )
        .fetch_all(c)
        .await?,
    };
    let mut all: Vec<Table> = Vec::new();
    let mut places: Vec<Vec<(i64, usize)>> = Vec::new();
    for (table, name, declared, place, is_identity) in rows {
        if all.last().is_none_or(|t| t.name != table) {
            all.push(Table { name: table, columns: Vec::new(), key: Vec::new() });
            places.push(Vec::new());
        }
        let (Some(t), Some(p)) = (all.last_mut(), places.last_mut()) else { continue };
        if place > 0 {
            p.push((place, t.columns.len()));
        }
        t.columns.push(Column { name, kind: kind(&declared)?, is_identity });
    }
    for (table, mut places) in all.iter_mut().zip(places) {
        places.sort_unstable();
        table.key = places.into_iter().map(|(_, column)| column).collect();
        if table.key.is_empty() {
            return Err(sqlx::Error::Protocol(format!("the table {} has no primary key", table.name)));
        }
    }
    Ok(all)
}

fn kind(declared: &str) -> Result<Kind, sqlx::Error> {
    Ok(match declared {
        "text" => Kind::Text,
        "integer" | "bigint" => Kind::Integer,
        "real" | "double precision" => Kind::Real,
        "boolean" => Kind::Boolean,
        "blob" | "bytea" => Kind::Blob,
        other => return Err(sqlx::Error::Protocol(format!("no column may be of the type {other}"))),
    })
}

impl Table {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Copies every row into `to`'s table of the same name and gives their number. `of` is that table as `to`
    /// describes it; it has at least the columns that there are here.
    pub async fn copy(&self, from: &mut Snapshot, of: &Self, to: &mut Tx) -> Result<u64, sqlx::Error> {
        let kinds: Vec<Kind> = self.columns.iter().map(|c| of.kind_of(&c.name)).collect::<Result<_, _>>()?;
        let (mut copied, mut after) = (0, None);
        loop {
            let page = self.page(from, after.as_deref()).await?;
            for rows in page.chunks(ROWS) {
                self.insert(to, &kinds, rows, of.columns.iter().any(|c| c.is_identity)).await?;
            }
            copied += page.len() as u64;
            let is_last = page.len() < PAGE;
            after = page.into_iter().next_back();
            if is_last {
                break;
            }
        }
        of.go_on_numbering(to).await?;
        Ok(copied)
    }

    fn kind_of(&self, column: &str) -> Result<Kind, sqlx::Error> {
        let found = self.columns.iter().find(|c| c.name == column).map(|c| c.kind);
        found.ok_or_else(|| sqlx::Error::Protocol(format!("{} has no column {column}", self.name)))
    }

    fn names(&self) -> String {
        self.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The next rows after the row `after`.
    async fn page(&self, from: &mut Snapshot, after: Option<&[Cell]>) -> Result<Vec<Vec<Cell>>, sqlx::Error> {
        let key: Vec<&str> = self.key.iter().map(|&i| self.columns[i].name.as_str()).collect();
        let mut sql = format!("select {} from {}", self.names(), self.name);
        if after.is_some() {
            let places: Vec<String> = (1..=key.len()).map(|n| format!("${n}")).collect();
            // Writing to a String cannot fail.
            let _ok = write!(sql, " where ({}) > ({})", key.join(", "), places.join(", "));
        }
        let _ok = write!(sql, " order by {} limit {PAGE}", key.join(", "));
        let kinds: Vec<Kind> = self.columns.iter().map(|c| c.kind).collect();
        let values: Vec<(&Cell, Kind)> = match after {
            Some(row) => self.key.iter().map(|&i| (&row[i], kinds[i])).collect(),
            None => Vec::new(),
        };
        on!(from, |c| {
            let mut q = sqlx::query(AssertSqlSafe(sql));
            for (cell, kind) in values {
                q = bind!(q, cell, kind);
            }
            let rows = q.fetch_all(c).await?;
            rows.iter().map(|row| read!(row, kinds)).collect()
        })
    }

    async fn insert(
        &self,
        to: &mut Tx,
        kinds: &[Kind],
        rows: &[Vec<Cell>],
        is_numbered: bool,
    ) -> Result<(), sqlx::Error> {
        let mut sql = format!("insert into {} ({})", self.name, self.names());
        if is_numbered && to.dialect() == Dialect::Postgres {
            sql.push_str(" overriding system value");
        }
        for row in 0..rows.len() {
            sql.push_str(if row == 0 { " values (" } else { ", (" });
            for column in 0..kinds.len() {
                let comma = if column == 0 { "" } else { ", " };
                let _ok = write!(sql, "{comma}${}", 1 + row * kinds.len() + column);
            }
            sql.push(')');
        }
        on!(to, |c| {
            let mut q = sqlx::query(AssertSqlSafe(sql));
            for (cell, kind) in rows.iter().flat_map(|row| row.iter().zip(kinds.iter().copied())) {
                q = bind!(q, cell, kind);
            }
            q.execute(c).await.map(drop)
        })
    }

    /// New rows are numbered after those that were copied.
    async fn go_on_numbering(&self, to: &mut Tx) -> Result<(), sqlx::Error> {
        let Some(column) = self.columns.iter().find(|c| c.is_identity) else { return Ok(()) };
        let sql = format!(
            "select setval(pg_get_serial_sequence('{0}', '{1}'), coalesce((select max({1}) from {0}), 0) + 1, false)",
            self.name, column.name
        );
        on!(to, |c| sqlx::query(AssertSqlSafe(sql)).fetch_one(c).await.map(drop))
    }
}
