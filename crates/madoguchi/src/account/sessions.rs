//! Citizens' sessions in memory. Visits are written down every few minutes, so that the idle limit holds over
//! restarts and on every node, while a page makes no SQL statement.

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

/// A visit is written down when the one in the database is older than this.
pub const WRITE_MS: i64 = 5 * 60_000;

struct Entry {
    account: AccountId,
    expires: Millis,
    seen: AtomicI64,
    written: AtomicI64,
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
        let (key, now) = ((tenant, token_hash(token)), self.clock.steady_wall());
        match self.known(key, now) {
            Known::Lives(account) => return Some(account),
            Known::Over => return None,
            Known::NotHere => {}
        }
        let mut x = db.reader().await.ok()?;
        let seen_after = now.plus_ms(-IDLE_MS);
        let row = store::find_session(&mut x, tenant, &key.1, (now, seen_after)).await.ok()??;
        let account = row.account_id.parse().ok()?;
        self.insert(key, account, Millis(row.expires_at), Millis(row.seen_at));
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
        self.insert((tenant, hash), account, expires, self.clock.steady_wall());
    }

    fn insert(&self, key: (TenantId, [u8; 32]), account: AccountId, expires: Millis, written: Millis) {
        let (seen, written) = (AtomicI64::new(self.clock.steady_wall().0), AtomicI64::new(written.0));
        let entry = Entry { account, expires, seen, written };
        self.live.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(key, entry);
    }

    /// Visits that the database does not know of yet, by municipality; they count as written from now on.
    pub fn unwritten(&self) -> HashMap<TenantId, Vec<([u8; 32], Millis)>> {
        let live = self.live.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut out: HashMap<TenantId, Vec<([u8; 32], Millis)>> = HashMap::new();
        for ((tenant, hash), entry) in live.iter() {
            let seen = entry.seen.load(Ordering::Relaxed);
            if seen - entry.written.load(Ordering::Relaxed) >= WRITE_MS {
                entry.written.store(seen, Ordering::Relaxed);
                out.entry(*tenant).or_default().push((*hash, Millis(seen)));
            }
        }
        out
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
        let now = self.clock.steady_wall();
        let mut live = self.live.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        live.retain(|_, e| now < e.expires);
    }
}
