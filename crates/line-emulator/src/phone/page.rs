//! The page of one phone, and the list of phones.

use super::not_found;
use crate::app::App;
use crate::login::pages::page;
use crate::login::person_cookie;
use crate::wire::{Reply, Req};
use askama::Template;
use http::StatusCode;
use http::header::SET_COOKIE;

/// So many people are offered for switching; tests make many thousands.
const SHOWN: usize = 30;

#[derive(Template)]
#[template(path = "phone.html")]
struct Phone<'a> {
    id: &'a str,
    name: String,
    people: Vec<(String, String)>,
    embed: bool,
}

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    people: Vec<(String, String)>,
}

fn shown(app: &App) -> Vec<(String, String)> {
    let world = app.store.lock();
    world.people.all.iter().take(SHOWN).map(|p| (p.id.clone(), p.name.clone())).collect()
}

/// `GET /phone/`
pub(super) fn people(app: &App) -> Reply {
    page(app, StatusCode::OK, &People { people: shown(app) })
}

/// `GET /phone/{id}`: this browser is that person's from now on.
pub(super) fn phone(app: &App, id: &str, req: &Req) -> Reply {
    let Some(name) = app.store.lock().people.get(id).map(|p| p.name.clone()) else { return not_found(app) };
    let embed = req.query().get("embed") == Some("1");
    let phone = Phone { id, name, people: shown(app), embed };
    page(app, StatusCode::OK, &phone).with(SET_COOKIE, &person_cookie(id))
}
