//! What is written about lists, in a transaction of the caller's.

use madoguchi_base::db::{Stop, Tx};
use madoguchi_base::{ApplicationId, Day, Millis, TenantId};

use super::store::{self, ItemRow};
use crate::application;
use crate::application::acts::Ended;
use crate::audit::{self, Record};

/// Puts applications that are due on a list. Those that are held are left out.
pub async fn add(
    tx: &mut Tx,
    tenant: TenantId,
    list: &str,
    found: &[(Ended, Day)],
    at: Millis,
) -> Result<(), sqlx::Error> {
    for (ended, due) in found {
        if store::is_held(tx, tenant, &ended.application).await? {
            continue;
        }
        let item = ItemRow {
            application_id: ended.application.clone(),
            procedure_id: ended.procedure.clone(),
            receipt: ended.receipt.clone(),
            ended_on: Day::of(Millis(ended.ended_at)).to_string(),
            due_on: due.to_string(),
            state: "listed".into(),
        };
        store::add(tx, tenant, list, &item, at).await?;
    }
    Ok(())
}

/// Destroys one application of an approved list, with its record; one that was reopened or is held now is kept.
/// The key has been noted in the ledger before (`backup::note_destroyed`).
pub async fn destroy(
    tx: &mut Tx,
    tenant: TenantId,
    (list, application): (&str, ApplicationId),
    at: Millis,
    record: &Record,
) -> Result<bool, Stop<madoguchi_base::db::Never>> {
    let id = application.to_string();
    let kept = store::is_held(tx, tenant, &id).await?
        || !application::acts::destroy(tx, tenant, application, at).await?;
    let state = if kept { "held" } else { "gone" };
    if store::end_item(tx, tenant, list, &id, (state, at)).await? && !kept {
        audit::acts::record(tx, std::slice::from_ref(record)).await?;
    }
    Ok(!kept)
}
