//! 監査: who did what to which application, in a chain that cannot be thinned out unseen.
//! Is: the record and its link rule. Is not: the citizen's history (that is `application_event`).
//! A row is inserted, unlinked, in the transaction of the act; a job links rows within a second, so that no
//! per-municipality row is locked through a commit. Its content carries a keyed MAC from the moment it is made:
//! the job links nothing else, so that who can only write the database adds and changes nothing unseen. The
//! chain's end is kept outside the database too (`head`), so that cutting it off is seen. Details are codes and counts, never what a person typed.

pub mod acts;
pub mod head;
pub mod job;
pub mod store;

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
    /// Makes the MAC at insertion, when the content is final.
    keys: Keys,
}

impl Record {
    /// A record of `act` (a dotted code such as `application.accept`) at the clock's time.
    pub fn new((keys, clock): (&Keys, &Clock), tenant: TenantId, actor: Actor, act: &'static str) -> Self {
        let (id, at) = (id::new_uuid(clock), clock.wall());
        Self { tenant, id, at, actor, act, application: None, detail: String::new(), keys: keys.clone() }
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

    pub(crate) fn mac(&self) -> [u8; 32] {
        content_mac(
            &self.keys,
            &Content {
                tenant: &self.tenant.to_string(),
                id: &self.id.to_string(),
                at: self.at.0,
                actor_kind: self.actor.kind(),
                actor_id: &self.actor.id(),
                act: self.act,
                application: &self.application.map(|a| a.to_string()).unwrap_or_default(),
                detail: &self.detail,
            },
        )
    }
}

/// What a record's MAC covers.
struct Content<'a> {
    tenant: &'a str,
    id: &'a str,
    at: i64,
    actor_kind: &'a str,
    actor_id: &'a str,
    act: &'a str,
    application: &'a str,
    detail: &'a str,
}

fn content_mac(keys: &Keys, c: &Content<'_>) -> [u8; 32] {
    let at = c.at.to_be_bytes();
    let parts = [c.tenant, c.id, c.actor_kind, c.actor_id, c.act, c.application, c.detail].map(str::as_bytes);
    let [tenant, id, kind, actor, act, application, detail] = parts;
    keys.mac("audit-content", &[tenant, id, &at, kind, actor, act, application, detail])
}

/// Whether this program wrote the row, and nobody changed it since.
pub(crate) fn is_genuine(keys: &Keys, row: &store::Row) -> bool {
    let content = Content {
        tenant: &row.tenant_id,
        id: &row.audit_id,
        at: row.at,
        actor_kind: &row.actor_kind,
        actor_id: &row.actor_id,
        act: &row.act,
        application: row.application_id.as_deref().unwrap_or_default(),
        detail: &row.detail,
    };
    content_mac(keys, &content).as_slice() == row.hash
}

/// The link of record `seq`: keyed, over the previous link and the record's content.
pub(crate) fn link(keys: &Keys, tenant: &str, seq: i64, prev: &[u8], hash: &[u8]) -> [u8; 32] {
    keys.mac("audit", &[tenant.as_bytes(), &seq.to_be_bytes(), prev, hash])
}
