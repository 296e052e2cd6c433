//! Names of aggregation units. LINE docs: get-the-number-of-unit-name-types, get-a-list-of-unit-names.

use super::{Call, paging};
use crate::wire::Reply;
use serde_json::json;

/// Most names on a page.
const PAGE: usize = 100;

/// `GET /v2/bot/message/aggregation/info`
pub(super) fn info(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    let count = world.tenants[call.tenant()].sends.units(call.app.now()).count();
    Reply::ok(&json!({ "numOfCustomAggregationUnits": count }))
}

/// `GET /v2/bot/message/aggregation/list?limit=&start=`
pub(super) fn list(call: &Call<'_>) -> Reply {
    let page = match paging::read(call, PAGE, PAGE) {
        Ok(page) => page,
        Err(reply) => return reply,
    };
    let world = call.app.store.lock();
    let names: Vec<&str> = world.tenants[call.tenant()].sends.units(call.app.now()).collect();
    paging::answer(&page, "customAggregationUnits", &names, call.app.now(), |name| (*name).into())
}
