//! The plan and what was sent. LINE docs: get-quota, get-consumption, number of sent messages.

use super::Call;
use crate::state::calendar;
use crate::state::event::Kind;
use crate::wire::Reply;
use serde_json::{Value, json};

/// LINE docs: there are no counts before 2018-03-31.
const FIRST: i32 = 17_621;

/// `GET /v2/bot/message/quota`
pub(super) fn quota(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    match world.tenants[call.tenant()].provider.messaging.quota {
        Some(value) => Reply::ok(&json!({ "type": "limited", "value": value })),
        None => Reply::ok(&json!({ "type": "none" })),
    }
}

/// `GET /v2/bot/message/quota/consumption`
pub(super) fn consumption(call: &Call<'_>) -> Reply {
    let usage = call.app.store.lock().tenants[call.tenant()].usage(call.app.now());
    Reply::ok(&json!({ "totalUsage": usage }))
}

/// `GET /v2/bot/message/delivery/{reply,push,multicast,broadcast}?date=`
pub(super) fn count(call: &Call<'_>) -> Reply {
    let kind = match call.req.path.rsplit('/').next() {
        Some("reply") => Kind::Reply,
        Some("multicast") => Kind::Multicast,
        Some("broadcast") => Kind::Broadcast,
        _ => Kind::Push,
    };
    by_day(call, FIRST, |call, day| {
        let world = call.app.store.lock();
        json!({ "success": world.tenants[call.tenant()].sends.on(day, kind) })
    })
}

/// What is counted by day: ready the day after, in Japan's time; out of service before `first`.
pub(super) fn by_day(call: &Call<'_>, first: i32, counts: impl Fn(&Call<'_>, i32) -> Value) -> Reply {
    let query = call.req.query();
    let Some(date) = query.get("date") else { return Reply::bad("date is required") };
    let Some(day) = calendar::parse(date) else { return Reply::bad("Bad Request") };
    if day < first {
        return Reply::ok(&json!({ "status": "out_of_service" }));
    }
    if day >= calendar::day(call.app.now()) {
        return Reply::ok(&json!({ "status": "unready" }));
    }
    let mut body = json!({ "status": "ready" });
    if let (Value::Object(body), Value::Object(counts)) = (&mut body, counts(call, day)) {
        body.extend(counts);
    }
    Reply::ok(&body)
}
