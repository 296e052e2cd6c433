//! Links records in batches, within a second of their commit.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use madoguchi_base::db::{Class, Db, Never, Stop, Tx, WriteError};
use madoguchi_base::keys::Keys;

use super::{head, is_genuine, link, store};

/// Records looked at in one transaction.
const BATCH: usize = 3 * crate::sql::MAX_ROWS;

/// Links what is unlinked, and remembers how far the chains are: one that became shorter is not gone on with.
pub struct Linker {
    keys: Keys,
    chains: Mutex<HashMap<String, Chain>>,
}

#[derive(Clone, Copy, Default)]
struct Chain {
    /// The highest number that this process knows of.
    seq: i64,
    /// Records that are not ours, as the log was told.
    told: usize,
    /// Whether the log was told that the chain is not gone on with.
    stopped: bool,
}

/// What came of a batch.
#[derive(Default)]
struct Done {
    looked: usize,
    linked: usize,
    /// The head is not where it was known to be.
    lost: bool,
    seq: i64,
    last: String,
}

impl Linker {
    /// Starts with what is written down outside the database.
    pub fn new(keys: &Keys) -> Self {
        let known = head::read(keys).unwrap_or_else(|e| {
            tracing::error!(%e, "audit-head.json cannot be read: run `madoguchi check`");
            head::Heads::new()
        });
        let chains = known.into_iter().map(|(t, h)| (t, Chain { seq: h.seq, ..Chain::default() })).collect();
        Self { keys: keys.clone(), chains: Mutex::new(chains) }
    }

    /// Links what is unlinked now; returns how many records.
    pub async fn run_once(&self, db: &Db) -> Result<usize, WriteError<Never>> {
        let tails = db.read(async { store::tenants_with_tail(&mut db.reader().await?).await });
        let tenants = tails.await.map_err(|_| WriteError::Failed)?;
        let mut linked = 0;
        for tenant in tenants {
            linked += self.tenant(db, &tenant).await?;
        }
        Ok(linked)
    }

    async fn tenant(&self, db: &Db, tenant: &str) -> Result<usize, WriteError<Never>> {
        let Ok(id) = tenant.parse() else { return Ok(0) };
        let (mut linked, mut strange, mut after) = (0, 0, String::new());
        loop {
            let known = self.chains().get(tenant).copied().unwrap_or_default().seq;
            let input = (tenant.to_owned(), self.keys.clone(), after, known);
            let done = db
                .write("audit.link", Class::Machine, id, input, |(tenant, keys, after, known), tx| {
                    Box::pin(link_batch(tx, tenant, keys, (after, *known)))
                })
                .await?;
            if done.lost {
                self.stop(tenant);
                return Ok(linked);
            }
            self.chains().entry(tenant.to_owned()).or_default().seq = known.max(done.seq);
            linked += done.linked;
            strange += done.looked - done.linked;
            if done.looked < BATCH {
                break;
            }
            after = done.last;
        }
        self.tell(tenant, strange);
        Ok(linked)
    }

    fn chains(&self) -> MutexGuard<'_, HashMap<String, Chain>> {
        self.chains.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn stop(&self, tenant: &str) {
        let mut chains = self.chains();
        let chain = chains.entry(tenant.to_owned()).or_default();
        if !std::mem::replace(&mut chain.stopped, true) {
            tracing::error!(
                tenant,
                "the audit log is shorter than it was and is not gone on with: run `madoguchi check`; where an \
                 older database was brought back on purpose, move audit-head.json away and start again"
            );
        }
    }

    fn tell(&self, tenant: &str, strange: usize) {
        let mut chains = self.chains();
        let chain = chains.entry(tenant.to_owned()).or_default();
        if strange > chain.told {
            tracing::error!(
                tenant,
                strange,
                "audit records that this program did not write: run `madoguchi check`"
            );
        }
        chain.told = strange;
    }
}

async fn link_batch(
    tx: &mut Tx,
    tenant: &str,
    keys: &Keys,
    (after, known): (&str, i64),
) -> Result<Done, Stop<Never>> {
    let rows = store::tail(tx, tenant, after, BATCH as i64).await?;
    let Some(last) = rows.last() else { return Ok(Done::default()) };
    let head = store::head(tx, tenant).await?;
    let anew = head.is_none() && !store::linked(tx, tenant, 0, 1).await?.is_empty();
    let (from, mut prev) = head.unwrap_or((0, Vec::new()));
    if anew || from < known {
        return Ok(Done { lost: true, ..Done::default() });
    }
    let mut seq = from;
    let mut links = Vec::with_capacity(rows.len());
    for row in rows.iter().filter(|row| is_genuine(keys, row)) {
        seq += 1;
        prev = link(keys, tenant, seq, &prev, &row.hash).to_vec();
        links.push((row.audit_id.as_str(), seq, prev.clone()));
    }
    let done =
        Done { looked: rows.len(), linked: links.len(), lost: false, seq, last: last.audit_id.clone() };
    if links.is_empty() {
        return Ok(done);
    }
    // The head moves first: where another node links too, one of the two finds it moved and stops.
    if !store::move_head(tx, tenant, from, seq, &prev).await? {
        return Ok(Done::default());
    }
    for some in links.chunks(crate::sql::MAX_ROWS) {
        store::set_links(tx, tenant, some).await?;
    }
    Ok(done)
}
