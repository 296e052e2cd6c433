//! Statistics, from what really happened here. LINE docs: insight.

mod demographic;
pub(super) mod menu;
mod messages;

pub(super) use demographic::demographic;
pub(super) use messages::{by_request, by_unit};

use super::Call;
use super::delivery::by_day;
use crate::state::event::Kind;
use crate::wire::Reply;
use serde_json::{Value, json};

/// LINE docs: there are no statistics before 2016-11-01.
const FIRST: i32 = 17_106;
/// LINE docs: numbers of fewer people than this are not told.
const FEWEST: u64 = 20;

/// A number of people, unless it is too small to be told.
fn told(count: u64) -> Value {
    if count < FEWEST { Value::Null } else { count.into() }
}

/// `GET /v2/bot/insight/followers?date=`
pub(super) fn followers(call: &Call<'_>) -> Reply {
    by_day(call, FIRST, |call, day| {
        let count = call.app.store.lock().tenants[call.tenant()].census.at_end_of(day);
        json!({ "followers": count.followers, "targetedReaches": count.friends, "blocks": count.blocks })
    })
}

/// `GET /v2/bot/insight/message/delivery?date=`
pub(super) fn delivery(call: &Call<'_>) -> Reply {
    by_day(call, FIRST, |call, day| {
        let world = call.app.store.lock();
        let on = |kind| world.tenants[call.tenant()].sends.on(day, kind);
        json!({
            "apiBroadcast": on(Kind::Broadcast),
            "apiPush": on(Kind::Push),
            "apiMulticast": on(Kind::Multicast),
            "apiNarrowcast": on(Kind::Narrowcast),
            "apiReply": on(Kind::Reply),
        })
    })
}
