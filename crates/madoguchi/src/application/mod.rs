//! 申請: one application: its state, receipt number, history and sealed answers.
//! Is: the record of what a citizen sent and what the office did with it.
//! Is not: the form (that is `procedure`), nor the news that LINE carries (that is `madoguchi_line::notice`).
//! Answers live here and only here; they are sealed before they reach the database.

pub mod acts;
pub mod agent;
pub mod answers;
pub mod citizen;
pub mod confirm;
pub mod correction;
pub mod deadline;
pub mod earlier;
pub mod epoch;
pub mod intake;
mod mend;
mod rules;
pub mod state;
pub mod still;
pub mod store;
pub mod submit;
pub mod view;

use std::fmt;
use std::str::FromStr;

use madoguchi_base::{AccountId, ApplicationId, Day, Millis, ProcedureId, Receipt, TenantId};

pub use rules::{Changed, Rules, With, may};
pub use state::{By, State};

/// How an application reached the city hall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// By the person, through LINE.
    Line,
    /// On paper; entered by staff.
    Paper,
    /// By telephone; entered by staff.
    Telephone,
    /// At the counter; entered by staff.
    Counter,
}

/// Not a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a channel of applications")]
pub struct UnknownChannel;

impl Channel {
    /// Those that staff enter.
    pub const BY_STAFF: [Self; 3] = [Self::Counter, Self::Paper, Self::Telephone];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Paper => "paper",
            Self::Telephone => "telephone",
            Self::Counter => "counter",
        }
    }

    /// What staff read.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Line => "LINE",
            Self::Paper => "紙（郵送・持参）",
            Self::Telephone => "電話",
            Self::Counter => "窓口",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Channel {
    type Err = UnknownChannel;
    fn from_str(s: &str) -> Result<Self, UnknownChannel> {
        let all = [Self::Line].into_iter().chain(Self::BY_STAFF);
        all.into_iter().find(|c| c.code() == s).ok_or(UnknownChannel)
    }
}

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
    /// How it came in.
    pub channel: Channel,
    /// In correction: until when the citizen should answer. Otherwise: the end of the 標準処理期間, once accepted.
    pub due: Option<Day>,
    /// Business days of the period that were left when a correction stopped it.
    pub days_left: Option<i64>,
    /// A correction was answered then, and the office has not acted since.
    pub answered_at: Option<Millis>,
    /// A clerk looked at the documents then.
    pub identity_at: Option<Millis>,
    /// The application that goes on in the place of this duplicate.
    pub duplicate_of: Option<ApplicationId>,
}

/// Why a move was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// The table has no such move, or the procedure does not have it.
    #[error("an application in state {0} cannot go to {1}")]
    Move(State, State),
    /// A reason is needed.
    #[error("this move needs a reason")]
    Reason,
    /// A correction needs a day.
    #[error("a correction needs a day by which it should be answered")]
    Day,
    /// Nobody has looked at the documents.
    #[error("the documents have to be looked at before")]
    Identity,
    /// A duplicate points at another application.
    #[error("a duplicate needs the application that goes on")]
    Survivor,
}
