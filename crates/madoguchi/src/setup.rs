//! Setting up: a schema, a municipality with its keys, procedures, wording and channels.
//!
//! The demo, the tests and `madoguchi tenant add` all come through here, so that there is one way.

use std::path::Path;

use anyhow::Context as _;
use madoguchi_base::db::{Class, Db, DbConfig, Never, Stop, Tx, WriteError};
use madoguchi_base::keys::Keys;
use madoguchi_base::seal::{TenantPrivate, TenantPublic};
use madoguchi_base::{Clock, Millis, TenantId};
use madoguchi_line::Line;
use madoguchi_line::channel::ChannelSettings;
use madoguchi_line::mode::{self, LineMode};
use madoguchi_line::wording::{self, ProcedureKind, Wording};
use sqlx::migrate::Migrator;

use crate::procedure::{self, Kind, Municipality, Source};
use crate::{config, guide, tenant};

/// SQLite's schema.
pub static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
/// PostgreSQL's schema: the same numbers and names.
pub static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Opens a database for a command, and brings its schema up to date; no ballast is kept.
pub async fn database(url: &str, connections: u32) -> anyhow::Result<Db> {
    opened(DbConfig { url: url.to_owned(), connections, ballast_mb: 0 }).await
}

/// Opens a database as the settings say, and brings its schema up to date.
pub async fn open(about: &config::Database) -> anyhow::Result<Db> {
    let config::Database { url, connections, ballast_mb, .. } = about.clone();
    opened(DbConfig { url, connections, ballast_mb }).await
}

async fn opened(config: DbConfig) -> anyhow::Result<Db> {
    let db = Db::open(config).await?;
    // The role of a part may read, not change, the schema; and an older program runs on a newer one.
    if !db.is_up_to_date(&SQLITE, &POSTGRES).await {
        db.migrate(&SQLITE, &POSTGRES).await.context(
            "the schema could not be brought up to date: run `madoguchi migrate` as the database's owner",
        )?;
    }
    Ok(db)
}

/// A municipality to set up.
#[derive(Clone)]
pub struct NewTenant {
    /// Its facts.
    pub municipality: Municipality,
    /// Its procedures.
    pub sources: Vec<Source>,
    /// Its LINE channels.
    pub channels: ChannelSettings,
    /// How much of LINE it uses; `None` leaves what was chosen (notices only, at first).
    pub mode: Option<LineMode>,
    /// Where citizens reach it, without a slash at the end: notices point there.
    pub public_url: String,
}

/// Sets a municipality up, or brings an existing one up to date. Safe to repeat.
pub async fn municipality(db: &Db, keys: &Keys, clock: &Clock, new: NewTenant) -> anyhow::Result<TenantId> {
    let id: TenantId = new.municipality.code.parse()?;
    let public = key_pair(db, keys, id).await?;
    let line = Line::new(db.clone(), keys.clone(), clock.clone())?;
    line.set_channel(id, &new.channels).await?;
    let at = clock.wall();
    let (sources, public_url) = (new.sources.clone(), new.public_url.clone());
    let input = (id, new, public, at);
    db.write::<_, (), Never, _>("setup", Class::Bulk, id, input, |(id, new, public, at), tx| {
        Box::pin(async move { Ok(store(tx, *id, new, public, *at).await?) })
    })
    .await
    .map_err(|e| anyhow::anyhow!("the municipality could not be stored: {e}"))?;
    publish(db, id, sources, &public_url, at)
        .await
        .map_err(|e| anyhow::anyhow!("not every procedure was published: {e}; run the command again"))?;
    Ok(id)
}

/// The public key to store. A key file is never removed or replaced: it may be the only thing that opens what
/// citizens sent, and an empty database may just be a mistyped address.
async fn key_pair(db: &Db, keys: &Keys, id: TenantId) -> anyhow::Result<TenantPublic> {
    let mut x = db.reader().await?;
    let rows = tenant::acts::list(&mut x).await?;
    if let Some(row) = rows.into_iter().find(|r| r.tenant_id == id.to_string()) {
        tenant::private_key(keys, id, &row.public_key)?;
        return Ok(TenantPublic::from_bytes(row.public_key));
    }
    let path = tenant::private_key_path(keys, id);
    if path.exists() { Ok(tenant::key_pair(keys, id)?.1) } else { Ok(TenantPrivate::create(&path)?) }
}

/// The root key. A new one is made only while the database knows no municipality: beside sealed rows it could
/// open nothing, so a missing key file is then said, not replaced.
pub async fn root_key(db: &Db, dir: &Path) -> anyhow::Result<Keys> {
    let mut x = db.reader().await?;
    if tenant::acts::list(&mut x).await?.is_empty() {
        return Ok(Keys::load_or_create(dir)?);
    }
    Keys::load(dir).context("the database holds municipalities: bring the key files of its backup (keys_dir)")
}

async fn store(
    tx: &mut Tx,
    id: TenantId,
    new: &NewTenant,
    public: &TenantPublic,
    at: Millis,
) -> Result<(), sqlx::Error> {
    tenant::acts::insert(tx, id, &new.municipality.slug, public.as_bytes(), at).await?;
    if let Some(mode) = new.mode {
        mode::set(tx, id, mode, at).await?;
    }
    procedure::acts::publish_shelf(tx, id, &new.municipality, at).await?;
    guide::acts::publish_defaults(tx, id, &new.municipality, at).await
}

/// Publishes procedures, and what LINE may be told of each: one write a procedure, so that none is long. The same
/// definition stays the same version; safe to repeat after an error, and those before it stay published.
pub async fn publish(
    db: &Db,
    id: TenantId,
    sources: Vec<Source>,
    public_url: &str,
    at: Millis,
) -> Result<Vec<procedure::acts::Publication>, WriteError<Never>> {
    let mut all = Vec::with_capacity(sources.len());
    for source in sources {
        let input = (id, source, public_url.to_owned(), at);
        let published = db
            .write("procedure.publish", Class::Bulk, id, input, |(id, source, url, at), tx| {
                Box::pin(publish_one(tx, *id, source, url, *at))
            })
            .await?;
        all.push(published);
    }
    Ok(all)
}

async fn publish_one(
    tx: &mut Tx,
    id: TenantId,
    source: &Source,
    public_url: &str,
    at: Millis,
) -> Result<procedure::acts::Publication, Stop<Never>> {
    let published = procedure::acts::publish(tx, id, source, at).await?;
    let about = source.procedure();
    let kind = kind_for_line(about.kind);
    let wording = Wording::new(&about.title, about.discreet, kind, public_url)
        .map_err(|e| sqlx::Error::Protocol(e.to_string()))?;
    wording::publish(tx, id, published.procedure, &wording, at).await?;
    Ok(published)
}

/// The LINE side has a list of kinds of its own: it cannot name ours.
fn kind_for_line(kind: Kind) -> ProcedureKind {
    match kind {
        Kind::Application => ProcedureKind::Application,
        Kind::Request => ProcedureKind::Request,
        Kind::Notification => ProcedureKind::Notification,
        Kind::Contract => ProcedureKind::Contract,
        Kind::Report => ProcedureKind::Report,
    }
}
