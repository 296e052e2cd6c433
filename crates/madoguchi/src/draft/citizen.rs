//! 「一時保存」 and going on with it.

use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use madoguchi_base::Day;

use super::acts;
use crate::account::Citizen;
use crate::app::App;
use crate::attachment;
use crate::attachment::form::{Filled, Filler};
use crate::error::Error;
use crate::procedure::{Problems, views};
use crate::site::Tenant;

/// `POST /{tenant}/p/{procedure}/draft`: as it is, right or wrong. A script is told 204, a person sees 「私の申請」.
pub async fn save(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    citizen: Citizen,
    Path((_, slug)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Error> {
    let is_script =
        request.headers().get(header::ACCEPT).is_some_and(|a| a.as_bytes() == b"application/json");
    let filler = Filler { app: &app, shelf: &shelf, citizen: &citizen, slug: &slug };
    let Filled { input, refused } = filler.read(request).await?;
    let published = filler.version_of(&input)?;
    acts::save(&app, (citizen.tenant, citizen.account), published, &input).await?;
    if is_script {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    if !refused.is_empty() {
        let context = shelf.context(Day::of(app.clock.wall()));
        return Ok(views::filled(&shelf, published, context, &input, Some(&Problems(refused))));
    }
    Ok(Redirect::to(&shelf.frame("").href("a")).into_response())
}

/// `GET /{tenant}/p/{procedure}/draft`: the form as it was left; the empty one where nothing was saved.
pub async fn go_on(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    citizen: Citizen,
    Path((_, slug)): Path<(String, String)>,
) -> Result<Response, Error> {
    let current = shelf.current(&slug).ok_or(Error::NotFound)?;
    let who = (citizen.tenant, citizen.account);
    let Some((version, mut input)) = acts::load(&app, who, current).await? else {
        return Ok(Redirect::to(&shelf.frame("").href(&format!("p/{slug}/form"))).into_response());
    };
    let published = shelf.find(current.id, version).unwrap_or(current);
    let gone = attachment::acts::resolve(&app, who, &published.form, &mut input).await?;
    let gone = (!gone.is_empty()).then(|| attachment::form::gone(gone));
    let context = shelf.context(Day::of(app.clock.wall()));
    Ok(views::filled(&shelf, published, context, &input, gone.as_ref()))
}

/// `POST /{tenant}/p/{procedure}/draft/remove`
pub async fn remove(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    citizen: Citizen,
    Path((_, slug)): Path<(String, String)>,
) -> Result<Response, Error> {
    let current = shelf.current(&slug).ok_or(Error::NotFound)?;
    acts::remove(&app, (citizen.tenant, citizen.account), current).await?;
    Ok(Redirect::to(&shelf.frame("").href("a")).into_response())
}
