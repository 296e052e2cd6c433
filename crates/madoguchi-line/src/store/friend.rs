//! `line_friend`, many at a time: what LINE said when it was asked.

use std::sync::LazyLock;

use madoguchi_base::db::{Shapes, Tx};
use madoguchi_base::{Millis, TenantId, on};

use super::groups;
use super::outbox::{SHAPES, shape};

/// What LINE said of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) user_hash: String,
    pub(crate) friend: bool,
    pub(crate) at: Millis,
}

static INSERT: LazyLock<Shapes> = LazyLock::new(|| {
    let text = |n: &usize| {
        format!(
            "insert into line_friend (tenant_id, user_hash, friend, friend_at) values {} \
             on conflict (tenant_id, user_hash) do nothing",
            groups(*n, 4, 1)
        )
    };
    Shapes::new(SHAPES.iter().map(text).collect())
});

static UPDATE: LazyLock<Shapes> = LazyLock::new(|| {
    let text = |n: &usize| {
        format!(
            "update line_friend as t set friend = (cast(v.column2 as bigint) = 1), \
             friend_at = cast(v.column3 as bigint) from (values {}) as v where t.tenant_id = ${} \
             and t.user_hash = v.column1 and t.friend_at <= cast(v.column3 as bigint)",
            groups(*n, 3, 1),
            1 + 3 * n
        )
    };
    Shapes::new(SHAPES.iter().map(text).collect())
});

pub(super) fn statements() -> Vec<String> {
    [INSERT.statements(), UPDATE.statements()].concat()
}

/// Notes whom the account reaches; a later state that is known already stays.
pub(crate) async fn set(tx: &mut Tx, tenant: TenantId, all: &[Reached]) -> Result<(), sqlx::Error> {
    let Some(last) = all.last() else { return Ok(()) };
    let Some((insert, padding)) = shape(&INSERT, tx, all.len()) else { return Ok(()) };
    // What is left over of a shape repeats the last row: it conflicts with itself and is left alone.
    let padded = || all.iter().chain(std::iter::repeat_n(last, padding));
    on!(tx, |c| {
        let mut q = sqlx::query(insert);
        for r in padded() {
            q = q.bind(tenant.to_string()).bind(r.user_hash.as_str()).bind(r.friend).bind(r.at.0);
        }
        q.execute(c).await.map(drop)
    })?;
    let Some((update, _)) = shape(&UPDATE, tx, all.len()) else { return Ok(()) };
    on!(tx, |c| {
        let mut q = sqlx::query(update);
        for r in padded() {
            q = q.bind(r.user_hash.as_str()).bind(i64::from(r.friend)).bind(r.at.0);
        }
        q.bind(tenant.to_string()).execute(c).await.map(drop)
    })
}
