//! The key agent: the one place that can open what was sealed to a municipality.
//!
//! In one process it is [`LocalAgent`]; where citizens' pages are a process of their own they ask the staff's
//! process by a socket ([`remote`], [`door`]). Either way the agent checks the proof itself, counts against a
//! budget and writes the audit record before it gives a key.

pub mod door;
pub mod remote;
mod wire;

use std::collections::HashMap;
use std::sync::{Mutex, RwLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use madoguchi_base::db::{Class, Db, Never};
use madoguchi_base::keys::{Keys, OpenError};
use madoguchi_base::seal::{ApplicationKey, EpochKey, TenantPrivate};
use madoguchi_base::{AccountId, ApplicationId, Clock, TenantId};
use zeroize::Zeroizing;

use super::store;
use super::submit::{ANSWERS, answers_aad};
use crate::audit::{self, Actor, Record};

/// Openings per person and hour, over all their sessions: a person at work stays far below.
const BUDGET: u32 = 600;
const HOUR: Duration = Duration::from_hours(1);

/// Who asks, by something that the agent can check for itself.
#[derive(Clone, Copy)]
pub enum Proof<'a> {
    /// The citizen's session token.
    Citizen(&'a str),
    /// The clerk's session token.
    Staff(&'a str),
}

/// Why nothing was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// The proof does not allow it (or there is no such application).
    #[error("not allowed")]
    NotAllowed,
    /// The key was destroyed when the application's 保存期間 was over.
    #[error("the key was destroyed")]
    Destroyed,
    /// Too many openings in this hour.
    #[error("too many openings in this hour")]
    Budget,
    /// Keys or bytes do not fit.
    #[error("the sealed answers do not open")]
    Sealed,
    /// The database did not answer.
    #[error("the database did not answer")]
    Unavailable,
    /// The process with the private keys did not answer.
    #[error("the key agent does not answer")]
    Away,
}

impl From<OpenError> for AgentError {
    fn from(_: OpenError) -> Self {
        Self::Sealed
    }
}

impl From<sqlx::Error> for AgentError {
    fn from(_: sqlx::Error) -> Self {
        Self::Unavailable
    }
}

/// An application's key with what lies under it.
pub struct Opened {
    /// Canonical answers.
    pub answers: Zeroizing<Vec<u8>>,
    /// Reason of a rejection.
    pub reason: Option<Zeroizing<Vec<u8>>>,
    /// For notes and new reasons.
    pub key: ApplicationKey,
}

/// Opens what was sealed.
pub trait KeyAgent: Send + Sync {
    /// Checks `proof`, audits `purpose`, opens the application.
    fn open<'a>(
        &'a self,
        tenant: TenantId,
        application: ApplicationId,
        purpose: &'static str,
        proof: Proof<'a>,
    ) -> BoxFuture<'a, Result<Opened, AgentError>>;
}

/// Openings by person: a new session is not a new budget.
#[derive(Default)]
struct Budget(Mutex<HashMap<Person, (Duration, u32)>>);

type Person = (TenantId, &'static str, String);

impl Budget {
    fn spend(&self, tenant: TenantId, actor: Actor, now: Duration) -> Result<(), AgentError> {
        let mut spent = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        spent.retain(|_, (since, _)| now.saturating_sub(*since) < HOUR);
        let (_, n) = spent.entry((tenant, actor.kind(), actor.id())).or_insert((now, 0));
        *n += 1;
        if *n > BUDGET { Err(AgentError::Budget) } else { Ok(()) }
    }
}

/// The agent of a single process.
pub struct LocalAgent {
    db: Db,
    keys: Keys,
    clock: Clock,
    private: RwLock<HashMap<TenantId, std::sync::Arc<TenantPrivate>>>,
    spent: Budget,
}

impl LocalAgent {
    /// An agent without keys.
    pub fn new(db: Db, keys: Keys, clock: Clock) -> Self {
        Self { db, keys, clock, private: RwLock::default(), spent: Budget::default() }
    }

    /// Gives the agent a municipality's private key.
    pub fn add(&self, tenant: TenantId, private: TenantPrivate) {
        let mut all = self.private.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.insert(tenant, std::sync::Arc::new(private));
    }

    /// Who asks, and whose application it is.
    async fn actor(
        &self,
        tenant: TenantId,
        application: ApplicationId,
        proof: Proof<'_>,
    ) -> Result<(Actor, AccountId), AgentError> {
        let mut x = self.db.reader().await?;
        let found = store::find(&mut x, tenant, application).await?.ok_or(AgentError::NotAllowed)?;
        let now = self.clock.steady_wall();
        let actor = match proof {
            Proof::Citizen(token) => crate::account::acts::account_of_token(&mut x, tenant, token, now)
                .await?
                .filter(|account| *account == found.account)
                .map(Actor::Citizen),
            Proof::Staff(token) => {
                let about = (token, found.procedure);
                crate::office::acts::opener(&mut x, tenant, about, now).await?.map(Actor::Staff)
            }
        };
        actor.map(|actor| (actor, found.account)).ok_or(AgentError::NotAllowed)
    }

    async fn open_checked(
        &self,
        tenant: TenantId,
        application: ApplicationId,
        purpose: &str,
        proof: Proof<'_>,
    ) -> Result<Opened, AgentError> {
        let (actor, owner) = self.actor(tenant, application, proof).await?;
        self.spent.spend(tenant, actor, self.clock.mono())?;
        let private = {
            let all = self.private.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            all.get(&tenant).cloned().ok_or(AgentError::Sealed)?
        };
        let mut x = self.db.reader().await?;
        let s = store::sealed(&mut x, tenant, application).await?.ok_or(AgentError::Destroyed)?;
        drop(x);
        let from = (&self.keys, &self.clock);
        let record = Record::new(from, tenant, actor, "answers.open").on(application).detail(purpose);
        self.db
            .write::<_, (), Never, _>("answers.open", Class::Vital, tenant, record, |record, tx| {
                Box::pin(async move { Ok(audit::acts::record(tx, std::slice::from_ref(record)).await?) })
            })
            .await
            .map_err(|_| AgentError::Unavailable)?;
        let epoch_id = s.epoch_id.parse().map_err(|_| AgentError::Sealed)?;
        let epoch = EpochKey::open(epoch_id, &s.epoch_sealed, tenant, &private)?;
        let key = ApplicationKey::unwrap(&s.wrapped, &epoch, tenant, (application, owner))?;
        let (row, round) = (application.to_string(), u32::try_from(s.round).unwrap_or(0));
        let answers = key.open(ANSWERS, &answers_aad(tenant, &row, round), &s.answers_sealed)?;
        let reason = match &s.reason_sealed {
            Some(sealed) => Some(key.open("reason", &reason_aad(tenant, &row), sealed)?),
            None => None,
        };
        Ok(Opened { answers, reason, key })
    }
}

/// Where a rejection's reason belongs.
pub fn reason_aad(tenant: TenantId, application: &str) -> madoguchi_base::keys::Aad<'_> {
    madoguchi_base::keys::Aad {
        tenant,
        table: "application",
        column: "reason_sealed",
        row: application,
        round: 0,
    }
}

/// Where an internal note belongs.
pub fn note_aad(tenant: TenantId, note: &str) -> madoguchi_base::keys::Aad<'_> {
    madoguchi_base::keys::Aad { tenant, table: "application_note", column: "sealed", row: note, round: 0 }
}

impl KeyAgent for LocalAgent {
    fn open<'a>(
        &'a self,
        tenant: TenantId,
        application: ApplicationId,
        purpose: &'static str,
        proof: Proof<'a>,
    ) -> BoxFuture<'a, Result<Opened, AgentError>> {
        Box::pin(self.open_checked(tenant, application, purpose, proof))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_the_persons_and_comes_back_after_an_hour() {
        let (clock, budget) = (Clock::system(), Budget::default());
        let tenant = "232131".parse().expect("tenant");
        let (one, other) = (AccountId::new(&clock), AccountId::new(&clock));
        let spend = |who, at| budget.spend(tenant, Actor::Citizen(who), at);
        assert!((0..BUDGET).all(|_| spend(one, Duration::ZERO).is_ok()));
        assert_eq!(spend(one, Duration::from_mins(59)), Err(AgentError::Budget), "whatever the session");
        assert_eq!(spend(other, Duration::ZERO), Ok(()));
        assert_eq!(spend(one, HOUR), Ok(()));
    }
}
