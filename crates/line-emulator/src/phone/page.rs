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

#[derive(Template)]
#[template(path = "phones.html")]
struct Phones {
    /// Id, name, and whether the phone is shown.
    people: Vec<(String, String, bool)>,
}

fn shown(app: &App) -> Vec<(String, String)> {
    let world = app.store.lock();
    world.people.all.iter().take(SHOWN).map(|p| (p.id.clone(), p.name.clone())).collect()
}

/// `GET /phone/`
pub(super) fn people(app: &App) -> Reply {
    page(app, StatusCode::OK, &People { people: shown(app) })
}

/// `GET /phones?people=hanako,taro` (or `person=` once for each): several phones side by side.
pub(super) fn phones(app: &App, req: &Req) -> Reply {
    let wanted: Vec<String> = url::form_urlencoded::parse(req.query.as_bytes())
        .filter(|(name, _)| matches!(name.as_ref(), "people" | "person"))
        .flat_map(|(_, value)| value.split(',').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let mut people: Vec<(String, String, bool)> = shown(app)
        .into_iter()
        .enumerate()
        .map(|(number, (id, name))| {
            let chosen = if wanted.is_empty() { number < 3 } else { wanted.contains(&id) };
            (id, name, chosen)
        })
        .collect();
    // Somebody beyond the first ones can still be asked for by name.
    let world = app.store.lock();
    for id in &wanted {
        let known = people.iter().any(|(other, ..)| other == id);
        if let (false, Some(person)) = (known, world.people.get(id)) {
            people.push((id.clone(), person.name.clone(), true));
        }
    }
    drop(world);
    page(app, StatusCode::OK, &Phones { people })
}

/// `POST /phone/{id}/hold`: of several phones in one browser, this one is in the hand now.
pub(super) fn hold(app: &App, id: &str) -> Reply {
    if app.store.lock().people.find(id).is_none() {
        return Reply::not_found();
    }
    Reply::empty(StatusCode::NO_CONTENT).with(SET_COOKIE, &person_cookie(id))
}

/// `GET /phone/{id}`: this browser is that person's from now on.
pub(super) fn phone(app: &App, id: &str, req: &Req) -> Reply {
    let Some(name) = app.store.lock().people.get(id).map(|p| p.name.clone()) else { return not_found(app) };
    let embed = req.query().get("embed") == Some("1");
    let phone = Phone { id, name, people: shown(app), embed };
    page(app, StatusCode::OK, &phone).with(SET_COOKIE, &person_cookie(id))
}
