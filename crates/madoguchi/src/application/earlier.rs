//! A person's own earlier answers, for a form that asks some of it again.

use std::sync::Arc;

use madoguchi_base::ApplicationId;

use super::agent::Proof;
use super::answers::Answers;
use super::store;
use crate::account::Citizen;
use crate::app::App;
use crate::error::Error;
use crate::procedure::{Published, Shelf};

/// The answers of one's own application with the form that they answer. It is a comfort: where they cannot be opened
/// (another person's, too often, the key agent is away) there are none, and the form is empty. Opening is audited.
pub async fn answers(
    app: &App,
    shelf: &Shelf,
    citizen: &Citizen,
    application: &str,
) -> Result<Option<(Arc<Published>, Answers)>, Error> {
    let Ok(id) = application.parse::<ApplicationId>() else { return Ok(None) };
    let mut x = app.db.reader().await?;
    let found = store::find(&mut x, citizen.tenant, id).await?;
    drop(x);
    let Some(a) = found.filter(|a| a.account == citizen.account) else { return Ok(None) };
    let Some(published) = shelf.find(a.procedure, a.form_version) else { return Ok(None) };
    let proof = Proof::Citizen(&citizen.token.0);
    let Ok(opened) = app.agent.open(a.tenant, a.id, "citizen-carry", proof).await else { return Ok(None) };
    let answers = Answers::from_canonical(&opened.answers).ok();
    Ok(answers.map(|answers| (Arc::clone(published), answers)))
}
