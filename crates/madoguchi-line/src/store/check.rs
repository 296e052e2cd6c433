//! Statements that find rows which must not be.

use madoguchi_base::db::Exec;
use madoguchi_base::on;

/// Rows named per finding at most.
const LIMIT: i64 = 100;

/// Name of the invariant; statement that answers (tenant, what) of each row that breaks it.
const CHECKS: &[(&str, &str)] = &[
    (
        "line-notice-frozen-whole",
        "select tenant_id, id from line_notice where state in ('frozen', 'sending', 'accepted') \
         and (retry_key is null or body is null or user_hash is null or key_at is null \
         or channel_id is null) limit $1",
    ),
    (
        "line-notice-waiting-unfrozen",
        "select tenant_id, id from line_notice where state = 'waiting' \
         and (retry_key is not null or body is not null or attempts > 0) limit $1",
    ),
    (
        "line-notice-accepted-time",
        "select tenant_id, id from line_notice where (state = 'accepted' and accepted_at is null) \
         or (state <> 'accepted' and accepted_at is not null) limit $1",
    ),
    (
        "line-notice-accepted-known",
        "select tenant_id, id from line_notice where state = 'accepted' and first_unknown_at is not null \
         limit $1",
    ),
    (
        "line-notice-sending-claimed",
        "select tenant_id, id from line_notice where (state = 'sending' and attempting_at is null) \
         or (state <> 'sending' and attempting_at is not null) limit $1",
    ),
    (
        "line-notice-parked-reason",
        "select tenant_id, id from line_notice where state = 'parked' and first_unknown_at is null \
         and last_outcome not in ('channel-changed', 'restored') limit $1",
    ),
    (
        "line-notice-state",
        "select tenant_id, id from line_notice where state not in ('waiting', 'frozen', 'sending', \
         'accepted', 'parked', 'refused', 'expired', 'undeliverable', 'stopped', 'void') limit $1",
    ),
    (
        "line-retry-key-once",
        "select tenant_id, retry_key from line_notice where retry_key is not null \
         group by tenant_id, retry_key having count(*) > 1 limit $1",
    ),
    (
        "line-lane-fence",
        "select tenant_id, owner from line_lane where fence < 0 or (fence = 0 and owner <> '') \
         or (fence > 0 and owner = '') limit $1",
    ),
    (
        "line-attempt-owned",
        "select n.tenant_id, n.id from line_notice n where n.attempts > 0 and not exists \
         (select 1 from line_lane l where l.tenant_id = n.tenant_id and l.fence > 0) limit $1",
    ),
    (
        "line-identity-erased",
        "select tenant_id, account_id from line_identity where (unlinked_at is null and user_sealed is null) \
         or (unlinked_at is not null and user_sealed is not null) limit $1",
    ),
    (
        "line-reminder-told",
        "select r.tenant_id, r.id from line_reminder r where (r.state = 'told') <> exists (select 1 \
         from line_notice n where n.tenant_id = r.tenant_id and n.id = r.id and n.occasion = r.occasion) limit $1",
    ),
    (
        "line-setting-mode",
        "select tenant_id, mode from line_setting where mode not in ('notify_only', 'full') limit $1",
    ),
    (
        "line-key-whole",
        "select tenant_id, key_id from line_assertion_key where (state = 'active' and kid is null) \
         or (state <> 'retired' and length(private_sealed) = 0) \
         or (state = 'retired' and length(private_sealed) > 0) limit $1",
    ),
    (
        "line-key-one-active",
        "select tenant_id, max(key_id) from line_assertion_key where state = 'active' \
         group by tenant_id having count(*) > 1 limit $1",
    ),
    (
        "line-menu-one-current",
        "select tenant_id, max(marker) from line_menu where state = 'current' \
         group by tenant_id having count(*) > 1 limit $1",
    ),
];

/// Runs every check; answers (name, tenant, what).
pub(crate) async fn run(x: &mut impl Exec) -> Result<Vec<(&'static str, String, String)>, sqlx::Error> {
    let mut found = Vec::new();
    for (name, sql) in CHECKS {
        let rows: Vec<(String, String)> = on!(x, |c| sqlx::query_as(*sql).bind(LIMIT).fetch_all(c).await)?;
        found.extend(rows.into_iter().map(|(tenant, what)| (*name, tenant, what)));
    }
    Ok(found)
}
