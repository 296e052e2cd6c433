//! People: who they are, and what arrived.

use super::body;
use crate::app::App;
use crate::config::Traits;
use crate::state::device::Device;
use crate::state::event::Event;
use crate::wire::{Reply, Req};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPeople {
    count: Option<u32>,
    /// With `count`: they are friends of that messaging channel from the beginning.
    friend_of: Option<String>,
    id: Option<String>,
    name: Option<String>,
    /// What LINE believes to know of them.
    traits: Option<Box<Traits>>,
}

/// `GET /_emulator/personas`
pub(super) fn list(app: &App, req: &Req) -> Reply {
    let query = req.query();
    let number = |name| query.get(name).and_then(|n| n.parse::<usize>().ok());
    let (skip, limit) = (number("since").unwrap_or(0), number("limit").unwrap_or(usize::MAX));
    let world = app.store.lock();
    let people = world.people.all.iter().enumerate().skip(skip).take(limit);
    let all: Vec<Value> = people
        .map(|(index, person)| {
            let channels: Vec<Value> = world
                .tenants
                .iter()
                .map(|t| {
                    json!({
                        "channel": t.provider.messaging.id,
                        "user_id": t.user_id(&person.id),
                        "friend": t.is_friend(index),
                    })
                })
                .collect();
            json!({ "id": person.id, "name": person.name, "traits": person.traits, "device": person.device, "channels": channels })
        })
        .collect();
    Reply::ok(&all.into())
}

/// `POST /_emulator/personas`
pub(super) fn add(app: &App, req: &Req) -> Reply {
    let new: NewPeople = match body(req) {
        Ok(new) => new,
        Err(reply) => return reply,
    };
    let mut world = app.store.lock();
    match new {
        NewPeople { count: Some(count), friend_of, id: None, traits, .. } if count <= 1_000_000 => {
            let first = world.people.all.len();
            world.record(Event::Crowd { count, friend_of, traits, at: app.now() });
            let ids: Vec<&str> = world.people.all[first..].iter().map(|p| p.id.as_str()).collect();
            Reply::json(StatusCode::CREATED, &json!({ "ids": ids }))
        }
        NewPeople { count: None, id: Some(id), name, traits, .. } if is_plain(&id) => {
            if world.people.find(&id).is_some() {
                return Reply::error(StatusCode::CONFLICT, "there is a person of that id");
            }
            let name = name.unwrap_or_else(|| id.clone());
            world.record(Event::Persona { id: id.clone(), name, traits });
            Reply::json(StatusCode::CREATED, &json!({ "ids": [id] }))
        }
        _ => Reply::bad("give count (up to 1000000), or id of [A-Za-z0-9_-] and name"),
    }
}

fn is_plain(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holds {
    device: Device,
}

/// `POST /_emulator/personas/{id}/device`
pub(super) fn device(app: &App, id: &str, req: &Req) -> Reply {
    let holds: Holds = match body(req) {
        Ok(holds) => holds,
        Err(reply) => return reply,
    };
    let mut world = app.store.lock();
    if world.people.find(id).is_none() {
        return Reply::not_found();
    }
    world.record(Event::Device { persona: id.to_owned(), device: holds.device });
    Reply::ok(&json!({}))
}

/// What arrived in someone's talks, oldest first.
pub(crate) fn arrived(app: &App, persona: &str) -> Option<Vec<Value>> {
    let world = app.store.lock();
    let talk = &world.people.get(persona)?.talk;
    let lines = talk.iter().filter(|line| !line.mine).map(|line| {
        json!({
            "at": line.at,
            "channel": world.tenants[line.tenant as usize].provider.messaging.id,
            "retry_key": line.retry_key,
            "message": serde_json::from_str::<Value>(&line.message).unwrap_or_default(),
        })
    });
    Some(lines.collect())
}

/// What the person wrote into their talks, oldest first.
pub(crate) fn said(app: &App, persona: &str) -> Vec<String> {
    let world = app.store.lock();
    let Some(person) = world.people.get(persona) else { return Vec::new() };
    person.talk.iter().filter(|line| line.mine).map(|line| line.message.to_string()).collect()
}

/// `GET /_emulator/personas/{id}/messages`
pub(super) fn messages(app: &App, id: &str) -> Reply {
    arrived(app, id).map_or_else(Reply::not_found, |messages| Reply::ok(&messages.into()))
}
