//! `clock_mark`: one row for the whole service.

use madoguchi_base::clock::Jump;
use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Millis, on};

use super::Mark;

/// The row; `None` where no node has written yet.
pub(super) async fn find(x: &mut impl Exec) -> Result<Option<Mark>, sqlx::Error> {
    type Row = (i64, Option<i64>, Option<i64>, i64);
    let row: Option<Row> = on!(x, |c| sqlx::query_as(
        "select highest_at, halted_at, halted_from, confirmed from clock_mark where name = 'wall'"
    )
    .fetch_optional(c)
    .await)?;
    Ok(row.map(|(highest, at, from, confirmed)| Mark {
        highest: Millis(highest),
        halted: at.map(|at| (Millis(at), Millis(from.unwrap_or(at)))),
        confirmed,
    }))
}

/// Raises the highest time seen.
pub(super) async fn raise(tx: &mut Tx, at: Millis) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "insert into clock_mark (name, highest_at, confirmed) values ('wall', $1, 0) on conflict do nothing"
    )
    .bind(at.0)
    .execute(c)
    .await
    .map(drop))?;
    on!(tx, |c| sqlx::query("update clock_mark set highest_at = $1 where name = 'wall' and highest_at < $1")
        .bind(at.0)
        .execute(c)
        .await
        .map(drop))
}

/// Halts expiry; a jump that waits already stays as it is.
pub(super) async fn halt(tx: &mut Tx, jump: Jump) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update clock_mark set halted_at = $1, halted_from = $2 where name = 'wall' and halted_at is null"
    )
    .bind(jump.to.0)
    .bind(jump.from.0)
    .execute(c)
    .await
    .map(drop))
}

/// Lets expiry go on.
pub(super) async fn confirm(tx: &mut Tx) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update clock_mark set halted_at = null, halted_from = null, confirmed = confirmed + 1 \
         where name = 'wall'"
    )
    .execute(c)
    .await
    .map(drop))
}
