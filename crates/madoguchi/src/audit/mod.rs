//! 監査: who did what to which application, in a chain that cannot be thinned out unseen.
//! Is: the record and its link rule. Is not: the citizen's history (that is `application_event`).
//! A row is inserted, unlinked, in the transaction of the act; a job links rows within a second, so that no
//! per-municipality row is locked through a commit. Details are codes and counts, never what a person typed.

pub mod acts;
pub mod job;
pub mod store;

use aws_lc_rs::digest;
use madoguchi_base::keys::Keys;
use madoguchi_base::{AccountId, ApplicationId, Clock, Millis, StaffId, TenantId, id};
use uuid::Uuid;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in citizen.
    Citizen(AccountId),
    /// A member of staff.
    Staff(StaffId),
    /// The program itself (jobs, the LINE side).
    System,
}

impl Actor {
    /// Stored kind.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Citizen(_) => "citizen",
            Self::Staff(_) => "staff",
            Self::System => "system",
        }
    }

    /// Stored id; empty for the system.
    pub fn id(self) -> String {
        match self {
            Self::Citizen(a) => a.to_string(),
            Self::Staff(s) => s.to_string(),
            Self::System => String::new(),
        }
    }
}

/// One record, complete but not yet linked.
#[derive(Clone, Debug)]
pub struct Record {
    pub(crate) tenant: TenantId,
    pub(crate) id: Uuid,
    pub(crate) at: Millis,
    pub(crate) actor: Actor,
    pub(crate) act: &'static str,
    pub(crate) application: Option<ApplicationId>,
    pub(crate) detail: String,
}

impl Record {
    /// A record of `act` (a dotted code such as `application.accept`) at the clock's time.
    pub fn new(clock: &Clock, tenant: TenantId, actor: Actor, act: &'static str) -> Self {
        let at = clock.wall();
        Self { tenant, id: id::new_uuid(clock), at, actor, act, application: None, detail: String::new() }
    }

    /// The application that the act was about.
    #[must_use]
    pub fn on(mut self, application: ApplicationId) -> Self {
        self.application = Some(application);
        self
    }

    /// Codes and counts that tell what was done; never what a person typed.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The same record at another time (intake stamps a whole batch).
    #[must_use]
    pub fn at(mut self, at: Millis) -> Self {
        self.at = at;
        self
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        content_hash(&Content {
            tenant: &self.tenant.to_string(),
            id: &self.id.to_string(),
            at: self.at.0,
            actor_kind: self.actor.kind(),
            actor_id: &self.actor.id(),
            act: self.act,
            application: &self.application.map(|a| a.to_string()).unwrap_or_default(),
            detail: &self.detail,
        })
    }
}

/// What a record's hash covers.
pub(crate) struct Content<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) id: &'a str,
    pub(crate) at: i64,
    pub(crate) actor_kind: &'a str,
    pub(crate) actor_id: &'a str,
    pub(crate) act: &'a str,
    pub(crate) application: &'a str,
    pub(crate) detail: &'a str,
}

pub(crate) fn content_hash(c: &Content<'_>) -> [u8; 32] {
    let mut ctx = digest::Context::new(&digest::SHA256);
    for part in [c.tenant, c.id, &c.at.to_string(), c.actor_kind, c.actor_id, c.act, c.application, c.detail]
    {
        ctx.update(&(part.len() as u64).to_be_bytes());
        ctx.update(part.as_bytes());
    }
    let mut out = [0; 32];
    out.copy_from_slice(ctx.finish().as_ref());
    out
}

/// The link of record `seq`: keyed, over the previous link and the record's content.
pub(crate) fn link(keys: &Keys, tenant: &str, seq: i64, prev: &[u8], hash: &[u8]) -> [u8; 32] {
    keys.mac("audit", &[tenant.as_bytes(), &seq.to_be_bytes(), prev, hash])
}
