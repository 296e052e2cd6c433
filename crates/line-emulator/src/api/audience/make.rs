//! Audiences of those who saw or clicked a message, their names, their end.

use super::super::Call;
use super::super::body::{json_object, text};
use super::{add, by_path, description, refused};
use crate::state::audience::{Audience, Origin};
use crate::state::calendar::DAY_MS;
use crate::state::event::Event;
use crate::state::sends::{Deed, Stats};
use crate::wire::Reply;
use http::StatusCode;
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// LINE docs: only of messages of the last 60 days.
const BACK_MS: i64 = 60 * DAY_MS;

/// `POST /v2/bot/audienceGroup/click`
pub(in super::super) fn click(call: &Call<'_>) -> Reply {
    retarget(call, Origin::Click)
}

/// `POST /v2/bot/audienceGroup/imp`
pub(in super::super) fn impression(call: &Call<'_>) -> Reply {
    retarget(call, Origin::Imp)
}

fn retarget(call: &Call<'_>, origin: Origin) -> Reply {
    let body = match json_object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let name = match description(text(&body, "description")) {
        Ok(name) => name,
        Err(reply) => return reply,
    };
    let now = call.app.now();
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    let request = text(&body, "requestId").and_then(|id| Uuid::try_parse(id).ok());
    let found = request.and_then(|id| tenant.sends.by_request(&id).map(|stats| (id, stats)));
    let Some((request, stats)) = found else {
        return refused("request not found", "REQUEST_NOT_FOUND");
    };
    if now > stats.at + BACK_MS {
        return refused("the message is too old", "TOO_OLD_MESSAGE_ID");
    }
    let twice = |a: &Audience| a.origin == origin && a.request == Some(request);
    if tenant.audiences.values().any(twice) {
        return refused("there is an audience of that request", "AUDIENCE_GROUP_REQUEST_ID_DUPLICATE");
    }
    let click_url = (origin == Origin::Click).then(|| text(&body, "clickUrl").map(str::to_owned)).flatten();
    let audience = Audience {
        origin,
        description: name,
        created: now,
        is_ifa: false,
        request: Some(request),
        people: touched(stats, origin, click_url.as_deref()),
        click_url,
        uploads: Vec::new(),
    };
    add(call, &mut world, audience)
}

fn touched(stats: &Stats, origin: Origin, url: Option<&str>) -> Vec<u32> {
    let fits = |deed: Deed| match (deed, origin) {
        (Deed::Seen, origin) => origin == Origin::Imp,
        (Deed::Clicked(_), Origin::Imp) => false,
        (Deed::Clicked(number), _) => {
            url.is_none_or(|url| stats.urls.get(number as usize).is_some_and(|(_, u)| u == url))
        }
    };
    let people = stats.touches.iter().filter(|t| fits(t.deed)).map(|t| t.person);
    people.collect::<BTreeSet<u32>>().into_iter().collect()
}

/// `PUT /v2/bot/audienceGroup/{audienceGroupId}/updateDescription`
pub(in super::super) fn rename(call: &Call<'_>) -> Reply {
    let body = match json_object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let name = match description(text(&body, "description")) {
        Ok(name) => name,
        Err(reply) => return reply,
    };
    let mut world = call.app.store.lock();
    match by_path(call, &world).map(|(id, _)| id) {
        Ok(id) => {
            let channel = world.tenants[call.tenant()].provider.messaging.id.clone();
            world.record(Event::AudienceNamed { channel, id, description: name });
            Reply::ok(&json!({}))
        }
        Err(reply) => reply,
    }
}

/// `DELETE /v2/bot/audienceGroup/{audienceGroupId}`
pub(in super::super) fn delete(call: &Call<'_>) -> Reply {
    let mut world = call.app.store.lock();
    match by_path(call, &world).map(|(id, _)| id) {
        Ok(id) => {
            let channel = world.tenants[call.tenant()].provider.messaging.id.clone();
            world.record(Event::AudienceGone { channel, id });
            Reply::empty(StatusCode::OK)
        }
        Err(reply) => reply,
    }
}
