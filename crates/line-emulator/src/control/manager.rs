//! What a city's staff do in LINE's account manager instead of by the API.

use super::body;
use crate::api::menu_with_picture;
use crate::app::App;
use crate::ids;
use crate::state::event::{Event, ManagerMenu};
use crate::wire::{Reply, Req};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMenu {
    channel: String,
    /// A rich menu object; left out or null takes the Manager's menu away.
    menu: Option<Map<String, Value>>,
    /// Its picture, PNG or JPEG.
    image_base64: Option<String>,
}

/// `POST /_emulator/manager/richmenu` `{channel, menu, image_base64}`
pub(super) fn menu(app: &App, req: &Req) -> Reply {
    let new: NewMenu = match body(req) {
        Ok(new) => new,
        Err(reply) => return reply,
    };
    if app.store.lock().messaging(&new.channel).is_none() {
        return Reply::bad("there is no messaging channel of that id");
    }
    let Some(menu) = new.menu else {
        app.store.lock().record(Event::ManagerMenu { channel: new.channel, made: None });
        return Reply::ok(&json!({}));
    };
    let picture = new.image_base64.and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
    let media_type = match menu_with_picture(&menu, &picture) {
        Ok(media_type) => media_type.to_owned(),
        Err(reply) => return reply,
    };
    let id = format!("manager-{}", ids::random_hex());
    let made =
        ManagerMenu { id: id.clone(), menu: menu.into(), media_type, base64: STANDARD.encode(picture) };
    app.store.lock().record(Event::ManagerMenu { channel: new.channel, made: Some(Box::new(made)) });
    Reply::json(StatusCode::CREATED, &json!({ "id": id }))
}
