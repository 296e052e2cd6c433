//! Corrections as the clerk reads them: what was asked, and what the answers changed.

use madoguchi_base::Millis;

use super::desk::{Around, answers_of};
use super::pages::{AskedView, ChangeView};
use super::{records, steps};
use crate::application::agent::Opened;
use crate::application::answers::{Answers, Purpose, out};
use crate::application::correction::{self, Asked};
use crate::application::{Application, State};
use crate::error::Error;
use crate::procedure::FormVersion;

/// What the citizen is asked to mend now.
pub(super) fn asked(
    a: &Application,
    around: &Around,
    opened: &Opened,
    form: &FormVersion,
) -> Option<AskedView> {
    let row = around.corrections.last().filter(|_| a.state == State::Correction)?;
    Some(view(a, row, opened, form))
}

fn view(a: &Application, row: &records::CorrectionRow, opened: &Opened, form: &FormVersion) -> AskedView {
    let asked = Asked::open(&opened.key, a.tenant, (&row.event_id, &row.sealed)).ok();
    let label = |id: &String| form.field(id).map_or_else(|| id.clone(), |f| f.label.clone());
    AskedView {
        due: steps::japanese_day(row),
        fields: asked.iter().flat_map(|a| &a.fields).map(label).collect(),
        reason: asked.map_or_else(|| "（開けません）".to_owned(), |a| a.reason),
    }
}

/// What each answer changed, newest first.
pub(super) fn changes(
    a: &Application,
    around: &Around,
    opened: &Opened,
    form: &FormVersion,
) -> Result<Vec<ChangeView>, Error> {
    let unreadable = || Error::internal("office", "an earlier round of answers did not open");
    let mut rounds: Vec<Answers> = Vec::with_capacity(around.rounds.len() + 1);
    for row in &around.rounds {
        let round = u32::try_from(row.round).map_err(|_| unreadable())?;
        let answers = correction::open_round(&opened.key, (a.tenant, a.id), round, &row.answers_sealed);
        rounds.push(answers.map_err(|_| unreadable())?);
    }
    rounds.push(answers_of(opened)?);
    let rows: Vec<_> = rounds.iter().map(|answers| out::rows(answers, form, Purpose::Page)).collect();
    let mut all = Vec::new();
    for (n, pair) in rows.windows(2).enumerate() {
        let asked = around.corrections.iter().find(|c| c.round == n as i64 && c.answered_at.is_some());
        all.push(ChangeView {
            round: n + 1,
            when: around.rounds.get(n).map(|r| Millis(r.replaced_at).japanese()).unwrap_or_default(),
            asked: asked.map(|row| view(a, row, opened, form)),
            rows: correction::differences(&pair[0], &pair[1]),
        });
    }
    all.reverse();
    Ok(all)
}
