//! Reminders: promised when something begins to wait for the person, told at their time if they are still true.
//!
//! What a reminder says may have become untrue since it was promised: the person has answered, the paper was
//! fetched. So the window is asked twice: when the reminder's time has come, and once more when its bytes are
//! about to be frozen. Between 20:00 and 9:00 nobody is reminded. One occasion of one application is told once.
//!
//! What it is not: news. A reminder holds up no notice, and is given up rather than told late.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use madoguchi_base::db::Tx;
use madoguchi_base::{AccountId, ApplicationId, Day, Millis, NoticeId, ProcedureId, Receipt, TenantId};

use crate::line::Line;
use crate::notice::{Notice, NoticeKind, PageToken};
use crate::store;

/// People are reminded from this hour on …
const FROM_HOUR: i8 = 9;
/// … and not from this one on (Asia/Tokyo).
const TO_HOUR: i8 = 20;

/// Whether people may be reminded at that moment.
pub fn is_time(at: Millis) -> bool {
    (FROM_HOUR..TO_HOUR).contains(&at.to_zoned().hour())
}

/// The moment at which reminding begins on a day: 9:00 in Japan.
pub fn begins(day: Day) -> Millis {
    day.start().plus_secs(i64::from(FROM_HOUR) * 3_600)
}

/// The moment at which it ends: 20:00 in Japan.
pub fn ends(day: Day) -> Millis {
    day.start().plus_secs(i64::from(TO_HOUR) * 3_600)
}

/// What is reminded of; each is told once per application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A correction of this round is due in so many days.
    Correction {
        /// Round of the application.
        round: u32,
        /// Days before it is due.
        days: u16,
    },
    /// Something has waited for so many days to be fetched.
    Pickup {
        /// Days since it is ready.
        days: u16,
    },
}

impl Occasion {
    const fn kind(self) -> NoticeKind {
        match self {
            Self::Correction { .. } => NoticeKind::Reminder,
            Self::Pickup { .. } => NoticeKind::Pickup,
        }
    }
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Correction { round, days } => write!(f, "correction:{round}:{days}"),
            Self::Pickup { days } => write!(f, "pickup:{days}"),
        }
    }
}

/// Not an occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an occasion of reminders")]
pub struct UnknownOccasion;

impl FromStr for Occasion {
    type Err = UnknownOccasion;
    fn from_str(s: &str) -> Result<Self, UnknownOccasion> {
        let number = |s: Option<&str>| s.and_then(|s| s.parse::<u16>().ok()).ok_or(UnknownOccasion);
        let mut parts = s.split(':');
        match parts.next() {
            Some("correction") => {
                let round = parts.next().and_then(|s| s.parse().ok()).ok_or(UnknownOccasion)?;
                Ok(Self::Correction { round, days: number(parts.next())? })
            }
            Some("pickup") => Ok(Self::Pickup { days: number(parts.next())? }),
            _ => Err(UnknownOccasion),
        }
    }
}

/// Ids, an occasion and days; nothing that a person typed fits in.
#[derive(Clone, Copy, Debug)]
pub struct Reminder {
    /// Becomes the notice's.
    pub id: NoticeId,
    /// Municipality.
    pub tenant: TenantId,
    /// Whom to remind.
    pub account: AccountId,
    /// Of which application.
    pub application: ApplicationId,
    /// Its procedure.
    pub procedure: ProcedureId,
    /// Its receipt number.
    pub receipt: Receipt,
    /// Of what.
    pub occasion: Occasion,
    /// The day told as {期限}.
    pub due: Option<Day>,
    /// Address of the notice.
    pub page: PageToken,
    /// Not told earlier.
    pub not_before: Millis,
    /// Not told later.
    pub not_after: Millis,
}

impl Reminder {
    /// The notice that it becomes.
    pub(crate) fn notice(&self, at: Millis) -> Notice {
        let kind = self.occasion.kind();
        let (who, what) = ((self.tenant, self.account), (self.application, self.procedure));
        let made = Notice::new(
            self.id,
            who.0,
            who.1,
            what.0,
            what.1,
            kind,
            self.receipt,
            self.due,
            None,
            self.page,
            at,
        );
        made.of(self.occasion).not_after(self.not_after)
    }
}

/// Promises reminders in the transaction of what they remind of. An occasion that was promised before stays as
/// it is.
pub async fn promise(tx: &mut Tx, all: &[Reminder]) -> Result<(), sqlx::Error> {
    for one in all {
        store::reminder::insert(tx, one).await?;
    }
    Ok(())
}

/// What the window is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Municipality.
    pub tenant: TenantId,
    /// Application.
    pub application: ApplicationId,
    /// What it would be reminded of.
    pub occasion: Occasion,
}

/// The window could not say; it is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the window could not say")]
pub struct NotSaid;

/// Asks the window whether reminders are still true. This crate cannot: it names no application's state.
pub trait Still: Send + Sync {
    /// One answer for each, in their order.
    fn ask<'a>(&'a self, asked: &'a [Asked]) -> BoxFuture<'a, Result<Vec<bool>, NotSaid>>;
}

impl Line {
    /// Whom to ask whether a reminder is still true. Without it none is told.
    pub fn ask_still(&self, window: Arc<dyn Still>) {
        let _first = self.inner.still.set(window);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_reminded_between_nine_and_twenty_in_japan() {
        let day = Day::new(2026, 11, 24).expect("day");
        assert_eq!(begins(day).japanese(), "令和8年11月24日(火) 午前9時00分");
        assert!(!is_time(begins(day).plus_ms(-1)) && is_time(begins(day)));
        assert!(is_time(ends(day).plus_ms(-1)) && !is_time(ends(day)));
        assert!(!is_time(day.start()));
    }

    #[test]
    fn an_occasion_is_read_as_it_is_stored() {
        for occasion in [Occasion::Correction { round: 2, days: 3 }, Occasion::Pickup { days: 7 }] {
            assert_eq!(occasion.to_string().parse(), Ok(occasion));
        }
        for wrong in ["", "correction", "correction:x:1", "draft:1"] {
            assert_eq!(wrong.parse::<Occasion>(), Err(UnknownOccasion), "{wrong}");
        }
    }
}
