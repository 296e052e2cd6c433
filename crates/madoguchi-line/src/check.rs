//! The invariants of the LINE side's tables, for `madoguchi check`.

use madoguchi_base::TenantId;
use madoguchi_base::db::Exec;

use crate::store;

/// A row that breaks an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Name of the invariant, `line-…`.
    pub name: &'static str,
    /// The municipality; `None` where the row names none that exists.
    pub tenant: Option<TenantId>,
    /// Key of the row: an id, never a person's data.
    pub detail: String,
}

/// Looks for rows that must not be; at most 100 findings per invariant.
pub async fn invariants(x: &mut impl Exec) -> Result<Vec<Finding>, sqlx::Error> {
    let rows = store::check::run(x).await?;
    Ok(rows
        .into_iter()
        .map(|(name, tenant, detail)| Finding { name, tenant: tenant.parse().ok(), detail })
        .collect())
}
