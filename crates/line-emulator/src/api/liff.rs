//! LIFF apps of a Login channel: their records only, not LIFF itself. LINE docs: liff-server.

use super::Call;
use super::body::json_object;
use super::fields::{At, Findings, Unit};
use crate::ids;
use crate::state::event::Event;
use crate::wire::Reply;
use serde_json::{Map, Value, json};

/// LINE docs: so many apps a channel.
const MOST: usize = 30;

fn checked(call: &Call<'_>, whole: bool) -> Result<Map<String, Value>, Reply> {
    let body = json_object(call)?;
    let mut findings = Findings::default();
    let root = At { object: &body, place: "" };
    let asked = whole || body.contains_key("view");
    if let Some(view) = asked.then(|| findings.object(body.get("view"), "view")).flatten() {
        findings.one_of(view, "type", &["compact", "tall", "full"], whole);
        findings.uri(view, "url", (1000, &["https", "http"]), whole);
    }
    findings.text(root, "description", (100, Unit::Utf16), false);
    findings.one_of(root, "botPrompt", &["normal", "aggressive", "none"], false);
    findings.one_of(root, "permanentLinkPattern", &["concat"], false);
    if body.contains_key("scope") {
        let scopes = ["openid", "email", "profile", "chat_message.write"];
        for (index, scope) in findings.list(root, "scope", (0, 4)).into_iter().flatten().enumerate() {
            if !scope.as_str().is_some_and(|s| scopes.contains(&s)) {
                findings.add(&format!("scope[{index}]"), "Invalid value");
            }
        }
    }
    findings.reply().map_or(Ok(body), Err)
}

/// `POST /liff/v1/apps`
pub(super) fn add(call: &Call<'_>) -> Reply {
    let app = match checked(call, true) {
        Ok(app) => app,
        Err(reply) => return reply,
    };
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    if tenant.liff.len() >= MOST {
        return Reply::bad("The number of LIFF apps has reached the limit");
    }
    let channel = tenant.provider.login.id.clone();
    let id = format!("{channel}-{}", &ids::random_hex()[..8]);
    world.record(Event::Liff { channel, id: id.clone(), app: Some(app.into()) });
    Reply::ok(&json!({ "liffId": id }))
}

/// `GET /liff/v1/apps`: 404 when there are none.
pub(super) fn list(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    let apps = &world.tenants[call.tenant()].liff;
    if apps.is_empty() {
        return Reply::not_found();
    }
    let whole = |(id, app): (&String, &Value)| {
        let mut whole = json!({ "liffId": id });
        if let (Value::Object(whole), Value::Object(app)) = (&mut whole, app) {
            whole.extend(app.clone());
        }
        whole
    };
    Reply::ok(&json!({ "apps": apps.iter().map(whole).collect::<Vec<Value>>() }))
}

/// `PUT /liff/v1/apps/{liffId}`: only what is given changes.
pub(super) fn update(call: &Call<'_>) -> Reply {
    let changes = match checked(call, false) {
        Ok(changes) => changes,
        Err(reply) => return reply,
    };
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    let Some(Value::Object(mut app)) = tenant.liff.get(call.params[0]).cloned() else {
        return Reply::not_found();
    };
    for (name, value) in changes {
        match (app.get_mut(&name), value) {
            (Some(Value::Object(old)), Value::Object(new)) => old.extend(new),
            (_, value) => {
                app.insert(name, value);
            }
        }
    }
    let channel = tenant.provider.login.id.clone();
    world.record(Event::Liff { channel, id: call.params[0].to_owned(), app: Some(app.into()) });
    Reply::ok(&json!({}))
}

/// `DELETE /liff/v1/apps/{liffId}`
pub(super) fn delete(call: &Call<'_>) -> Reply {
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    if !tenant.liff.contains_key(call.params[0]) {
        return Reply::not_found();
    }
    let channel = tenant.provider.login.id.clone();
    world.record(Event::Liff { channel, id: call.params[0].to_owned(), app: None });
    Reply::ok(&json!({}))
}
