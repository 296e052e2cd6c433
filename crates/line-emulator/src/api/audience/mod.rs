//! Audiences. LINE docs: manage-audience-group.

pub(super) mod make;
pub(super) mod upload;
pub(super) mod view;

use super::Call;
use crate::state::World;
use crate::state::audience::Audience;
use crate::state::calendar::DAY_MS;
use crate::state::event::Event;
use crate::wire::Reply;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

/// LINE docs: so many audiences a channel, each for so long, with a description of so many characters.
const MOST: usize = 1000;
const LIFE_MS: i64 = 180 * DAY_MS;
const DESCRIPTION: usize = 120;

/// LINE's error with one of its codes.
fn refused(message: &str, code: &str) -> Reply {
    let body = json!({ "message": message, "details": [{ "message": code }] });
    Reply::json(StatusCode::BAD_REQUEST, &body)
}

fn unknown() -> Reply {
    refused("audience group not found", "AUDIENCE_GROUP_NOT_FOUND")
}

/// The description, if it may be one.
fn description(text: Option<&str>) -> Result<String, Reply> {
    let text = text.unwrap_or_default().trim();
    if text.is_empty() {
        return Err(refused("description is invalid", "AUDIENCE_GROUP_NAME_WRONG"));
    }
    if text.encode_utf16().count() > DESCRIPTION {
        return Err(refused("description is too long", "AUDIENCE_GROUP_NAME_SIZE_OVER"));
    }
    Ok(text.to_owned())
}

/// The audience of that number. `params[0]` where the path has it.
fn by_path<'a>(call: &Call<'_>, world: &'a World) -> Result<(u64, &'a Audience), Reply> {
    let id = call.params[0].parse::<u64>().map_err(|_| unknown())?;
    let audience = world.tenants[call.tenant()].audiences.get(&id).ok_or_else(unknown)?;
    Ok((id, audience))
}

/// Adds a new audience, and says what LINE says of it.
fn add(call: &Call<'_>, world: &mut World, audience: Audience) -> Reply {
    let tenant = &world.tenants[call.tenant()];
    if tenant.audiences.len() >= MOST {
        return refused("too many audience groups", "AUDIENCE_GROUP_COUNT_MAX_OVER");
    }
    // Thirteen digits, as LINE's are; the chance of meeting one that exists is nil.
    let id = 1_000_000_000_000 + Uuid::new_v4().as_u128() as u64 % 8_000_000_000_000;
    let mut body = json!({
        "audienceGroupId": id,
        "createRoute": "MESSAGING_API",
        "type": audience.origin,
        "description": audience.description,
        "created": audience.created / 1000,
        "permission": "READ_WRITE",
        "expireTimestamp": (audience.created + LIFE_MS) / 1000,
        "isIfaAudience": audience.is_ifa,
    });
    put(&mut body, &audience);
    let channel = tenant.provider.messaging.id.clone();
    world.record(Event::Audience { channel, id, data: Box::new(audience) });
    Reply::json(StatusCode::ACCEPTED, &body)
}

/// What only click and impression audiences have.
fn put(body: &mut Value, audience: &Audience) {
    if let Some(request) = audience.request {
        body["requestId"] = request.to_string().into();
    }
    if let Some(url) = &audience.click_url {
        body["clickUrl"] = url.as_str().into();
    }
}
