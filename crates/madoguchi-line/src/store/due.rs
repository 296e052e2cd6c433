//! `line_notice` as the lane looks for work: what is due, per account only the oldest.

use madoguchi_base::db::Exec;
use madoguchi_base::{Millis, TenantId, on};

/// A notice that may be attempted now, with all that is needed to decide and to freeze.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct DueRow {
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) application_id: String,
    pub(crate) occasion: Option<String>,
    pub(crate) kind: String,
    pub(crate) receipt: String,
    pub(crate) due_on: Option<String>,
    pub(crate) days: Option<i64>,
    pub(crate) page: String,
    pub(crate) not_after: i64,
    pub(crate) state: String,
    pub(crate) generation: i64,
    pub(crate) retry_key: Option<String>,
    pub(crate) channel_id: Option<String>,
    pub(crate) frozen_hash: Option<String>,
    pub(crate) wording_version: Option<i64>,
    pub(crate) body: Option<String>,
    pub(crate) key_at: Option<i64>,
    pub(crate) first_unknown_at: Option<i64>,
    pub(crate) attempts: i64,
    pub(crate) linked_hash: Option<String>,
    pub(crate) user_sealed: Option<Vec<u8>>,
    pub(crate) unlinked_at: Option<i64>,
    pub(crate) friend: Option<bool>,
    pub(crate) friend_at: Option<i64>,
    pub(crate) title: Option<String>,
    pub(crate) discreet: Option<bool>,
    pub(crate) procedure_kind: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) version: Option<i64>,
    pub(crate) sentence: Option<String>,
}

/// So many of the longest waiting are looked at for the oldest of their accounts, before accounts are walked.
const SCAN: i64 = 400;

/// What may be attempted at `now` and is not too late at `alive`; per account only the oldest unfinished one.
///
/// The longest waiting go first, as long as there are enough among the first [`SCAN`] that are the oldest of
/// their account. Where a few accounts have thousands waiting there are not: then the accounts are walked in
/// turn, from `after` on (the last account of the walk before), and the second answer is where to go on.
pub(crate) async fn due(
    x: &mut impl Exec,
    tenant: TenantId,
    (now, alive): (Millis, Millis),
    limit: usize,
    after: &str,
) -> Result<(Vec<DueRow>, Option<String>), sqlx::Error> {
    let first = longest_waiting(x, tenant, (now, alive), limit).await?;
    if first.len() >= limit || !has_more_than(x, tenant, now, SCAN).await? {
        return Ok((first, None));
    }
    let mut heads = walked(x, tenant, (now, alive), limit, after).await?;
    if heads.len() < limit && !after.is_empty() {
        let begun = walked(x, tenant, (now, alive), limit, "").await?;
        heads.extend(
            begun.into_iter().take_while(|h| h.account_id.as_str() <= after).take(limit - heads.len()),
        );
    }
    let last = heads.last().map(|h| h.account_id.clone());
    Ok((heads, Some(last.unwrap_or_default())))
}

async fn longest_waiting(
    x: &mut impl Exec,
    tenant: TenantId,
    (now, alive): (Millis, Millis),
    limit: usize,
) -> Result<Vec<DueRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
        "select n.id, n.account_id, n.application_id, n.occasion, n.kind, n.receipt, n.due_on, n.days, n.page, n.not_after, n.state, \
         n.generation, n.retry_key, n.channel_id, n.user_hash as frozen_hash, n.wording_version, n.body, \
         n.key_at, n.first_unknown_at, n.attempts, i.user_hash as linked_hash, i.user_sealed, i.unlinked_at, \
         f.friend, f.friend_at, w.title, w.discreet, w.kind as procedure_kind, w.base_url, w.version, \
         s.sentence \
         from (select d.seq from line_notice d where d.tenant_id = $1 and d.state in ('waiting', 'frozen') \
         and d.next_at <= $2 and d.not_after > $5 order by d.next_at, d.seq limit $4) first \
         join line_notice n on n.seq = first.seq \
         left join line_identity i on i.tenant_id = n.tenant_id and i.account_id = n.account_id \
         left join line_friend f on f.tenant_id = i.tenant_id and f.user_hash = i.user_hash \
         left join line_wording w on w.tenant_id = n.tenant_id and w.procedure_id = n.procedure_id \
         left join line_sentence s on s.tenant_id = n.tenant_id and s.procedure_id = n.procedure_id \
         and s.notice_kind = n.kind \
         where n.tenant_id = $1 \
         and not exists (select 1 from line_notice o where o.tenant_id = n.tenant_id \
         and o.account_id = n.account_id and o.seq < n.seq and o.state in ('waiting', 'frozen', 'sending') \
         and o.occasion is null) \
         and not exists (select 1 from line_lane l where l.tenant_id = $1 and not l.sending_on) \
         order by n.next_at, n.seq limit $3"
    )
    .bind(tenant.to_string())
    .bind(now.0)
    .bind(limit as i64)
    .bind(SCAN)
    .bind(alive.0)
    .fetch_all(c)
    .await
    })
}

/// Whether more than `n` wait, and may be sent.
async fn has_more_than(
    x: &mut impl Exec,
    tenant: TenantId,
    now: Millis,
    n: i64,
) -> Result<bool, sqlx::Error> {
    let count: i64 = on!(x, |c| sqlx::query_scalar(
        "select cast(count(*) as bigint) from (select 1 as one from line_notice where tenant_id = $1 \
         and state in ('waiting', 'frozen') and next_at <= $2 \
         and not exists (select 1 from line_lane l where l.tenant_id = $1 and not l.sending_on) limit $3) d"
    )
    .bind(tenant.to_string())
    .bind(now.0)
    .bind(n + 1)
    .fetch_one(c)
    .await)?;
    Ok(count > n)
}

/// The oldest of each account after `after`, where it is due. The index tells the next account: nothing that
/// waits behind the oldest is looked at.
async fn walked(
    x: &mut impl Exec,
    tenant: TenantId,
    (now, alive): (Millis, Millis),
    limit: usize,
    after: &str,
) -> Result<Vec<DueRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
        "with recursive line_walk(account_id) as ( \
         select (select min(a.account_id) from line_notice a where a.tenant_id = $1 and a.account_id > $4 \
         and a.state in ('waiting', 'frozen', 'sending')) \
         union all select (select min(b.account_id) from line_notice b where b.tenant_id = $1 \
         and b.account_id > line_walk.account_id and b.state in ('waiting', 'frozen', 'sending')) \
         from line_walk where line_walk.account_id is not null) \
         select n.id, n.account_id, n.application_id, n.occasion, n.kind, n.receipt, n.due_on, n.days, n.page, n.not_after, n.state, \
         n.generation, n.retry_key, n.channel_id, n.user_hash as frozen_hash, n.wording_version, n.body, \
         n.key_at, n.first_unknown_at, n.attempts, i.user_hash as linked_hash, i.user_sealed, i.unlinked_at, \
         f.friend, f.friend_at, w.title, w.discreet, w.kind as procedure_kind, w.base_url, w.version, \
         s.sentence \
         from line_walk cross join line_notice n \
         left join line_identity i on i.tenant_id = n.tenant_id and i.account_id = n.account_id \
         left join line_friend f on f.tenant_id = i.tenant_id and f.user_hash = i.user_hash \
         left join line_wording w on w.tenant_id = n.tenant_id and w.procedure_id = n.procedure_id \
         left join line_sentence s on s.tenant_id = n.tenant_id and s.procedure_id = n.procedure_id \
         and s.notice_kind = n.kind \
         where n.seq = (select min(o.seq) from line_notice o where o.tenant_id = $1 \
         and o.account_id = line_walk.account_id and o.state in ('waiting', 'frozen', 'sending') \
         and o.occasion is null) \
         and n.tenant_id = $1 and n.state in ('waiting', 'frozen') and n.next_at <= $2 \
         and n.not_after > $5 limit $3"
    )
    .bind(tenant.to_string())
    .bind(now.0)
    .bind(limit as i64)
    .bind(after)
    .bind(alive.0)
    .fetch_all(c)
    .await
    })
}
