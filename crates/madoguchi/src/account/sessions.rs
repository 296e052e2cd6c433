//! Citizens' sessions in memory.

use std::collections::HashMap;
use std::sync::RwLock;
use std::sync::atomic::{AtomicI64, Ordering};

use madoguchi_base::db::Db;
use madoguchi_base::{AccountId, Clock, Millis, TenantId};

use super::{store, token_hash};

/// Longest life of a session.
pub const LIFE_MS: i64 = 12 * 3_600_000;
/// Longest pause between two visits.
pub const IDLE_MS: i64 = 2 * 3_600_000;

struct Entry {
    account: AccountId,
    expires: Millis,
    seen: AtomicI64,
}

enum Known {
    NotHere,
    Over,
    Lives(AccountId),
}

/// Hash of a token → account. A miss asks the database once (another node may have signed the person in).
pub struct Sessions {
    clock: Clock,
    live: RwLock<HashMap<(TenantId, [u8; 32]), Entry>>,
}

impl Sessions {
    /// None yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, live: RwLock::default() }
    }

    /// Whose session this token is, if it lives.
    pub async fn find(&self, db: &Db, tenant: TenantId, token: &str) -> Option<AccountId> {
        if token.len() > 64 {
            return None;
        }
        let (key, now) = ((tenant, token_hash(token)), self.clock.wall());
        match self.known(key, now) {
            Known::Lives(account) => return Some(account),
            Known::Over => return None,
            Known::NotHere => {}
        }
        let mut x = db.reader().await.ok()?;
        let (account, expires) = store::find_session(&mut x, tenant, &key.1, now).await.ok()??;
        let account = account.parse().ok()?;
        self.add(tenant, key.1, account, Millis(expires));
        Some(account)
    }

    fn known(&self, key: (TenantId, [u8; 32]), now: Millis) -> Known {
        let live = self.live.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(entry) = live.get(&key) else { return Known::NotHere };
        let idle = now.0 - entry.seen.load(Ordering::Relaxed);
        if now >= entry.expires || idle > IDLE_MS {
            return Known::Over;
        }
        entry.seen.fetch_max(now.0, Ordering::Relaxed);
        Known::Lives(entry.account)
    }

    /// Remembers a session.
    pub fn add(&self, tenant: TenantId, hash: [u8; 32], account: AccountId, expires: Millis) {
        let entry = Entry { account, expires, seen: AtomicI64::new(self.clock.wall().0) };
        self.live.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert((tenant, hash), entry);
    }

    /// Forgets sessions by the hashes of their tokens.
    pub fn forget(&self, hashes: &[Vec<u8>]) {
        if hashes.is_empty() {
            return;
        }
        let mut live = self.live.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        live.retain(|(_, hash), _| !hashes.iter().any(|h| h.as_slice() == hash.as_slice()));
    }

    /// Forgets what is long over, so that memory does not grow.
    pub fn sweep(&self) {
        let now = self.clock.wall();
        let mut live = self.live.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        live.retain(|_, e| now < e.expires);
    }
}
