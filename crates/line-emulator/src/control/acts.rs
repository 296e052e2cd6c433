//! What people do with their phones, by address.

use super::body;
use crate::app::App;
use crate::deeds::{Deed, Talk};
use crate::state::World;
use crate::wire::{Reply, Req};
use serde::Deserialize;
use serde_json::{Value, json};

/// One pixel, PNG: what a person sends who was given no picture.
const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    channel: String,
    text: Option<String>,
    data: Option<String>,
    params: Option<Value>,
    area: Option<usize>,
    message: Option<Value>,
    message_id: Option<String>,
    /// Of `open`: the address that is opened out of a message.
    uri: Option<String>,
    /// Of `send`: the bytes of a picture, a sound or a file.
    content_base64: Option<String>,
    content_type: Option<String>,
    event: Option<Value>,
    /// Of `event`: whether it can be replied to.
    #[serde(default)]
    reply: bool,
}

/// `POST /_emulator/personas/{id}/{deed}`
pub(super) fn act(app: &App, id: &str, deed: &str, req: &Req) -> Reply {
    let act: Act = match body(req) {
        Ok(act) => act,
        Err(reply) => return reply,
    };
    let mut world = app.store.lock();
    let Some(person) = world.people.find(id) else { return Reply::not_found() };
    let Some(tenant) = world.messaging(&act.channel) else {
        return Reply::bad("there is no messaging channel of that id");
    };
    done(app, &mut world, Talk { tenant, person }, deed, act).map_or_else(Reply::bad, |said| Reply::ok(&said))
}

fn done(app: &App, world: &mut World, talk: Talk, deed: &str, act: Act) -> Result<Value, &'static str> {
    if let Some(deed) = friendship(deed) {
        app.befriend_or_not(world, talk, deed);
        return Ok(json!({}));
    }
    match (deed, act) {
        ("say", Act { text: Some(text), .. }) => Ok(json!({ "message_id": app.say(world, talk, &text) })),
        ("send", Act { message: Some(message), content_base64, content_type, .. }) => {
            match message["type"].as_str() {
                Some("text" | "sticker" | "image" | "video" | "audio" | "file" | "location") => {
                    // A picture always has bytes that can be fetched.
                    let picture = (message["type"] == "image").then(|| PICTURE.to_owned());
                    let id = app.send_message(world, talk, with_defaults(message));
                    if let Some(base64) = content_base64.or(picture) {
                        let media_type = content_type.unwrap_or_else(|| "image/png".to_owned());
                        App::keep_content(world, talk, &id, media_type, base64);
                    }
                    Ok(json!({ "message_id": id }))
                }
                _ => Err("message.type is text, sticker, image, video, audio, file or location"),
            }
        }
        ("look", _) => {
            app.look(world, talk);
            Ok(json!({}))
        }
        ("open", Act { uri: Some(uri), .. }) => {
            app.click(world, talk, &uri);
            Ok(json!({}))
        }
        ("unsend", Act { message_id: Some(id), .. }) => {
            app.unsend(world, talk, &id);
            Ok(json!({}))
        }
        ("edit", Act { message_id: Some(id), text: Some(text), .. }) => {
            app.edit(world, talk, &id, &text);
            Ok(json!({}))
        }
        ("postback", Act { data: Some(data), params, text, .. }) => {
            app.postback(world, talk, &data, params, text.as_deref());
            Ok(json!({}))
        }
        ("event", Act { event: Some(event), reply, .. }) => {
            let kind = event["type"].as_str().ok_or("event.type is missing")?.to_owned();
            app.tell(world, talk, &kind, reply, event);
            Ok(json!({}))
        }
        ("tap", Act { area: Some(area), params, .. }) => {
            let action = App::area(world, talk, area).ok_or("the menu that is shown has no such area")?;
            app.tapped(world, talk, area);
            let open = app.perform(world, talk, &action, params);
            Ok(json!({ "action": action, "open": open }))
        }
        _ => Err("an unknown deed, or what it needs is missing"),
    }
}

fn friendship(deed: &str) -> Option<Deed> {
    serde_json::from_value(Value::from(deed)).ok()
}

/// What LINE's messages of people have and a test need not write.
/// LINE docs: message-event (image, video and audio are fetched by their id; stickers have a keyword list).
fn with_defaults(mut message: Value) -> Value {
    let line = json!({ "type": "line" });
    let defaults = match message["type"].as_str() {
        Some("image") => json!({ "contentProvider": line }),
        Some("video" | "audio") => json!({ "contentProvider": line, "duration": 10_000 }),
        Some("sticker") => {
            json!({ "packageId": "446", "stickerId": "1988", "stickerResourceType": "STATIC" })
        }
        Some("file") => json!({ "fileName": "file.txt", "fileSize": 1 }),
        Some("location") => json!({
            "title": "見本市役所", "address": "見本市中央1丁目1番地", "latitude": 34.8619, "longitude": 137.0617,
        }),
        _ => json!({}),
    };
    if let (Value::Object(message), Value::Object(defaults)) = (&mut message, defaults) {
        for (name, value) in defaults {
            message.entry(name).or_insert(value);
        }
    }
    message
}
