//! Publishing: what other nouns do with procedures inside their transaction.

use aws_lc_rs::digest::{SHA256, digest};
use madoguchi_base::db::{Exec, Tx};
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
pub async fn publish(
    tx: &mut Tx,
    tenant: TenantId,
    source: &Source,
    at: Millis,
) -> Result<Publication, sqlx::Error> {
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
    let version = if let Some(version) = known {
        version
    } else {
        let version = store::last_version(tx, tenant, procedure).await? + 1;
        let new = NewVersion { procedure, version, hash: &hash, definition: &definition, at };
        store::insert_version(tx, tenant, &new).await?;
        version
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

/// The section in charge of a procedure, as it is offered now.
pub async fn section_of(
    x: &mut impl Exec,
    tenant: TenantId,
    procedure: ProcedureId,
) -> Result<Option<String>, sqlx::Error> {
    #[derive(serde::Deserialize)]
    struct Only {
        section: String,
    }
    let definition = store::current(x, tenant, procedure).await?;
    Ok(definition.and_then(|text| serde_json::from_str::<Only>(&text).ok()).map(|only| only.section))
}

#[cfg(test)]
mod tests {
    use madoguchi_base::db::{Class, Db, DbConfig, Never};

    use super::*;
    use crate::procedure::{Catalogue, Site, builtin, builtin_municipality};

    async fn database(folder: &std::path::Path) -> Db {
        let url = format!("sqlite:{}", folder.join("test.db").display());
        let db = Db::open(DbConfig { url, connections: 2, ballast_mb: 0 }).await.expect("a database");
        let (sqlite, postgres) =
            (sqlx::migrate!("../../migrations/sqlite"), sqlx::migrate!("../../migrations/postgres"));
        db.migrate(&sqlite, &postgres).await.expect("a schema");
        db
    }

    async fn publish_all(db: &Db, sources: Vec<Source>) -> Vec<Publication> {
        let municipality = builtin_municipality();
        let tenant = municipality.tenant().expect("a code");
        let input = (municipality, sources);
        db.write::<_, Vec<Publication>, Never, _>(
            "test.publish",
            Class::Bulk,
            tenant,
            input,
            move |(m, all), tx| {
                Box::pin(async move {
                    publish_shelf(tx, tenant, m, Millis(1)).await?;
                    let mut out = Vec::new();
                    for source in all {
                        out.push(publish(tx, tenant, source, Millis(1)).await?);
                    }
                    Ok(out)
                })
            },
        )
        .await
        .expect("published")
    }

    #[tokio::test]
    async fn the_same_definition_keeps_its_version_and_an_old_one_can_be_offered_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = database(folder.path()).await;
        // A procedure without a choice stays as it is.
        let choice = |id: &str| id != "dog-vaccine";
        let test_choices = || -> Vec<Source> {
            let all = builtin().into_iter().filter(|s| choice(&s.procedure().id));
            all.map(|s| s.with_test_choices(&mut |f| (format!("t-{f}"), "x".into()))).collect()
        };
        let versions = |all: Vec<Publication>| all.iter().map(|p| (p.version, p.new)).collect::<Vec<_>>();
        let every = |version, new| vec![(version, new); builtin().len()];
        assert_eq!(versions(publish_all(&db, builtin()).await), every(1, true));
        assert_eq!(versions(publish_all(&db, builtin()).await), every(1, false));
        assert_eq!(versions(publish_all(&db, test_choices()).await), every(2, true)[1..]);

        let mut x = db.reader().await.expect("a reader");
        let catalogue = Catalogue::load(&mut x, &Site { demo: true }, Millis(0)).await.expect("a catalogue");
        let shelf = catalogue.by_name("nishio").expect("a shelf");
        assert_eq!(catalogue.by_name("232131").expect("by code").tenant(), shelf.tenant());
        assert!(catalogue.by_name("okazaki").is_none());
        assert_eq!(catalogue.only().map(|s| s.tenant()), Some(shelf.tenant()));
        let now = shelf.current("suido-start").expect("published");
        assert_eq!((now.version, now.form.version()), (2, 2));
        assert!(shelf.find(now.id, 1).is_some_and(|old| !old.is_open()) && shelf.find(now.id, 3).is_none());

        assert_eq!(versions(publish_all(&db, builtin()).await), every(1, false));
        catalogue.reload(&mut x, Millis(0)).await.expect("loaded again");
        assert_eq!(catalogue.by_name("nishio").and_then(|s| Some(s.current("dog-death")?.version)), Some(1));
        let before = db.statements();
        assert!(catalogue.by_name("nishio").is_some_and(|s| s.current("dog-death").is_some()));
        assert_eq!(db.statements(), before);
    }
}
