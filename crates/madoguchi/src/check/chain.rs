//! The audit chain: every linked record in its place, unchanged, none missing up to the head.

use madoguchi_base::db::Db;
use madoguchi_base::keys::Keys;

use super::{Finding, store};
use crate::audit::{self, Content, content_hash, link};

const PAGE: i64 = 500;

pub(super) async fn run(db: &Db, keys: &Keys, found: &mut Vec<Finding>) -> Result<(), sqlx::Error> {
    let mut x = db.reader().await?;
    let tenants = store::chains(&mut x).await?;
    drop(x);
    for tenant in tenants {
        one(db, keys, &tenant, found).await?;
    }
    Ok(())
}

async fn one(db: &Db, keys: &Keys, tenant: &str, found: &mut Vec<Finding>) -> Result<(), sqlx::Error> {
    let mut broken = |name, meaning, id: String| {
        found.push(Finding { name, meaning, tenant: tenant.to_owned(), id });
    };
    let (mut seq, mut prev) = (0_i64, Vec::new());
    loop {
        let mut x = db.reader().await?;
        let rows = audit::store::linked(&mut x, tenant, seq, PAGE).await?;
        if rows.is_empty() {
            let head = audit::store::head(&mut x, tenant).await?;
            if head != Some((seq, prev)) {
                broken("audit-head", "the audit log's end is missing or was cut", seq.to_string());
            }
            return Ok(());
        }
        for row in rows {
            if row.seq != Some(seq + 1) {
                broken("audit-gap", "an audit record is missing", row.audit_id.clone());
            }
            seq = row.seq.unwrap_or(seq + 1);
            let hash = content_hash(&Content {
                tenant: &row.tenant_id,
                id: &row.audit_id,
                at: row.at,
                actor_kind: &row.actor_kind,
                actor_id: &row.actor_id,
                act: &row.act,
                application: row.application_id.as_deref().unwrap_or_default(),
                detail: &row.detail,
            });
            if hash.as_slice() != row.hash {
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
