//! Reminders in the lane: whose time has come, and whether they are still true.

use madoguchi_base::{Day, Millis, TenantId};

use super::look::Found;
use crate::line::Inner;
use crate::notice::{Notice, PageToken};
use crate::reminder::{self, Asked, Occasion, Reminder};
use crate::store::due::DueRow;
use crate::store::outbox::Settle;
use crate::store::reminder::{self as store, ReminderRow};

/// Looked at in one commit.
const AT_ONCE: i64 = 20;

/// What becomes of a reminder.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    pub(super) id: String,
    pub(super) state: &'static str,
    /// The notice, where it is told.
    pub(super) notice: Option<Notice>,
}

/// Finds reminders whose time has come. Outside the hours, and where nobody can say whether they are true, they
/// stay promised.
pub(super) async fn due(inner: &Inner, tenant: TenantId, found: &mut Found) -> Result<(), sqlx::Error> {
    let wall = inner.clock.wall();
    let Some(window) = inner.still.get().filter(|_| reminder::is_time(wall)) else { return Ok(()) };
    let rows = store::due(&mut inner.db.reader().await?, tenant, wall, AT_ONCE).await?;
    let mut asked = Vec::new();
    for row in rows {
        match read(tenant, &row) {
            Some(one) if one.not_after > wall => asked.push(one),
            _ => found.reminders.push(Settled { id: row.id, state: "late", notice: None }),
        }
    }
    let questions: Vec<Asked> = asked.iter().map(question).collect();
    let Ok(answers) = window.ask(&questions).await else { return Ok(()) };
    for (one, is_true) in asked.iter().zip(answers) {
        let notice = is_true.then(|| one.notice(wall));
        let state = if is_true { "told" } else { "void" };
        found.reminders.push(Settled { id: one.id.to_string(), state, notice });
    }
    Ok(())
}

fn question(one: &Reminder) -> Asked {
    Asked { tenant: one.tenant, application: one.application, occasion: one.occasion }
}

fn read(tenant: TenantId, row: &ReminderRow) -> Option<Reminder> {
    Some(Reminder {
        id: row.id.parse().ok()?,
        tenant,
        account: row.account_id.parse().ok()?,
        application: row.application_id.parse().ok()?,
        procedure: row.procedure_id.parse().ok()?,
        receipt: row.receipt.parse().ok()?,
        occasion: row.occasion.parse().ok()?,
        due: row.due_on.as_deref().and_then(|d| d.parse().ok()),
        page: PageToken::random(),
        not_before: Millis(row.not_before),
        not_after: Millis(row.not_after),
    })
}

/// Takes out of what is due now the reminders that must not be told now: at night they wait for the morning,
/// and what is not true any more ends. One that may have arrived is not asked about: its key finds out.
pub(super) async fn hold_back(
    inner: &Inner,
    tenant: TenantId,
    rows: Vec<DueRow>,
    found: &mut Found,
) -> Vec<DueRow> {
    let wall = inner.clock.wall();
    let (mut go, mut asked) = (Vec::new(), Vec::new());
    for row in rows {
        let Some(occasion) = row.occasion.as_deref().filter(|_| row.not_after > wall.0) else {
            go.push(row);
            continue;
        };
        if !reminder::is_time(wall) {
            let today = reminder::begins(Day::of(wall));
            let next = if wall < today { today } else { reminder::begins(Day::of(wall).plus_days(1)) };
            found.postponed.push((row.id, next));
        } else if row.first_unknown_at.is_some() {
            go.push(row);
        } else {
            asked.push((occasion.parse::<Occasion>().ok(), row));
        }
    }
    let question = |(occasion, row): &(Option<Occasion>, DueRow)| {
        Some(Asked { tenant, application: row.application_id.parse().ok()?, occasion: (*occasion)? })
    };
    let questions: Vec<Asked> = asked.iter().filter_map(question).collect();
    if questions.is_empty() {
        return go;
    }
    let Some(window) = inner.still.get() else { return go };
    // Where the window cannot say, they stay due and are asked about again.
    let Ok(answers) = window.ask(&questions).await else { return go };
    for ((_, row), is_true) in asked.into_iter().filter(|a| question(a).is_some()).zip(answers) {
        if is_true {
            go.push(row);
        } else {
            found.ends.push(Settle { id: row.id, state: "void", outcome: "no-longer-true" });
        }
    }
    go
}
