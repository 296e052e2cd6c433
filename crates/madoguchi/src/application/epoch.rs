//! Epoch keys in use: one per municipality, for minutes.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use madoguchi_base::db::{Class, Db, Never};
use madoguchi_base::seal::{EpochKey, TenantPublic};
use madoguchi_base::{Clock, TenantId};

use super::store;

/// After this long a new epoch begins; an intruder gets what arrived in one.
const LIFE: Duration = Duration::from_mins(5);

/// No epoch key could be made or stored.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no epoch key could be stored")]
pub struct NoEpoch;

struct Slot {
    public: TenantPublic,
    current: RwLock<Option<(Duration, Arc<EpochKey>)>>,
    /// One renewal at a time; others wait for it only where there is no key at all.
    renewing: tokio::sync::Mutex<()>,
}

/// The epoch keys of this process. It can seal and cannot open what is stored.
pub struct Epochs {
    db: Db,
    clock: Clock,
    slots: RwLock<HashMap<TenantId, Arc<Slot>>>,
}

impl Epochs {
    /// None yet.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, slots: RwLock::default() }
    }

    /// Makes a municipality's public key known.
    pub fn add(&self, tenant: TenantId, public: TenantPublic) {
        let slot = Slot { public, current: RwLock::new(None), renewing: tokio::sync::Mutex::new(()) };
        self.slots.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(tenant, Arc::new(slot));
    }

    /// The key under which applications that arrive now are wrapped. Its sealed copy is stored already.
    pub async fn current(&self, tenant: TenantId) -> Result<Arc<EpochKey>, NoEpoch> {
        let slot = {
            let slots = self.slots.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            Arc::clone(slots.get(&tenant).ok_or(NoEpoch)?)
        };
        if let Some(key) = slot.young(self.clock.mono()) {
            return Ok(key);
        }
        let _one = slot.renewing.lock().await;
        if let Some(key) = slot.young(self.clock.mono()) {
            return Ok(key);
        }
        let (key, sealed) = EpochKey::new(&self.clock, tenant, &slot.public).map_err(|_| NoEpoch)?;
        let row = (tenant, key.id, sealed, self.clock.wall());
        self.db
            .write::<_, (), Never, _>(
                "epoch.new",
                Class::Machine,
                tenant,
                row,
                |(tenant, id, sealed, at), tx| {
                    Box::pin(async move { Ok(store::insert_epoch(tx, *tenant, *id, sealed, *at).await?) })
                },
            )
            .await
            .map_err(|_| NoEpoch)?;
        let key = Arc::new(key);
        *slot.current.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some((self.clock.mono(), Arc::clone(&key)));
        Ok(key)
    }
}

impl Slot {
    fn young(&self, now: Duration) -> Option<Arc<EpochKey>> {
        let current = self.current.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        current.as_ref().filter(|(made, _)| now.saturating_sub(*made) < LIFE).map(|(_, key)| Arc::clone(key))
    }
}
