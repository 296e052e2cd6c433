//! One menu for many people. LINE docs: link-rich-menu-to-users.

use super::super::Call;
use super::super::body::{invalid_property, json_object, text};
use super::super::fields::{At, Findings};
use crate::ids;
use crate::state::event::Event;
use crate::state::jobs::{Job, Work};
use crate::wire::Reply;
use http::StatusCode;
use serde_json::{Map, Value, json};

/// `POST /v2/bot/richmenu/bulk/link`: 202, and done in a while.
pub(in super::super) fn link(call: &Call<'_>) -> Reply {
    order(call, true)
}

/// `POST /v2/bot/richmenu/bulk/unlink`
pub(in super::super) fn unlink(call: &Call<'_>) -> Reply {
    order(call, false)
}

fn order(call: &Call<'_>, linking: bool) -> Reply {
    let body = match json_object(call).and_then(|body| checked(&body).map(|()| body)) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    let id = if linking {
        let id = text(&body, "richMenuId").unwrap_or_default();
        match tenant.menus.get(id) {
            None => return Reply::error(StatusCode::NOT_FOUND, "richmenu not found"),
            Some(menu) if menu.image.is_none() => return Reply::bad(super::NO_IMAGE),
            Some(_) => Some(id.to_owned()),
        }
    } else {
        None
    };
    let given = body.get("userIds").and_then(Value::as_array).into_iter().flatten();
    let known = given.filter_map(|user| tenant.users.get(user.as_str()?).copied());
    let people = known.filter(|p| !linking || tenant.is_friend(*p)).map(|p| p as u32).collect();
    let channel = tenant.provider.messaging.id.clone();
    let work = Work::Menus { people, id };
    let job = Job { at: call.app.now(), channel, request: call.id, work, done: None };
    world.record(Event::Job(Box::new(job)));
    Reply::json(StatusCode::ACCEPTED, &json!({}))
}

fn checked(body: &Map<String, Value>) -> Result<(), Reply> {
    let mut findings = Findings::default();
    let users = findings.list(At { object: body, place: "" }, "userIds", (1, 500));
    let is_user = |id: &Value| id.as_str().is_some_and(|id| id.starts_with('U') && ids::is_receiver(id));
    if let Some(index) = users.and_then(|users| users.iter().position(|id| !is_user(id))) {
        return Err(invalid_property(&format!("userIds[{index}]")));
    }
    findings.reply().map_or(Ok(()), Err)
}
