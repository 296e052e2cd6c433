//! The audit chain: every linked record in its place, unchanged, none missing up to the head, and the head not
//! behind the one that is written down outside the database.

use madoguchi_base::Millis;
use madoguchi_base::db::Db;
use madoguchi_base::keys::Keys;

use super::Finding;
use crate::audit::head::{self, Head};
use crate::audit::{acts, is_genuine, link};
use crate::tenant;

const PAGE: i64 = 500;

pub(super) async fn run(db: &Db, keys: &Keys, found: &mut Vec<Finding>) -> Result<(), sqlx::Error> {
    let heads = head::read(keys).map_err(|_| {
        found.push(rolled_back("", head::path(keys).display().to_string()));
    });
    let heads = heads.unwrap_or_default();
    // Not only those with records: a log that was emptied has none.
    let mut x = db.reader().await?;
    let mut tenants: Vec<String> =
        tenant::acts::list(&mut x).await?.into_iter().map(|row| row.tenant_id).collect();
    drop(x);
    tenants.extend(heads.keys().cloned());
    tenants.sort_unstable();
    tenants.dedup();
    for tenant in tenants {
        linked(db, keys, &tenant, found).await?;
        unlinked(db, keys, &tenant, found).await?;
        if let Some(head) = heads.get(&tenant) {
            outside(db, &tenant, head, found).await?;
        }
    }
    Ok(())
}

/// How far each municipality's log is linked, and what is wrong with it: the answer of `audit verify`.
pub async fn verify(db: &Db, keys: &Keys, now: Millis) -> Result<(Vec<Log>, Vec<Finding>), sqlx::Error> {
    let mut found = Vec::new();
    run(db, keys, &mut found).await?;
    let mut x = db.reader().await?;
    let mut logs = Vec::new();
    for tenant::acts::Row { tenant_id, .. } in tenant::acts::list(&mut x).await? {
        let linked = acts::head(&mut x, &tenant_id).await?.map_or(0, |(seq, _)| seq);
        let (waiting, oldest) = acts::waiting(&mut x, &tenant_id).await?;
        let tail_age_ms = oldest.map_or(0, |at| (now.0 - at).max(0));
        logs.push(Log { tenant: tenant_id, linked, waiting, tail_age_ms });
    }
    Ok((logs, found))
}

/// One municipality's log.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Log {
    /// Municipality.
    pub tenant: String,
    /// Records in the chain.
    pub linked: i64,
    /// Records that the job has not linked yet.
    pub waiting: i64,
    /// How long the oldest of those has waited (milliseconds); more than a few seconds means that no workers run.
    pub tail_age_ms: i64,
}

fn rolled_back(tenant: &str, id: String) -> Finding {
    let meaning = "the audit log ends before, or differs from, what audit-head.json remembers";
    Finding { name: "audit-rolled-back", meaning, tenant: tenant.to_owned(), id }
}

/// The record that was last once must still be there.
async fn outside(db: &Db, tenant: &str, head: &Head, found: &mut Vec<Finding>) -> Result<(), sqlx::Error> {
    let mut x = db.reader().await?;
    let row = acts::linked(&mut x, tenant, head.seq - 1, 1).await?.pop();
    let mac = row.filter(|row| row.seq == Some(head.seq)).and_then(|row| row.mac).unwrap_or_default();
    if hex::encode(mac) != head.mac {
        found.push(rolled_back(tenant, head.seq.to_string()));
    }
    Ok(())
}

async fn linked(db: &Db, keys: &Keys, tenant: &str, found: &mut Vec<Finding>) -> Result<(), sqlx::Error> {
    let mut broken = |name, meaning, id: String| {
        found.push(Finding { name, meaning, tenant: tenant.to_owned(), id });
    };
    let (mut seq, mut prev) = (0_i64, Vec::new());
    loop {
        let mut x = db.reader().await?;
        let rows = acts::linked(&mut x, tenant, seq, PAGE).await?;
        if rows.is_empty() {
            let head = acts::head(&mut x, tenant).await?;
            if head.unwrap_or_default() != (seq, prev) {
                broken("audit-head", "the audit log's end is missing or was cut", seq.to_string());
            }
            return Ok(());
        }
        for row in rows {
            if row.seq != Some(seq + 1) {
                broken("audit-gap", "an audit record is missing", row.audit_id.clone());
            }
            seq = row.seq.unwrap_or(seq + 1);
            if !is_genuine(keys, &row) {
                broken("audit-content", "an audit record was changed", row.audit_id.clone());
            }
            let expected = link(keys, tenant, seq, &prev, &row.hash);
            if row.mac.as_deref() != Some(expected.as_slice()) {
                broken("audit-link", "an audit record's link does not fit", row.audit_id.clone());
            }
            prev = row.mac.unwrap_or_default();
        }
    }
}

async fn unlinked(db: &Db, keys: &Keys, tenant: &str, found: &mut Vec<Finding>) -> Result<(), sqlx::Error> {
    let mut after = String::new();
    loop {
        let mut x = db.reader().await?;
        let rows = acts::tail(&mut x, tenant, &after, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after.clone_from(&last.audit_id);
        for row in rows.into_iter().filter(|row| !is_genuine(keys, row)) {
            let meaning =
                "an audit record that this program did not write, or that was changed before it was linked";
            let tenant = tenant.to_owned();
            found.push(Finding { name: "audit-unsigned", meaning, tenant, id: row.audit_id });
        }
    }
}
