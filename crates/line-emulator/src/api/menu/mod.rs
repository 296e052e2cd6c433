//! Rich menus. LINE docs: rich-menu.

pub(super) mod alias;
pub(super) mod batch;
pub(super) mod bulk;
mod picture;
mod shape;
pub(super) mod user;

use super::body::json_object;
use super::fields::Findings;
use super::{Call, forbidden};
use crate::ids;
use crate::state::event::Event;
use crate::state::tenant::Tenant;
use crate::wire::Reply;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Map, Value, json};

const MAX_MENUS: usize = 1000;
const NO_IMAGE: &str = "must upload richmenu image before applying it to user";
const MAX_IMAGE: usize = 1024 * 1024;

fn checked(call: &Call<'_>) -> Result<Map<String, Value>, Reply> {
    let menu = json_object(call)?;
    let mut findings = Findings::default();
    shape::check(&menu, &mut findings);
    findings.reply().map_or(Ok(menu), Err)
}

/// Checks a menu that was not made by the API, and its picture; the picture's media type.
pub(crate) fn menu_with_picture(menu: &Map<String, Value>, bytes: &[u8]) -> Result<&'static str, Reply> {
    let mut findings = Findings::default();
    shape::check(menu, &mut findings);
    if let Some(reply) = findings.reply() {
        return Err(reply);
    }
    let picture = picture::probe(bytes)
        .filter(|p| bytes.len() <= MAX_IMAGE && shape::is_size_allowed(p.width.into(), p.height.into()));
    picture.map(|p| p.media_type).ok_or_else(|| Reply::bad("The image size is not allowed for richmenu"))
}

/// `POST /v2/bot/richmenu/validate`
pub(super) fn validate_only(call: &Call<'_>) -> Reply {
    checked(call).map_or_else(|reply| reply, |_| Reply::ok(&json!({})))
}

/// `POST /v2/bot/richmenu`
pub(super) fn create(call: &Call<'_>) -> Reply {
    let menu = match checked(call) {
        Ok(menu) => menu,
        Err(reply) => return reply,
    };
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    if tenant.menus.len() >= MAX_MENUS {
        return Reply::bad("The number of richmenus has reached the limit");
    }
    let channel = tenant.provider.messaging.id.clone();
    let id = format!("richmenu-{}", ids::random_hex());
    world.record(Event::MenuMade { channel, id: id.clone(), menu: menu.into() });
    Reply::ok(&json!({ "richMenuId": id }))
}

fn with_id(id: &str, menu: &Value) -> Value {
    let mut whole = json!({ "richMenuId": id });
    if let (Value::Object(whole), Value::Object(menu)) = (&mut whole, menu) {
        whole.extend(menu.clone());
    }
    whole
}

/// `GET /v2/bot/richmenu/{richMenuId}`
pub(super) fn get(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    match world.tenants[call.tenant()].menus.get(call.params[0]) {
        Some(menu) => Reply::ok(&with_id(call.params[0], &menu.menu)),
        None => Reply::not_found(),
    }
}

/// `GET /v2/bot/richmenu/list`
pub(super) fn list(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    let menus = &world.tenants[call.tenant()].menus;
    let menus: Vec<Value> = menus.iter().map(|(id, menu)| with_id(id, &menu.menu)).collect();
    Reply::ok(&json!({ "richmenus": menus }))
}

/// `DELETE /v2/bot/richmenu/{richMenuId}`
pub(super) fn delete(call: &Call<'_>) -> Reply {
    let mut world = call.app.store.lock();
    if !world.tenants[call.tenant()].menus.contains_key(call.params[0]) {
        return Reply::not_found();
    }
    world.record(Event::MenuGone { id: call.params[0].to_owned() });
    Reply::ok(&json!({}))
}

/// `POST api-data: /v2/bot/richmenu/{richMenuId}/content`: once; the picture is really looked at.
pub(super) fn upload(call: &Call<'_>) -> Reply {
    let media_type = call.req.media_type();
    if !matches!(media_type.as_str(), "image/png" | "image/jpeg") {
        let message = format!("The content type, {media_type}, is not supported");
        return Reply::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, &message);
    }
    let body = &call.req.body;
    let mut world = call.app.store.lock();
    let Some(menu) = world.tenants[call.tenant()].menus.get(call.params[0]) else {
        return Reply::not_found();
    };
    if menu.image.is_some() {
        return Reply::bad("An image has already been uploaded to the richmenu");
    }
    if body.len() > MAX_IMAGE {
        return Reply::error(StatusCode::PAYLOAD_TOO_LARGE, "The image is too large");
    }
    let fits = |p: &picture::Picture| {
        p.media_type == media_type && shape::is_size_allowed(p.width.into(), p.height.into())
    };
    if !picture::probe(body).is_some_and(|p| fits(&p)) {
        return Reply::bad("The image size is not allowed for richmenu");
    }
    let base64 = STANDARD.encode(body);
    world.record(Event::MenuImage { id: call.params[0].to_owned(), media_type, base64 });
    Reply::ok(&json!({}))
}

/// `GET api-data: /v2/bot/richmenu/{richMenuId}/content`
pub(super) fn image(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    let menu = world.tenants[call.tenant()].menus.get(call.params[0]);
    match menu.and_then(|m| m.image.as_ref()) {
        Some((media_type, bytes)) => {
            let reply = Reply::new(StatusCode::OK, "", bytes.clone());
            reply.with(http::header::CONTENT_TYPE, media_type)
        }
        None => Reply::not_found(),
    }
}

/// Whether that menu may be shown to people.
fn usable(tenant: &Tenant, id: &str) -> Result<(), Reply> {
    match tenant.menus.get(id) {
        None => Err(Reply::not_found()),
        Some(menu) if menu.image.is_none() => Err(Reply::bad(NO_IMAGE)),
        Some(_) => Ok(()),
    }
}

/// `POST /v2/bot/user/all/richmenu/{richMenuId}`
pub(super) fn set_default(call: &Call<'_>) -> Reply {
    let id = call.params[0];
    let mut world = call.app.store.lock();
    let elsewhere = world.tenants.iter().any(|t| t.menus.contains_key(id));
    let tenant = &world.tenants[call.tenant()];
    if elsewhere && !tenant.menus.contains_key(id) {
        return forbidden("the richmenu is owned by another channel");
    }
    if let Err(reply) = usable(tenant, id) {
        return reply;
    }
    let channel = tenant.provider.messaging.id.clone();
    world.record(Event::MenuDefault { channel, id: Some(id.to_owned()) });
    Reply::ok(&json!({}))
}

/// `GET /v2/bot/user/all/richmenu`
pub(super) fn get_default(call: &Call<'_>) -> Reply {
    match &call.app.store.lock().tenants[call.tenant()].default_menu {
        Some(id) => Reply::ok(&json!({ "richMenuId": id })),
        None => Reply::error(StatusCode::NOT_FOUND, "no default richmenu"),
    }
}

/// `DELETE /v2/bot/user/all/richmenu`
pub(super) fn cancel_default(call: &Call<'_>) -> Reply {
    let mut world = call.app.store.lock();
    let channel = world.tenants[call.tenant()].provider.messaging.id.clone();
    world.record(Event::MenuDefault { channel, id: None });
    Reply::ok(&json!({}))
}
