//! Links records in batches, within a second of their commit.

use madoguchi_base::db::{Class, Db, Never, Stop, WriteError};
use madoguchi_base::keys::Keys;

use super::{link, store};

/// Records linked in one transaction.
const BATCH: usize = 3 * crate::sql::MAX_ROWS;

/// Links what is unlinked now; returns how many records.
pub async fn run_once(db: &Db, keys: &Keys) -> Result<usize, WriteError<Never>> {
    let mut x = db.reader().await.map_err(|_| WriteError::Failed)?;
    let tenants = store::tenants_with_tail(&mut x).await.map_err(|_| WriteError::Failed)?;
    drop(x);
    let mut linked = 0;
    for tenant in tenants {
        let Ok(id) = tenant.parse() else { continue };
        loop {
            let n = db
                .write(
                    "audit.link",
                    Class::Machine,
                    id,
                    (tenant.clone(), keys.clone()),
                    |(tenant, keys), tx| Box::pin(link_batch(tx, tenant, keys)),
                )
                .await?;
            linked += n;
            if n < BATCH {
                break;
            }
        }
    }
    Ok(linked)
}

async fn link_batch(
    tx: &mut madoguchi_base::db::Tx,
    tenant: &str,
    keys: &Keys,
) -> Result<usize, Stop<Never>> {
    let rows = store::tail(tx, tenant, BATCH as i64).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (mut seq, mut prev) = store::head(tx, tenant).await?.unwrap_or((0, Vec::new()));
    let from = seq;
    let mut links = Vec::with_capacity(rows.len());
    for row in &rows {
        seq += 1;
        prev = link(keys, tenant, seq, &prev, &row.hash).to_vec();
        links.push((row.audit_id.as_str(), seq, prev.clone()));
    }
    // The head moves first: where another node links too, one of the two finds it moved and stops.
    if !store::move_head(tx, tenant, from, seq, &prev).await? {
        return Ok(0);
    }
    for some in links.chunks(crate::sql::MAX_ROWS) {
        store::set_links(tx, tenant, some).await?;
    }
    Ok(rows.len())
}
