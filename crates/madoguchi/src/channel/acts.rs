//! Changes of how a municipality uses LINE, each with its record: for the pages and the command line.

use madoguchi_base::db::{Class, Db, Never, Stop, Tx, WriteError};
use madoguchi_base::keys::Keys;
use madoguchi_base::{Clock, TenantId};
use madoguchi_line::assertion::{self, NewKey};
use madoguchi_line::menu::{self, Draft};
use madoguchi_line::mode::{self, LineMode};
use madoguchi_line::relay::{self, RelayTo};

use crate::audit::{self, Actor, Record};

/// What changes.
#[derive(Debug)]
pub enum Change {
    /// How much of LINE is used.
    Mode(LineMode),
    /// Where webhooks are passed on to.
    Relay(Option<RelayTo>),
    /// A new key pair, not used yet.
    KeyMade(NewKey),
    /// A key pair takes over: our name, LINE's name.
    KeyUsed(String, String),
    /// Back to the channel's secret.
    KeyDropped,
    /// A menu is ready to be published.
    MenuReady(Draft),
    /// A menu was published, or taken back.
    MenuShown(bool),
}

impl Change {
    /// Act and detail of the record: codes, never an address or a key.
    fn told(&self) -> (&'static str, &'static str) {
        match self {
            Self::Mode(mode) => ("line.mode", mode.code()),
            Self::Relay(Some(_)) => ("line.relay", "on"),
            Self::Relay(None) => ("line.relay", "off"),
            Self::KeyMade(_) => ("line.key", "made"),
            Self::KeyUsed(..) => ("line.key", "used"),
            Self::KeyDropped => ("line.key", "dropped"),
            Self::MenuReady(_) => ("line.menu", "ready"),
            Self::MenuShown(true) => ("line.menu", "published"),
            Self::MenuShown(false) => ("line.menu", "taken-back"),
        }
    }
}

struct Input {
    tenant: TenantId,
    change: Change,
    record: Record,
}

/// Stores a change and its record in one transaction; `false` where what it names is not there any more. Channels
/// are to be read again afterwards.
pub async fn change(
    db: &Db,
    (keys, clock): (&Keys, &Clock),
    tenant: TenantId,
    by: Actor,
    change: Change,
) -> Result<bool, WriteError<Never>> {
    let (act, detail) = change.told();
    let record = Record::new((keys, clock), tenant, by, act).detail(detail);
    let input = Input { tenant, change, record };
    db.write("channel", Class::Person, tenant, input, |i, tx| {
        Box::pin(async move {
            let done = store(tx, i).await?;
            if done {
                audit::acts::record(tx, std::slice::from_ref(&i.record)).await?;
            }
            Ok::<_, Stop<Never>>(done)
        })
    })
    .await
}

async fn store(tx: &mut Tx, i: &Input) -> Result<bool, sqlx::Error> {
    let at = i.record.at;
    match &i.change {
        Change::Mode(to) => mode::set(tx, i.tenant, *to, at).await?,
        Change::Relay(to) => relay::set(tx, i.tenant, to.as_ref(), at).await?,
        Change::KeyMade(key) => assertion::insert(tx, i.tenant, key, at).await?,
        Change::KeyUsed(key_id, kid) => return assertion::activate(tx, i.tenant, key_id, kid).await,
        Change::KeyDropped => assertion::retire(tx, i.tenant).await?,
        Change::MenuReady(draft) => menu::prepare(tx, i.tenant, draft, at).await?,
        Change::MenuShown(_) => {}
    }
    Ok(true)
}
