//! The keys of drafts: a new one every day for each municipality, all of them in memory while they live.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use madoguchi_base::db::{Class, Db, Exec, Never};
use madoguchi_base::file::DraftKey;
use madoguchi_base::keys::Keys;
use madoguchi_base::{Clock, Millis, TenantId};
use uuid::Uuid;

use super::store;

/// A key seals new things for this long.
const YOUNG_MS: i64 = 86_400_000;

/// No draft key could be made, found or opened.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("there is no such draft key")]
pub struct NoDraftKey;

type Known = HashMap<(TenantId, Uuid), (Millis, Arc<DraftKey>)>;

/// The draft keys of this process.
pub struct DraftKeys {
    db: Db,
    keys: Keys,
    clock: Clock,
    known: RwLock<Known>,
    /// One new key at a time.
    making: tokio::sync::Mutex<()>,
}

impl DraftKeys {
    /// None yet.
    pub fn new(db: Db, keys: Keys, clock: Clock) -> Self {
        Self { db, keys, clock, known: RwLock::default(), making: tokio::sync::Mutex::default() }
    }

    fn young(&self, tenant: TenantId) -> Option<Arc<DraftKey>> {
        let now = self.clock.wall();
        let known = self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        known
            .iter()
            .filter(|((of, _), (made, _))| *of == tenant && now.0 - made.0 < YOUNG_MS && made.0 <= now.0)
            .max_by_key(|(_, (made, _))| *made)
            .map(|(_, (_, key))| Arc::clone(key))
    }

    fn remember(&self, tenant: TenantId, made: Millis, key: DraftKey) -> Arc<DraftKey> {
        let key = Arc::new(key);
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.insert((tenant, key.id), (made, Arc::clone(&key)));
        key
    }

    /// The key for what is sealed now. Its sealed copy is stored already.
    pub async fn current(&self, tenant: TenantId) -> Result<Arc<DraftKey>, NoDraftKey> {
        if let Some(key) = self.young(tenant) {
            return Ok(key);
        }
        let _one = self.making.lock().await;
        if let Some(key) = self.young(tenant) {
            return Ok(key);
        }
        let now = self.clock.wall();
        let mut x = self.db.reader().await.map_err(|_| NoDraftKey)?;
        // Another start, or another process, may have made one today.
        let stored = store::newest_key(&mut x, tenant, now.plus_ms(-YOUNG_MS), now).await;
        drop(x);
        if let Some(row) = stored.map_err(|_| NoDraftKey)? {
            return self.opened(tenant, &row);
        }
        let (key, sealed) = DraftKey::new(&self.keys, &self.clock, tenant);
        let row = (tenant, key.id, sealed, now);
        self.db
            .write::<_, (), Never, _>(
                "draft.key",
                Class::Machine,
                tenant,
                row,
                |(tenant, id, sealed, at), tx| {
                    Box::pin(async move { Ok(store::insert_key(tx, *tenant, *id, sealed, *at).await?) })
                },
            )
            .await
            .map_err(|_| NoDraftKey)?;
        Ok(self.remember(tenant, now, key))
    }

    fn opened(&self, tenant: TenantId, row: &store::KeyRow) -> Result<Arc<DraftKey>, NoDraftKey> {
        let id = row.key_id.parse().map_err(|_| NoDraftKey)?;
        let key = DraftKey::open(&self.keys, id, &row.sealed, tenant).map_err(|_| NoDraftKey)?;
        Ok(self.remember(tenant, Millis(row.made_at), key))
    }

    /// A key by its id, as a row names it.
    pub async fn find(
        &self,
        x: &mut impl Exec,
        tenant: TenantId,
        id: &str,
    ) -> Result<Arc<DraftKey>, NoDraftKey> {
        let id: Uuid = id.parse().map_err(|_| NoDraftKey)?;
        {
            let known = self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            if let Some((_, key)) = known.get(&(tenant, id)) {
                return Ok(Arc::clone(key));
            }
        }
        let row = store::find_key(x, tenant, &id.to_string()).await.ok().flatten();
        self.opened(tenant, &row.ok_or(NoDraftKey)?)
    }

    /// Forgets keys that were destroyed.
    pub fn forget(&self, tenant: TenantId, ids: &[String]) {
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.retain(|(of, id), _| *of != tenant || !ids.contains(&id.to_string()));
    }
}
