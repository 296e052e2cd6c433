//! Attached files: every row's bytes lie in the vault, all of them.

use super::Finding;
use crate::attachment::{Files, acts};
use madoguchi_base::db::Db;

/// Checks every row against the vault. Reads lengths, opens nothing.
pub async fn run(db: &Db, files: &Files) -> Result<Vec<Finding>, sqlx::Error> {
    let mut found = Vec::new();
    let mut x = db.reader().await?;
    let tenants = crate::tenant::acts::list(&mut x).await?;
    drop(x);
    for tenant in tenants.iter().filter_map(|row| row.tenant_id.parse().ok()) {
        let mut after = String::new();
        loop {
            let mut x = db.reader().await?;
            let page = acts::kept(&mut x, tenant, &after, 500).await?;
            drop(x);
            let Some(last) = page.last() else { break };
            after.clone_from(&last.0);
            for (id, bytes, is_gone) in page {
                let lies = files.stored_bytes(tenant, &id).await;
                let right = if is_gone { lies == Ok(None) } else { lies == Ok(Some(bytes)) };
                if !right {
                    let meaning = "an attached file is missing, short, or still there after it was refused";
                    let tenant = tenant.to_string();
                    found.push(Finding { name: "attachment-bytes", meaning, tenant, id });
                }
            }
        }
    }
    Ok(found)
}
