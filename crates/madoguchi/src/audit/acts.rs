//! Writing audit records into a transaction of the caller's.

use madoguchi_base::db::Tx;

use super::{Record, store};

/// Records acts, unlinked, in the transaction that does them.
pub async fn record(tx: &mut Tx, records: &[Record]) -> Result<(), sqlx::Error> {
    store::insert(tx, records).await
}

// What the check reads of the log.
pub use super::store::{head, linked, tail, waiting};
