//! The pages from the catalogue to the confirm page, as citizens meet them.

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use madoguchi_base::Day;

use super::views::{self, CataloguePage};
use super::{At, Draw, Field, FormVersion, Input, InputError, Problem, Problems, buttons};
use crate::account::Citizen;
use crate::app::App;
use crate::application::answers::{Answers, Purpose, out};
use crate::application::{confirm as token, earlier};
use crate::attachment::form::{Filled, Filler};
use crate::error::Error;
use crate::page;
use crate::site::Tenant;

/// A body that is no form.
impl From<InputError> for Error {
    fn from(e: InputError) -> Self {
        match e {
            InputError::TooLarge | InputError::TooMany => Self::TooLarge,
            InputError::NotText => Self::BadRequest,
        }
    }
}

/// `GET /{tenant}/`
pub async fn catalogue(Tenant(shelf): Tenant, headers: HeaderMap) -> Response {
    shelf.page().respond(&headers)
}

/// `POST /{tenant}/search`: the words stay out of addresses.
pub async fn search(Tenant(shelf): Tenant, body: Bytes) -> Result<Response, Error> {
    let input = Input::parse(&body)?;
    let words: String = input.get("q").unwrap_or_default().trim().chars().take(100).collect();
    let frame = shelf.frame("手続を探す");
    let categories = shelf.search(&words);
    Ok(page::html(&CataloguePage { frame, searched: Some(&words), categories }, StatusCode::OK))
}

/// `GET /{tenant}/p/{procedure}`: readable by everybody.
pub async fn procedure(
    Tenant(shelf): Tenant,
    Path((_, slug)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let published = shelf.current(&slug).ok_or(Error::NotFound)?;
    Ok(published.public_page().ok_or(Error::NotFound)?.respond(&headers))
}

/// `GET /{tenant}/p/{procedure}/form`: no statement, no rendering.
pub async fn form(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    Path((_, slug)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let published = shelf.current(&slug).ok_or(Error::NotFound)?;
    let page = shelf
        .form_page(published, Day::of(app.clock.wall()))
        .map_err(|_| Error::internal("form", "a form cannot be drawn"))?;
    // A procedure that is done elsewhere says so on its page.
    let about = || Redirect::to(&shelf.frame("").href(&format!("p/{slug}"))).into_response();
    Ok(page.map_or_else(about, |page| page.respond(&headers)))
}

/// `POST /{tenant}/p/{procedure}/form`: 「修正する」 brings the answers back into the form, and so do the answers to
/// 「マイナンバーのような番号」; `from` an own application fills in what both forms ask.
pub async fn edit(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    citizen: Citizen,
    Path((_, slug)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Error> {
    let input = Input::parse_with_token(&body)?;
    let current = shelf.current(&slug).ok_or(Error::NotFound)?;
    let context = shelf.context(Day::of(app.clock.wall()));
    if let Some(application) = input.get("from")
        && current.is_open()
        && let Some((before, answers)) = earlier::answers(&app, &shelf, &citizen, application).await?
    {
        let filled = current.form.carried(&before.form, &answers);
        return Ok(views::filled(&shelf, current, context, &filled, None));
    }
    let sealed = input.get("answers").unwrap_or_default();
    let opened = token::open((&app.keys, &app.clock), citizen.tenant, citizen.account, sealed)
        .filter(|c| c.procedure == current.id)
        .and_then(|c| {
            Some((shelf.find(c.procedure, c.form_version)?, Answers::from_canonical(&c.canonical).ok()?))
        });
    let Some((published, answers)) = opened else {
        return Ok(Redirect::to(&shelf.frame("").href(&format!("p/{slug}/form"))).into_response());
    };
    let mut typed = out::input(&answers, &published.form, Purpose::Page);
    match input.get("_my_number") {
        Some("no") => return token::page(&app, &shelf, &citizen, published, &answers, true).await,
        Some("erase") => {
            let rows = out::rows(&answers, &published.form, Purpose::Page);
            let fields = published.form.like_my_number(&rows);
            for row in &fields {
                typed.remove(&row.field);
            }
            let at = At { field: fields.first().map(|r| r.field.clone()), ..At::default() };
            let with = |draw| Draw { input: Some(&typed), at: Some(&at), ..draw };
            return Ok(views::drawn(&shelf, published, context, with, StatusCode::OK));
        }
        _ => {}
    }
    Ok(views::filled(&shelf, published, context, &typed, None))
}

/// `POST /{tenant}/p/{procedure}/confirm`
pub async fn confirm(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    citizen: Citizen,
    Path((_, slug)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Error> {
    let filler = Filler { app: &app, shelf: &shelf, citizen: &citizen, slug: &slug };
    let Filled { mut input, refused } = filler.read(request).await?;
    let published = filler.version_of(&input)?;
    let context = shelf.context(Day::of(app.clock.wall()));
    if let Some(at) = buttons::press(&published.form, &mut input) {
        let with = |draw| Draw { input: Some(&input), at: Some(&at), ..draw };
        return Ok(views::drawn(&shelf, published, context, with, StatusCode::OK));
    }
    match published.form.read(&input, &context) {
        Ok(answers) if refused.is_empty() => {
            token::page(&app, &shelf, &citizen, published, &answers, false).await
        }
        read => {
            let problems = with_refused(&published.form, read.err().unwrap_or_default(), refused);
            Ok(views::filled(&shelf, published, context, &input, Some(&problems)))
        }
    }
}

/// A file that was refused says more than that one is missing; all in the order of the form.
fn with_refused(form: &FormVersion, mut problems: Problems, refused: Vec<Problem>) -> Problems {
    problems.0.retain(|p| !refused.iter().any(|r| r.field == p.field));
    problems.0.extend(refused);
    let place = |p: &Problem| form.fields().flat_map(Field::leaves).position(|f| f.id == p.field);
    problems.0.sort_by_key(place);
    problems
}
