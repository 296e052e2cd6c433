//! Audiences of given ids, as JSON or as a file.

use super::super::body::{json_object, text};
use super::super::{Call, multipart, rate_limited};
use super::{add, description, refused, unknown};
use crate::ids;
use crate::state::World;
use crate::state::audience::{Audience, Origin, Upload};
use crate::state::event::Event;
use crate::wire::Reply;
use http::StatusCode;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use uuid::Uuid;

/// LINE docs: ids in one request, as JSON and as a file; uploads of one audience at once.
const AS_JSON: usize = 10_000;
const AS_FILE: usize = 1_500_000;
const AT_ONCE: usize = 10;

/// What an upload gives.
struct Given {
    audience: Option<u64>,
    description: Option<String>,
    upload_description: String,
    is_ifa: bool,
    ids: Vec<String>,
    most: usize,
}

fn from_json(body: &Map<String, Value>) -> Given {
    let ids = body.get("audiences").and_then(Value::as_array).into_iter().flatten();
    Given {
        audience: body.get("audienceGroupId").and_then(Value::as_u64),
        description: text(body, "description").map(str::to_owned),
        upload_description: text(body, "uploadDescription").unwrap_or_default().to_owned(),
        is_ifa: body.get("isIfaAudience").and_then(Value::as_bool).unwrap_or(false),
        ids: ids.map(|a| a["id"].as_str().unwrap_or_default().to_owned()).collect(),
        most: AS_JSON,
    }
}

fn from_file(call: &Call<'_>) -> Result<Given, Reply> {
    let media_type = call.req.media_type();
    let wrong = || {
        let message = format!("The content type, {media_type}, is not supported");
        Reply::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, &message)
    };
    let parts = multipart::parts(call.req).ok_or_else(wrong)?;
    let part = |name: &str| {
        let found = parts.iter().find(|(n, _)| n == name);
        found.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
    };
    let file = part("file").ok_or_else(|| Reply::bad("file is required"))?;
    let lines = file.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(Given {
        audience: part("audienceGroupId").and_then(|id| id.trim().parse().ok()),
        description: part("description"),
        upload_description: part("uploadDescription").unwrap_or_default(),
        is_ifa: part("isIfaAudience").is_some_and(|text| text.trim() == "true"),
        ids: lines.map(str::to_owned).collect(),
        most: AS_FILE,
    })
}

/// `POST /v2/bot/audienceGroup/upload`
pub(in super::super) fn create(call: &Call<'_>) -> Reply {
    made(call, json_object(call).map(|body| from_json(&body)))
}

/// `POST api-data: /v2/bot/audienceGroup/upload/byFile`
pub(in super::super) fn create_by_file(call: &Call<'_>) -> Reply {
    made(call, from_file(call))
}

/// `PUT /v2/bot/audienceGroup/upload`
pub(in super::super) fn extend(call: &Call<'_>) -> Reply {
    extended(call, json_object(call).map(|body| from_json(&body)))
}

/// `PUT api-data: /v2/bot/audienceGroup/upload/byFile`
pub(in super::super) fn extend_by_file(call: &Call<'_>) -> Reply {
    extended(call, from_file(call))
}

/// Friends or not, but people of this provider; ids of nobody are passed over.
fn people(call: &Call<'_>, world: &World, given: &Given) -> Result<Vec<u32>, Reply> {
    if given.ids.len() > given.most {
        return Err(refused("too many audiences", "UPLOAD_AUDIENCE_GROUP_TOO_MANY_AUDIENCE_IDS"));
    }
    if !given.is_ifa && given.ids.iter().any(|id| !(id.starts_with('U') && ids::is_receiver(id))) {
        return Err(refused("an id is invalid", "UPLOAD_AUDIENCE_GROUP_INVALID_AUDIENCE_ID_FORMAT"));
    }
    let users = &world.tenants[call.tenant()].users;
    let known = given.ids.iter().filter_map(|id| users.get(id));
    Ok(known.map(|p| *p as u32).collect::<BTreeSet<u32>>().into_iter().collect())
}

fn upload(given: &Given, now: i64) -> Upload {
    let id = Uuid::new_v4().as_u128() as u64 % 1_000_000_000_000;
    Upload { id, at: now, description: given.upload_description.clone(), given: given.ids.len() as u64 }
}

fn made(call: &Call<'_>, given: Result<Given, Reply>) -> Reply {
    let named = given.and_then(|given| Ok((description(given.description.as_deref())?, given)));
    let (name, given) = match named {
        Ok(named) => named,
        Err(reply) => return reply,
    };
    let now = call.app.now();
    let mut world = call.app.store.lock();
    let people = match people(call, &world, &given) {
        Ok(people) => people,
        Err(reply) => return reply,
    };
    let audience = Audience {
        origin: Origin::Upload,
        description: name,
        created: now,
        is_ifa: given.is_ifa,
        request: None,
        click_url: None,
        people,
        uploads: if given.ids.is_empty() { Vec::new() } else { vec![upload(&given, now)] },
    };
    add(call, &mut world, audience)
}

fn extended(call: &Call<'_>, given: Result<Given, Reply>) -> Reply {
    let given = match given {
        Ok(given) => given,
        Err(reply) => return reply,
    };
    let now = call.app.now();
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    let found = given.audience.and_then(|id| tenant.audiences.get(&id).map(|a| (id, a)));
    let Some((id, audience)) = found else { return unknown() };
    if audience.origin != Origin::Upload {
        return refused("only uploaded audiences take ids", "AUDIENCE_GROUP_NOT_FOUND");
    }
    if now > audience.created + super::LIFE_MS {
        return refused("the audience has expired", "AUDIENCE_GROUP_CAN_NOT_UPLOAD_STATUS_EXPIRED");
    }
    let at_once = |u: &&Upload| now < u.at + crate::state::audience::READY_MS;
    if audience.uploads.iter().filter(at_once).count() >= AT_ONCE {
        return rate_limited();
    }
    let people = match people(call, &world, &given) {
        Ok(people) => people,
        Err(reply) => return reply,
    };
    let channel = tenant.provider.messaging.id.clone();
    let upload = upload(&given, now);
    world.record(Event::AudienceAdded { channel, id, upload, people });
    Reply::empty(StatusCode::ACCEPTED)
}
