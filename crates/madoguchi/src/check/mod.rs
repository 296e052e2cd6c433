//! 点検: invariants over the whole database, each with a name, so that a test can break it and see it reported.
//! Is: reading. Is not: mending (a person decides). It pages by key, so no read transaction lives long.

mod chain;
pub mod files;
pub mod store;

pub use chain::{Log, verify};

use madoguchi_base::Receipt;
use madoguchi_base::db::{Db, Dialect};
use madoguchi_base::keys::Keys;
use serde::Serialize;

use crate::tenant;

/// Something that should not be.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Finding {
    /// Name of the invariant.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Municipality, where one is concerned.
    pub tenant: String,
    /// Id of the row: never anything personal.
    pub id: String,
}

/// Checks every invariant.
pub async fn run(db: &Db, keys: &Keys) -> Result<Vec<Finding>, sqlx::Error> {
    let mut found = Vec::new();
    for rule in store::RULES {
        let mut x = db.reader().await?;
        for (tenant, id) in store::broken(&mut x, rule).await? {
            found.push(Finding { name: rule.name, meaning: rule.meaning, tenant, id });
        }
    }
    receipts(db, &mut found).await?;
    tenant_keys(db, keys, &mut found).await?;
    chain::run(db, keys, &mut found).await?;
    let mut x = db.reader().await?;
    for f in madoguchi_line::check::invariants(&mut x).await? {
        let tenant = f.tenant.map(|t| t.to_string()).unwrap_or_default();
        found.push(Finding { name: f.name, meaning: "a rule of the LINE side", tenant, id: f.detail });
    }
    if db.dialect() == Dialect::Sqlite {
        for line in store::integrity(&mut x).await?.into_iter().filter(|l| l != "ok") {
            let id = line.chars().take(80).collect();
            let meaning = "SQLite's own integrity check";
            found.push(Finding { name: "database-integrity", meaning, tenant: String::new(), id });
        }
    }
    Ok(found)
}

/// A wrong public key is found by nobody else: everything seals to it, and nothing opens.
async fn tenant_keys(db: &Db, keys: &Keys, found: &mut Vec<Finding>) -> Result<(), sqlx::Error> {
    let mut x = db.reader().await?;
    for row in tenant::acts::list(&mut x).await? {
        let fits =
            row.tenant_id.parse().is_ok_and(|id| tenant::private_key(keys, id, &row.public_key).is_ok());
        if !fits {
            let (tenant, id) = (row.tenant_id.clone(), row.tenant_id);
            let meaning =
                "the public key is not that of the private key file: nothing sealed now can be opened";
            found.push(Finding { name: "tenant-key", meaning, tenant, id });
        }
    }
    Ok(())
}

async fn receipts(db: &Db, found: &mut Vec<Finding>) -> Result<(), sqlx::Error> {
    let mut after = (String::new(), String::new());
    loop {
        let mut x = db.reader().await?;
        let page = store::receipts(&mut x, &after, 1_000).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = (last.0.clone(), last.1.clone());
        for (tenant, id, digits) in page {
            if digits.parse::<Receipt>().is_err() {
                let meaning = "a receipt number fails its check digit";
                found.push(Finding { name: "receipt-digit", meaning, tenant, id });
            }
        }
    }
}

/// Findings for reading, one line each.
pub fn lines(found: &[Finding], json: bool) -> Vec<String> {
    if found.is_empty() && !json {
        return vec!["every invariant holds".to_owned()];
    }
    let line = |f: &Finding| {
        if json {
            serde_json::to_string(f).unwrap_or_default()
        } else {
            format!("{} {}: {} ({})", f.tenant, f.name, f.meaning, f.id)
        }
    };
    found.iter().map(line).collect()
}
