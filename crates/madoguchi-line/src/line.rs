//! The handle that the window holds.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use madoguchi_base::db::{Class, Db, Dialect, Never};
use madoguchi_base::keys::Keys;
use madoguchi_base::{Clock, TenantId, random};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::after::After;
use crate::api::token::Tokens;
use crate::channel::{self, Channel, ChannelError, ChannelSettings, SealedChannel};
use crate::crash::Plan;
use crate::outbox::lane::Lane;
use crate::reminder::Still;
use crate::steady::Steady;
use crate::{api, store};

/// The LINE side could not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// TLS or its trusted certificates are not there.
    #[error("the HTTPS client could not start: install the system's CA certificates (ca-certificates)")]
    Client,
    /// The channels could not be read.
    #[error("the LINE channels could not be read from the database")]
    Channels,
}

/// What tests and operators may set.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// End the process at a point; `None` in production.
    pub crash: Option<Plan>,
    /// How long LINE may take for an answer; ten seconds where not said.
    pub answer_within: Option<Duration>,
}

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) keys: Keys,
    pub(crate) clock: Clock,
    pub(crate) steady: Steady,
    pub(crate) http: reqwest::Client,
    pub(crate) tokens: Tokens,
    pub(crate) crash: Option<Plan>,
    /// Whom to ask whether a reminder is still true.
    pub(crate) still: OnceLock<Arc<dyn Still>>,
    /// What webhooks set off.
    pub(crate) after: After,
    /// Names this start of the process in `line_lane`.
    pub(crate) owner: String,
    /// One serving process: leases of an earlier start are void at once.
    pub(crate) alone: bool,
    channels: RwLock<HashMap<TenantId, Arc<Channel>>>,
    wakes: Mutex<HashMap<TenantId, Arc<Notify>>>,
    lanes: Mutex<HashMap<TenantId, Arc<tokio::sync::Mutex<Lane>>>>,
    changed: Notify,
}

/// Everything that speaks to LINE. Clones share it.
#[derive(Clone)]
pub struct Line {
    pub(crate) inner: Arc<Inner>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line")
    }
}

fn locked<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    /// The LINE side on a database. Call [`Line::reload_channels`] once before use.
    pub fn new(db: Db, keys: Keys, clock: Clock) -> Result<Self, LineError> {
        Self::with_options(db, keys, clock, Options::default())
    }

    /// [`Line::new`] with a plan to crash.
    pub fn with_options(db: Db, keys: Keys, clock: Clock, options: Options) -> Result<Self, LineError> {
        let inner = Inner {
            alone: db.dialect() == Dialect::Sqlite,
            steady: Steady::new(clock.clone()),
            http: api::client(options.answer_within).map_err(|_| LineError::Client)?,
            tokens: Tokens::default(),
            crash: options.crash,
            still: OnceLock::new(),
            after: After::new(),
            owner: random::token(),
            channels: RwLock::default(),
            wakes: Mutex::default(),
            lanes: Mutex::default(),
            changed: Notify::new(),
            db,
            keys,
            clock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Checks channel settings and seals their secrets, for [`channel::set`] in a transaction of the caller's.
    pub fn seal_channel(
        &self,
        tenant: TenantId,
        settings: &ChannelSettings,
    ) -> Result<SealedChannel, ChannelError> {
        channel::seal(&self.inner.keys, tenant, settings)
    }

    /// Checks, seals, stores and loads a municipality's channels.
    pub async fn set_channel(
        &self,
        tenant: TenantId,
        settings: &ChannelSettings,
    ) -> Result<(), ChannelError> {
        let input = (tenant, self.seal_channel(tenant, settings)?, self.inner.clock.wall());
        let stored = self.inner.db.write("line-channel", Class::Machine, tenant, input, |i, tx| {
            Box::pin(async move {
                Ok::<_, madoguchi_base::db::Stop<Never>>(channel::set(tx, i.0, &i.1, i.2).await?)
            })
        });
        stored.await.map_err(|_| ChannelError::Store)?;
        self.reload_channels().await.map_err(|_| ChannelError::Store)
    }

    /// Reads all channels into memory; sign-in then needs no SQL.
    pub async fn reload_channels(&self) -> Result<(), LineError> {
        let mut reader = self.inner.db.reader().await.map_err(|_| LineError::Channels)?;
        let rows = store::channel::list(&mut reader).await.map_err(|_| LineError::Channels)?;
        let mut map = HashMap::new();
        for row in rows {
            let name = row.channel.tenant_id.clone();
            if let Some(channel) = channel::open(&self.inner.keys, row) {
                map.insert(channel.tenant, Arc::new(channel));
            } else {
                tracing::error!(
                    tenant = name,
                    next = "put back the key file of this database, or enter the channel again",
                    "a LINE channel does not open"
                );
            }
        }
        *self.inner.channels.write().unwrap_or_else(PoisonError::into_inner) = map;
        self.inner.changed.notify_waiters();
        Ok(())
    }

    /// Tells the lane of a municipality that there may be something to send. Call it after the commit.
    pub fn wake(&self, tenant: TenantId) {
        self.inner.wake_of(tenant).notify_one();
    }

    /// Delivers until `shutdown`: one lane a municipality, woken by [`Line::wake`], looking by itself every
    /// second. Ends when requests under way have been answered or three seconds have passed.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut running = HashSet::new();
        let mut lanes = JoinSet::new();
        loop {
            for tenant in self.inner.tenants() {
                if running.insert(tenant) {
                    let lane = self.lane(tenant);
                    let shutdown = shutdown.clone();
                    lanes.spawn(async move { lane.lock().await.run(shutdown).await });
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.inner.changed.notified() => {}
                () = tokio::time::sleep(Duration::from_secs(5)) => {
                    // Another node may have added a municipality; a failure shows at the next use.
                    let _later = self.reload_channels().await;
                }
            }
        }
        while lanes.join_next().await.is_some() {}
    }

    /// Forgets access tokens, whose life LINE counts by its own clock: for the demo, which moves both clocks.
    pub fn forget_tokens(&self) {
        self.inner.tokens.forget();
    }

    /// Delivers what is due now and waits for the answers: for tests and the demo. Does nothing for a
    /// municipality whose lane [`Line::run`] is running.
    pub async fn run_once(&self) {
        for tenant in self.inner.tenants() {
            if let Ok(mut lane) = self.lane(tenant).try_lock() {
                lane.drain().await;
            }
        }
    }

    fn lane(&self, tenant: TenantId) -> Arc<tokio::sync::Mutex<Lane>> {
        let mut lanes = locked(&self.inner.lanes);
        let new = || Arc::new(tokio::sync::Mutex::new(Lane::new(Arc::downgrade(&self.inner), tenant)));
        Arc::clone(lanes.entry(tenant).or_insert_with(new))
    }
}

impl Inner {
    pub(crate) fn channel(&self, tenant: TenantId) -> Option<Arc<Channel>> {
        self.channels.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned()
    }

    pub(crate) fn wake_of(&self, tenant: TenantId) -> Arc<Notify> {
        Arc::clone(locked(&self.wakes).entry(tenant).or_default())
    }

    fn tenants(&self) -> Vec<TenantId> {
        let channels = self.channels.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<TenantId> = channels.keys().copied().collect();
        all.sort_unstable();
        all
    }

    /// The keyed hash by which a LINE user is looked up.
    pub(crate) fn user_hash(&self, tenant: TenantId, user: &str) -> String {
        use base64::Engine as _;
        let mac = self.keys.mac("line-user", &[tenant.to_string().as_bytes(), user.as_bytes()]);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac)
    }
}
