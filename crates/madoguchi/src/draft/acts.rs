//! What others may put into their transaction.

use madoguchi_base::TenantId;
use madoguchi_base::db::Tx;
use uuid::Uuid;

use super::store;

/// Ends up to 64 drafts whose applications arrive in this transaction.
pub async fn end(tx: &mut Tx, tenant: TenantId, drafts: &[Uuid]) -> Result<(), sqlx::Error> {
    if drafts.is_empty() { Ok(()) } else { store::delete_all(tx, tenant, drafts).await }
}
