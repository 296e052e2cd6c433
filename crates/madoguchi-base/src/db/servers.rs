//! One PostgreSQL out of several addresses: the one that can be written. Nobody restarts the program after a
//! failover; the pool is swapped under it.

use std::str::FromStr as _;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Postgres, Row as _};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::open::{OpenError, STATEMENTS};

/// Who gets no connection for this long is told that the database does not answer.
const ACQUIRE: Duration = Duration::from_secs(5);
/// A server that takes longer than this to say whether it can be written counts as gone.
const LOOK: Duration = Duration::from_secs(1);
/// Between two looks at all addresses.
const EVERY: Duration = Duration::from_secs(1);
/// After a swap, open work has this long to hear from the old server before it is given up.
const GRACE: Duration = Duration::from_millis(500);

/// The timeline of a server that can be written: it grows with every promotion, so an old primary that comes back
/// is told from the one that took its place. Empty where it cannot be written.
const TIMELINE: &str = "select case when pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' \
                        then '' else substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end";

/// The server in use.
pub(super) struct Primary {
    pub(super) pool: PgPool,
    address: usize,
    timeline: String,
    left: CancellationToken,
}

impl Primary {
    /// When another server has taken over, and what is open here will hear no more.
    pub(super) async fn is_left(&self) {
        self.left.cancelled().await;
        tokio::time::sleep(GRACE).await;
    }
}

/// Every address of a cluster, and the one in use.
pub(super) struct Servers {
    addresses: Vec<PgConnectOptions>,
    connections: u32,
    now: RwLock<Arc<Primary>>,
    trouble: Notify,
}

impl Servers {
    /// Finds the server that can be written and opens a pool there.
    pub(super) async fn open(url: &str, connections: u32) -> Result<Self, OpenError> {
        let addresses = addresses(url)?;
        let connections = connections.max(2);
        let (address, timeline) = if addresses.len() == 1 {
            (0, String::new())
        } else {
            let mut probes: Vec<Option<PgConnection>> = addresses.iter().map(|_| None).collect();
            let seen = look(&addresses, &mut probes).await;
            best(&seen, usize::MAX, "").ok_or(OpenError::NoPrimary(addresses.len()))?
        };
        let pool = pool(&addresses[address], connections).await?;
        let primary = Primary { pool, address, timeline, left: CancellationToken::new() };
        Ok(Self { addresses, connections, now: RwLock::new(Arc::new(primary)), trouble: Notify::new() })
    }

    /// The server in use.
    pub(super) fn now(&self) -> Arc<Primary> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Something failed: looks at once instead of in a second.
    pub(super) fn trouble(&self) {
        self.trouble.notify_one();
    }

    /// A connection to the server in use, also where that changes while one waits.
    pub(super) async fn acquire(&self) -> Result<(Arc<Primary>, PoolConnection<Postgres>), sqlx::Error> {
        loop {
            let primary = self.now();
            let got = tokio::select! {
                got = primary.pool.acquire() => got,
                () = primary.left.cancelled() => continue,
            };
            return match got {
                Ok(conn) => Ok((primary, conn)),
                Err(sqlx::Error::PoolClosed) if primary.left.is_cancelled() => continue,
                Err(e) => {
                    self.trouble();
                    Err(e)
                }
            };
        }
    }

    /// Closes the pool in use.
    pub(super) async fn close(&self) {
        self.now().pool.close().await;
    }

    /// Looks at every address, and moves where another one took over. With one address there is nothing to choose.
    pub(super) async fn watch(self: Arc<Self>, closing: CancellationToken) {
        if self.addresses.len() == 1 {
            return;
        }
        let mut probes: Vec<Option<PgConnection>> = self.addresses.iter().map(|_| None).collect();
        loop {
            tokio::select! {
                () = closing.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
                () = self.trouble.notified() => tokio::time::sleep(EVERY / 10).await,
            }
            let now = self.now();
            let seen = look(&self.addresses, &mut probes).await;
            let Some((address, timeline)) = best(&seen, now.address, &now.timeline) else { continue };
            if address == now.address {
                continue;
            }
            match pool(&self.addresses[address], self.connections).await {
                Ok(pool) => self.swap(pool, address, timeline).await,
                Err(e) => tracing::error!(
                    address,
                    next = "make the new primary durable and reachable",
                    "another server can be written, but is not used: {e}"
                ),
            }
        }
    }

    async fn swap(&self, pool: PgPool, address: usize, timeline: String) {
        tracing::warn!(address, timeline, "another server can be written: the program goes on there");
        let next = Arc::new(Primary { pool, address, timeline, left: CancellationToken::new() });
        let old = std::mem::replace(&mut *self.now.write().unwrap_or_else(PoisonError::into_inner), next);
        old.left.cancel();
        // Idle connections are closed, those in use when they come back; a server that is gone answers nobody.
        let _closed = tokio::time::timeout(EVERY, old.pool.close()).await;
    }
}

/// What each address says: its timeline where it can be written.
async fn look(addresses: &[PgConnectOptions], probes: &mut [Option<PgConnection>]) -> Vec<Option<String>> {
    let looks = addresses.iter().zip(probes.iter_mut()).map(|(address, probe)| async move {
        let asked = tokio::time::timeout(LOOK, ask(address, probe.take())).await;
        match asked {
            Ok(Ok((conn, timeline))) => {
                *probe = Some(conn);
                (!timeline.is_empty()).then_some(timeline)
            }
            _ => None,
        }
    });
    futures_util::future::join_all(looks).await
}

async fn ask(
    address: &PgConnectOptions,
    probe: Option<PgConnection>,
) -> Result<(PgConnection, String), sqlx::Error> {
    if let Some(mut conn) = probe
        && let Ok(timeline) = sqlx::query_scalar(TIMELINE).fetch_one(&mut conn).await
    {
        return Ok((conn, timeline));
    }
    let mut conn = PgConnection::connect_with(address).await?;
    let timeline = sqlx::query_scalar(TIMELINE).fetch_one(&mut conn).await?;
    Ok((conn, timeline))
}

/// The address to use: the newest timeline, the present address before others, never an older timeline than
/// `known`, which would be a primary that others have left.
fn best(seen: &[Option<String>], now: usize, known: &str) -> Option<(usize, String)> {
    let writable = seen.iter().enumerate().filter_map(|(i, t)| t.as_deref().map(|t| (i, t)));
    let newest =
        writable.filter(|(_, t)| *t >= known).max_by_key(|(i, t)| (*t, *i == now, usize::MAX - *i))?;
    Some((newest.0, newest.1.to_owned()))
}

async fn pool(address: &PgConnectOptions, connections: u32) -> Result<PgPool, OpenError> {
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .connect_with(address.clone())
        .await?;
    refuse_weak(&pool).await?;
    Ok(pool)
}

async fn refuse_weak(pool: &PgPool) -> Result<(), OpenError> {
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        let row = sqlx::query("select current_setting($1)").bind(name).fetch_one(pool).await?;
        let value: String = row.try_get(0)?;
        if value == "off" {
            return Err(OpenError::NotDurable(name, value));
        }
    }
    Ok(())
}

/// `postgres://user@one:5432,two:5432/name?…` as one address each; user, name and options are the same for all.
fn addresses(url: &str) -> Result<Vec<PgConnectOptions>, OpenError> {
    let (scheme, rest) = url.split_once("://").ok_or(OpenError::Url)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), authority),
    };
    let one = |host: &str| {
        PgConnectOptions::from_str(&format!("{scheme}://{user}{host}{tail}"))
            .map(|o| o.statement_cache_capacity(STATEMENTS).disable_statement_logging())
            .map_err(|_| OpenError::Url)
    };
    hosts.split(',').map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_hosts_share_user_name_and_options() {
        let all = addresses("postgres://city:p%2Cw@one:5433,[::1]:5434,three/window?sslmode=require")
            .expect("read");
        let seen: Vec<_> = all.iter().map(|a| (a.get_host(), a.get_port(), a.get_database())).collect();
        assert_eq!(
            seen,
            [("one", 5433, Some("window")), ("[::1]", 5434, Some("window")), ("three", 5432, Some("window"))]
        );
        assert!(all.iter().all(|a| a.get_username() == "city"));
        assert_eq!(addresses("postgres://one/window").expect("read").len(), 1);
        assert!(addresses("postgres://one,:x/window").is_err());
    }

    #[test]
    fn the_newest_timeline_is_used_and_an_old_primary_that_comes_back_is_not() {
        let one = || Some("00000001".to_owned());
        let two = || Some("00000002".to_owned());
        let at = |found: Option<(usize, String)>| found.map(|(i, _)| i);
        assert_eq!(at(best(&[one(), None], 0, "00000001")), Some(0));
        assert_eq!(at(best(&[None, two()], 0, "00000001")), Some(1), "promoted");
        assert_eq!(at(best(&[one(), two()], 0, "00000001")), Some(1), "both say that they can be written");
        assert_eq!(at(best(&[one(), None], 1, "00000002")), None, "it was left");
        assert_eq!(at(best(&[two(), two()], 1, "00000002")), Some(1), "no move without need");
        assert_eq!(at(best(&[None, None], 0, "00000001")), None);
        assert_eq!(at(best(&[one(), one()], usize::MAX, "")), Some(0));
    }
}
