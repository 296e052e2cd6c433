//! Publishing: what other nouns do with procedures inside their transaction.

use aws_lc_rs::digest::{SHA256, digest};
use madoguchi_base::db::Tx;
use madoguchi_base::{Millis, ProcedureId, TenantId};

use super::store::{self, NewVersion};
use super::{Municipality, Source};

/// What publishing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publication {
    /// The procedure.
    pub procedure: ProcedureId,
    /// The version that is offered now.
    pub version: u32,
    /// Was it made now? The same definition keeps its version.
    pub new: bool,
}

/// Publishes a procedure as it reads with the municipality's settings (its shelf comes first).
/// The same definition again changes nothing; an earlier definition is offered again under its old number.
pub async fn publish(tx: &mut Tx, tenant: TenantId, source: &Source, at: Millis) -> Result<Publication, sqlx::Error> {
    let settings = store::shelf(tx, tenant)
        .await?
        .and_then(|definition| serde_json::from_str::<Municipality>(&definition).ok())
        .map(|m| m.settings)
        .unwrap_or_default();
    let definition = source.for_city(&settings).definition();
    let slug = source.procedure().id.as_str();
    let procedure = ProcedureId::derive(tenant, slug);
    let hash = hex::encode(digest(&SHA256, definition.as_bytes()));
    let known = store::find_version(tx, tenant, procedure, &hash).await?;
    let version = match known {
        Some(version) => version,
        None => {
            let version = store::last_version(tx, tenant, procedure).await? + 1;
            let new = NewVersion { procedure, version, hash: &hash, definition: &definition, at };
            store::insert_version(tx, tenant, &new).await?;
            version
        }
    };
    store::change_current(tx, tenant, procedure, slug, version).await?;
    Ok(Publication { procedure, version: u32::try_from(version).unwrap_or(0), new: known.is_none() })
}

/// Publishes a municipality's facts: name, contact, sections, categories.
pub async fn publish_shelf(
    tx: &mut Tx,
    tenant: TenantId,
    municipality: &Municipality,
    at: Millis,
) -> Result<(), sqlx::Error> {
    let definition = serde_json::to_string(municipality).map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
    store::change_shelf(tx, tenant, &definition, at).await
}
