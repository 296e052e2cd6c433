//! The guide's pages as citizens meet them.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use madoguchi_base::db::{Class, Never};
use madoguchi_base::{Day, Millis, random};

use super::views::{SurveyPage, TextPage};
use super::{EASE, HEARD, Topic, is_choice, store};
use crate::account::Citizen;
use crate::app::App;
use crate::error::Error;
use crate::page;
use crate::procedure::Input;
use crate::site::Tenant;

/// `GET /{tenant}/guide/{topic}`: no statement, no rendering.
pub async fn text(
    Tenant(shelf): Tenant,
    Path((_, topic)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let topic: Topic = topic.parse().map_err(|()| Error::NotFound)?;
    Ok(shelf.guide(topic).ok_or(Error::NotFound)?.page.respond(&headers))
}

/// `GET /{tenant}/guide/{topic}/{version}`: an older version.
pub async fn version(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    Path((_, topic, version)): Path<(String, String, String)>,
) -> Result<Response, Error> {
    let topic: Topic = topic.parse().map_err(|()| Error::NotFound)?;
    let version: i64 = version.parse().map_err(|_| Error::NotFound)?;
    let newest = shelf.guide(topic).ok_or(Error::NotFound)?.version;
    let mut x = app.db.reader().await?;
    let row = store::find(&mut x, shelf.tenant(), topic.code(), version).await?.ok_or(Error::NotFound)?;
    drop(x);
    let published = Millis(row.published_at).japanese();
    let page = TextPage::new(shelf.frame(topic.title()), topic, (version, newest), &row.body, published);
    Ok(page::html(&page, StatusCode::OK))
}

/// `GET /{tenant}/news`
pub async fn news(Tenant(shelf): Tenant, headers: HeaderMap) -> Response {
    shelf.news().respond(&headers)
}

/// `GET /{tenant}/survey`
pub async fn survey(Tenant(shelf): Tenant) -> Response {
    let page = SurveyPage {
        frame: shelf.frame("1分アンケート"),
        key: random::alnum(22),
        done: false,
        heard: String::new(),
        ease: String::new(),
        missing: false,
    };
    page::html(&page, StatusCode::OK)
}

/// `POST /{tenant}/survey`. Who is signed in decides that it is taken, and is forgotten.
pub async fn answer(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    citizen: Citizen,
    body: Bytes,
) -> Result<Response, Error> {
    let input = Input::parse(&body)?;
    let value = |name| input.get(name).unwrap_or_default().to_owned();
    let (key, heard, ease) = (value("key"), value("heard"), value("ease"));
    let known = key.len() == 22 && key.bytes().all(|b| b.is_ascii_alphanumeric());
    if !known {
        return Err(Error::BadRequest);
    }
    let complete = is_choice(&HEARD, &heard) && is_choice(&EASE, &ease);
    if complete {
        let input = (key.clone(), Day::of(app.clock.wall()), heard.clone(), ease.clone());
        let tenant = citizen.tenant;
        app.db
            .write::<_, (), Never, _>(
                "survey",
                Class::Person,
                tenant,
                input,
                move |(id, day, heard, ease), tx| {
                    Box::pin(async move { Ok(store::answer(tx, tenant, id, *day, (heard, ease)).await?) })
                },
            )
            .await?;
    }
    let frame = shelf.frame("1分アンケート");
    let page = SurveyPage { frame, key, done: complete, heard, ease, missing: !complete };
    Ok(page::html(&page, if complete { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }))
}
