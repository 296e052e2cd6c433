//! `line_notice` as the lane uses it: claim with frozen key and bytes, record, end (what is due: `due`).

use std::sync::LazyLock;

use madoguchi_base::db::{Exec, Shapes, Tx};
use madoguchi_base::{Millis, TenantId, on};

use super::groups;

/// Multi-row statements come in these sizes; what is left over is filled with rows that match nothing.
pub(super) const SHAPES: [usize; 4] = [1, 8, 32, 100];
/// Rows in one statement at most.
pub(crate) const BATCH: usize = 100;

/// Whether an attempt is under way or was left behind by an owner that is gone.
pub(crate) async fn is_under_way(x: &mut impl Exec, tenant: TenantId) -> Result<bool, sqlx::Error> {
    let found: Option<i64> = on!(x, |c| sqlx::query_scalar(
        "select seq from line_notice where tenant_id = $1 and state in ('waiting', 'frozen', 'sending') \
         and state = 'sending' limit 1"
    )
    .bind(tenant.to_string())
    .fetch_optional(c)
    .await)?;
    Ok(found.is_some())
}

/// Ids, not-after and first-unknown times of what is over, whether it is due or not.
pub(crate) async fn overdue(
    x: &mut impl Exec,
    tenant: TenantId,
    wall: Millis,
    unknown_before: Millis,
) -> Result<Vec<(String, i64)>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(
        "select id, not_after from line_notice where tenant_id = $1 and state in ('waiting', 'frozen') \
         and (not_after <= $2 or first_unknown_at <= $3) order by seq limit $4"
    )
    .bind(tenant.to_string())
    .bind(wall.0)
    .bind(unknown_before.0)
    .bind(BATCH as i64)
    .fetch_all(c)
    .await)
}

/// One attempt about to be made: frozen for the first time, or again with what was frozen.
#[derive(Clone)]
pub(crate) struct Claim {
    pub(crate) id: String,
    pub(crate) generation: i64,
    pub(crate) retry_key: String,
    pub(crate) user_hash: String,
    pub(crate) wording_version: i64,
    pub(crate) body: String,
    pub(crate) key_at: i64,
}

static CLAIM: LazyLock<Shapes> = LazyLock::new(|| {
    let texts = SHAPES
        .iter()
        .map(|n| {
            format!(
                "update line_notice as t set state = 'sending', generation = cast(v.column2 as bigint), \
                 retry_key = v.column3, user_hash = v.column4, wording_version = cast(v.column5 as bigint), \
                 body = v.column6, key_at = cast(v.column7 as bigint), channel_id = $1, attempting_at = $2, \
                 hold = null from (values {}) as v \
                 where t.tenant_id = ${last} and t.id = v.column1 and t.state in ('waiting', 'frozen') \
                 returning id",
                groups(*n, 7, 3),
                last = 3 + 7 * n
            )
        })
        .collect();
    Shapes::new(texts)
});

/// Freezes key, channel, recipient, wording version and bytes. Answers the ids that were still open.
pub(crate) async fn claim(
    tx: &mut Tx,
    tenant: TenantId,
    channel_id: &str,
    at: Millis,
    claims: &[Claim],
) -> Result<Vec<String>, sqlx::Error> {
    let Some((sql, padding)) = shape(&CLAIM, tx, claims.len()) else { return Ok(Vec::new()) };
    on!(tx, |c| {
        let mut q = sqlx::query_scalar(sql).bind(channel_id).bind(at.0);
        for v in claims {
            q = q
                .bind(v.id.as_str())
                .bind(v.generation)
                .bind(v.retry_key.as_str())
                .bind(v.user_hash.as_str())
                .bind(v.wording_version)
                .bind(v.body.as_str())
                .bind(v.key_at);
        }
        for _ in 0..padding {
            q = q.bind("").bind(0_i64).bind("").bind("").bind(0_i64).bind("").bind(0_i64);
        }
        q.bind(tenant.to_string()).fetch_all(c).await
    })
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) state: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) request_id: Option<String>,
    pub(crate) accepted_request_id: Option<String>,
    /// 1 where a request was made, 0 where nothing left the house.
    pub(crate) attempts: i64,
    pub(crate) next_at: i64,
    pub(crate) first_unknown_at: Option<i64>,
    pub(crate) accepted_at: Option<i64>,
    pub(crate) hold: Option<&'static str>,
}

static RECORD: LazyLock<Shapes> = LazyLock::new(|| {
    let texts = SHAPES
        .iter()
        .map(|n| {
            format!(
                "update line_notice as t set state = v.column2, last_outcome = v.column3, \
                 request_id = coalesce(v.column4, t.request_id), accepted_request_id = v.column5, \
                 attempts = t.attempts + cast(v.column6 as bigint), next_at = cast(v.column7 as bigint), \
                 first_unknown_at = cast(v.column8 as bigint), accepted_at = cast(v.column9 as bigint), \
                 hold = v.column10, last_at = $1, attempting_at = null from (values {}) as v \
                 where t.tenant_id = ${last} and t.id = v.column1 \
                 and (t.state = 'sending' or (v.column2 = 'accepted' and t.state <> 'accepted'))",
                groups(*n, 10, 2),
                last = 2 + 10 * n
            )
        })
        .collect();
    Shapes::new(texts)
});

/// Records outcomes. Acceptance wins over whatever the notice was meanwhile; nothing else does.
pub(crate) async fn record(
    tx: &mut Tx,
    tenant: TenantId,
    at: Millis,
    records: &[Record],
) -> Result<(), sqlx::Error> {
    let Some((sql, padding)) = shape(&RECORD, tx, records.len()) else { return Ok(()) };
    on!(tx, |c| {
        let mut q = sqlx::query(sql).bind(at.0);
        for v in records {
            q = q
                .bind(v.id.as_str())
                .bind(v.state)
                .bind(v.outcome)
                .bind(v.request_id.as_deref())
                .bind(v.accepted_request_id.as_deref())
                .bind(v.attempts)
                .bind(v.next_at)
                .bind(v.first_unknown_at)
                .bind(v.accepted_at)
                .bind(v.hold);
        }
        for _ in 0..padding {
            let (text, number) = (None::<&str>, None::<i64>);
            q = q.bind("").bind("").bind("").bind(text).bind(text).bind(0_i64).bind(0_i64);
            q = q.bind(number).bind(number).bind(text);
        }
        q.bind(tenant.to_string()).execute(c).await.map(drop)
    })
}

/// A notice that ends without a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settle {
    pub(crate) id: String,
    pub(crate) state: &'static str,
    pub(crate) outcome: &'static str,
}

static SETTLE: LazyLock<Shapes> = LazyLock::new(|| {
    let texts = SHAPES
        .iter()
        .map(|n| {
            format!(
                "update line_notice as t set state = v.column2, last_outcome = v.column3, last_at = $1, \
                 hold = null from (values {}) as v \
                 where t.tenant_id = ${last} and t.id = v.column1 and t.state in ('waiting', 'frozen')",
                groups(*n, 3, 2),
                last = 2 + 3 * n
            )
        })
        .collect();
    Shapes::new(texts)
});

/// Ends notices without a call.
pub(crate) async fn settle(
    tx: &mut Tx,
    tenant: TenantId,
    at: Millis,
    ends: &[Settle],
) -> Result<(), sqlx::Error> {
    let Some((sql, padding)) = shape(&SETTLE, tx, ends.len()) else { return Ok(()) };
    on!(tx, |c| {
        let mut q = sqlx::query(sql).bind(at.0);
        for v in ends {
            q = q.bind(v.id.as_str()).bind(v.state).bind(v.outcome);
        }
        for _ in 0..padding {
            q = q.bind("").bind("").bind("");
        }
        q.bind(tenant.to_string()).execute(c).await.map(drop)
    })
}

/// After a change of owner: an attempt that nobody recorded may have reached LINE, from the moment on at
/// which it was claimed. It is asked again under the same key.
pub(crate) async fn take_over(tx: &mut Tx, tenant: TenantId, now: Millis) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update line_notice set state = 'frozen', last_outcome = 'lost', next_at = $2, \
         first_unknown_at = coalesce(first_unknown_at, attempting_at), attempting_at = null \
         where tenant_id = $1 and state = 'sending'"
    )
    .bind(tenant.to_string())
    .bind(now.0)
    .execute(c)
    .await
    .map(drop))
}

/// The channel works again: nothing waits for its own back-off any longer.
pub(crate) async fn reopen(tx: &mut Tx, tenant: TenantId, now: Millis) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "update line_notice set next_at = $2, hold = null \
         where tenant_id = $1 and state in ('waiting', 'frozen') and next_at > $2"
    )
    .bind(tenant.to_string())
    .bind(now.0)
    .execute(c)
    .await
    .map(drop))
}

/// Parks what was not finished, with the restore as the reason.
pub(crate) async fn park_unfinished(tx: &mut Tx, tenant: TenantId, at: Millis) -> Result<u64, sqlx::Error> {
    on!(tx, |c| {
        sqlx::query(
            "update line_notice set state = 'parked', last_outcome = 'restored', last_at = $2, \
             attempting_at = null, hold = null where tenant_id = $1 and state in ('waiting', 'frozen', 'sending')",
        )
        .bind(tenant.to_string())
        .bind(at.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected())
    })
}

pub(super) fn statements() -> Vec<String> {
    [CLAIM.statements(), RECORD.statements(), SETTLE.statements()].concat()
}

/// The smallest shape that holds `n` rows, and how many rows of it stay empty; `None` for no rows.
pub(super) fn shape(texts: &'static Shapes, exec: &impl Exec, n: usize) -> Option<(&'static str, usize)> {
    let i = smallest(n)?;
    Some((texts.text(exec, i)?, SHAPES[i] - n))
}

fn smallest(n: usize) -> Option<usize> {
    SHAPES.iter().position(|size| *size >= n).filter(|_| n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_shape_that_holds_the_rows_is_used() {
        let padding = |n| smallest(n).map(|i| SHAPES[i] - n);
        assert_eq!(padding(0), None);
        assert_eq!(padding(1), Some(0));
        assert_eq!(padding(9), Some(23));
        assert_eq!(padding(BATCH), Some(0));
        assert_eq!(padding(BATCH + 1), None);
    }
}
