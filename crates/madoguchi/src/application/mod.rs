//! 申請: one application: its state, receipt number, history and sealed answers.
//! Is: the record of what a citizen sent and what the office did with it.
//! Is not: the form (that is `procedure`), nor the news that LINE carries (that is `madoguchi_line::notice`).
//! Answers live here and only here; they are sealed before they reach the database.

pub mod acts;
pub mod agent;
pub mod answers;
pub mod citizen;
pub mod confirm;
pub mod epoch;
pub mod intake;
pub mod state;
pub mod store;
pub mod submit;
pub mod view;

use madoguchi_base::{AccountId, ApplicationId, Millis, ProcedureId, Receipt, TenantId};

use crate::audit::Actor;
use crate::procedure::Kind;
pub use state::{By, State};

/// An application without its answers.
#[derive(Clone, Debug)]
pub struct Application {
    /// Municipality.
    pub tenant: TenantId,
    /// Id.
    pub id: ApplicationId,
    /// Whose it is.
    pub account: AccountId,
    /// What it asks for.
    pub procedure: ProcedureId,
    /// The version of the form that was filled in; an application stays with it.
    pub form_version: u32,
    /// 受付番号.
    pub receipt: Receipt,
    /// Correction round, from 0.
    pub round: u32,
    /// Where it stands.
    pub state: State,
    /// Counts changes; every move names the one it saw.
    pub version: i64,
    /// 到達日時: the durable commit.
    pub arrived_at: Millis,
    /// Last move.
    pub changed_at: Millis,
}

/// A move that the table allows, ready to be stored.
#[derive(Clone, Debug)]
pub struct Changed {
    pub(crate) to: State,
    pub(crate) seen: i64,
    pub(crate) at: Millis,
}

/// Why a move was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// The table has no such move.
    #[error("an application in state {0} cannot go to {1}")]
    Move(State, State),
    /// A reason is needed.
    #[error("this move needs a reason")]
    Reason,
}

impl Application {
    /// Whether the applicant or the office may move it to `to`.
    pub fn go(&self, to: State, kind: Kind, by: Actor, at: Millis) -> Result<Changed, NotAllowed> {
        let who = match by {
            Actor::Citizen(_) => By::Citizen,
            Actor::Staff(_) => By::Staff,
            Actor::System => By::System,
        };
        if !state::may_move(self.state, to, who, kind) {
            return Err(NotAllowed::Move(self.state, to));
        }
        Ok(Changed { to, seen: self.version, at })
    }
}
