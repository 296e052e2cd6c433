//! Sending. LINE docs: sending-messages, retrying-api-request.

pub(super) mod broadcast;
pub(super) mod multicast;
pub(super) mod narrowcast;
pub(super) mod push;
mod recipients;
pub(super) mod reply;

use super::body::{json_object, retry_key};
use super::fields::{At, Findings};
use super::{Call, messages, over_quota};
use crate::ids;
use crate::state::World;
use crate::state::event::{Cast, Event, Kind};
use crate::state::tenant::Tenant;
use crate::wire::Reply;
use http::{HeaderName, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

const ACCEPTED_ID: HeaderName = HeaderName::from_static("x-line-accepted-request-id");
const UNITS: &str = "customAggregationUnits";

/// A request to send, read as far as that goes without looking at the world.
pub(super) struct Sending {
    pub(super) body: Map<String, Value>,
    pub(super) messages: Vec<Value>,
    pub(super) unit: Option<String>,
    key: Option<Uuid>,
    now: i64,
}

impl Sending {
    /// Reads and checks a body; `check` adds what this endpoint wants besides messages.
    ///
    /// A key that was accepted before is answered before the body is looked at.
    pub(super) fn read(
        call: &Call<'_>,
        check: impl Fn(&Map<String, Value>, &mut Findings) -> Option<Reply>,
    ) -> Result<Self, Reply> {
        let mut body = json_object(call)?;
        let key = retry_key(call)?;
        let now = call.app.now();
        if let Some(reply) = already_accepted(&call.app.store.lock().tenants[call.tenant()], key, now) {
            return Err(reply);
        }
        let mut findings = Findings::default();
        if let Some(reply) = check(&body, &mut findings) {
            return Err(reply);
        }
        messages::messages(&body, &mut findings);
        if let Some(reply) = findings.reply() {
            return Err(reply);
        }
        let Some(Value::Array(messages)) = body.remove("messages") else {
            return Err(super::body::invalid_property("messages"));
        };
        let unit = body.get(UNITS).and_then(|units| units.get(0)).and_then(Value::as_str).map(str::to_owned);
        Ok(Self { body, messages, unit, key, now })
    }

    /// Sends to those people, unless the plan does not allow it. The same lock as the last look at the key.
    pub(super) fn to(self, call: &Call<'_>, world: &mut World, kind: Kind, people: Vec<u32>) -> Reply {
        let tenant = &world.tenants[call.tenant()];
        if let Some(reply) = already_accepted(tenant, self.key, self.now) {
            return reply;
        }
        if kind != Kind::Reply && !tenant.allows(people.len() as u64, self.now) {
            return over_quota();
        }
        let count = self.messages.len();
        let cast = Cast {
            at: self.now,
            channel: tenant.provider.messaging.id.clone(),
            kind,
            key: self.key,
            request: call.id,
            first_id: world.next_message(count),
            messages: self.messages,
            unit: self.unit,
            people,
        };
        let first = cast.first_id;
        world.record(Event::Cast(Box::new(cast)));
        match kind {
            Kind::Push | Kind::Reply => Reply::ok(&json!({ "sentMessages": sent_messages(first, count) })),
            _ => Reply::ok(&json!({})),
        }
    }
}

fn sent_messages(first: u64, count: usize) -> Vec<Value> {
    (first..first + count as u64).map(|n| json!({ "id": ids::message_id(n) })).collect()
}

/// 409 when that key was accepted within the last 24 hours; with the ids of then if it was a push.
fn already_accepted(tenant: &Tenant, key: Option<Uuid>, now: i64) -> Option<Reply> {
    let accepted = tenant.accepted(&key?, now)?;
    let mut body = json!({ "message": "The retry key is already accepted" });
    if accepted.count > 0 {
        body["sentMessages"] = sent_messages(accepted.first_id, accepted.count).into();
    }
    Some(Reply::json(StatusCode::CONFLICT, &body).with(ACCEPTED_ID, &accepted.request.to_string()))
}

/// LINE docs: customAggregationUnits: at most one, `^[a-zA-Z0-9_]{1,30}$`.
pub(super) fn check_units(body: &Map<String, Value>, findings: &mut Findings) {
    if !body.contains_key(UNITS) {
        return;
    }
    let root = At { object: body, place: "" };
    for unit in findings.list(root, UNITS, (0, 1)).into_iter().flatten() {
        if !unit.as_str().is_some_and(is_unit) {
            findings.add(&format!("{UNITS}[0]"), "must match \"^[a-zA-Z0-9_]{1,30}$\"");
        }
    }
}

/// Whether that may be the name of a unit.
pub(super) fn is_unit(name: &str) -> bool {
    (1..=30).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// `POST /v2/bot/message/validate/{reply,push,multicast,narrowcast,broadcast}`
pub(super) fn validate_only(call: &Call<'_>) -> Reply {
    let checked = json_object(call).and_then(|body| {
        let mut findings = Findings::default();
        messages::messages(&body, &mut findings);
        findings.reply().map_or(Ok(()), Err)
    });
    checked.map_or_else(|reply| reply, |()| Reply::ok(&json!({})))
}
