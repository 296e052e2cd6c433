//! What people did with messages. LINE docs: get-insight-message-event, get-statistics-per-unit.

use super::super::{Call, send};
use super::told;
use crate::state::calendar;
use crate::state::sends::{Deed, Stats, Touch};
use crate::wire::Reply;
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use uuid::Uuid;

/// LINE docs: counted for 14 days after the sending.
const DAYS: i32 = 14;
/// LINE docs: a period of statistics by unit ends at most so many days after its beginning.
const PERIOD: i32 = 30;

/// `GET /v2/bot/insight/message/event?requestId=`
pub(in super::super) fn by_request(call: &Call<'_>) -> Reply {
    let query = call.req.query();
    let Some(given) = query.get("requestId") else { return Reply::bad("requestId is required") };
    let world = call.app.store.lock();
    let sends = &world.tenants[call.tenant()].sends;
    let Some(stats) = Uuid::try_parse(given).ok().and_then(|id| sends.by_request(&id)) else {
        return Reply::not_found();
    };
    let first = calendar::day(stats.at);
    let mut body = whole(stats, &(first..=first + DAYS));
    body["overview"]["requestId"] = given.into();
    body["overview"]["timestamp"] = (stats.at / 1000).into();
    body["overview"]["delivered"] = stats.people.len().into();
    Reply::ok(&body)
}

/// `GET /v2/bot/insight/message/event/aggregation?customAggregationUnit=&from=&to=`
pub(in super::super) fn by_unit(call: &Call<'_>) -> Reply {
    let query = call.req.query();
    let date = |name| query.get(name).and_then(calendar::parse);
    let unit = query.get("customAggregationUnit").filter(|unit| send::is_unit(unit));
    let (Some(unit), Some(from), Some(to)) = (unit, date("from"), date("to")) else {
        return Reply::bad("Bad Request");
    };
    if from > to || to - from > PERIOD {
        return Reply::bad("Bad Request");
    }
    let world = call.app.store.lock();
    match world.tenants[call.tenant()].sends.by_unit(unit) {
        Some(stats) => Reply::ok(&whole(stats, &(from..=to))),
        None => Reply::ok(&whole(&Stats::default(), &(from..=to))),
    }
}

fn whole(stats: &Stats, days: &RangeInclusive<i32>) -> Value {
    let count = |wanted: &dyn Fn(&Touch) -> bool| stats.count(|t| days.contains(&t.day) && wanted(t));
    let is_seen = |t: &Touch| t.deed == Deed::Seen;
    let is_click = |t: &Touch| t.deed != Deed::Seen;
    let messages: Vec<Value> = (0..stats.messages)
        .map(|seq| {
            let (times, people) = count(&|t| is_seen(t) && t.seq == seq);
            let mut message = json!({
                "seq": seq + 1,
                "impression": if told(people).is_null() { Value::Null } else { times.into() },
                "uniqueImpression": told(people),
            });
            // Nothing is played here: there is no video on these phones.
            for part in ["", "25Percent", "50Percent", "75Percent", "100Percent"] {
                message[format!("mediaPlayed{part}")] = Value::Null;
                message[format!("uniqueMediaPlayed{part}")] = Value::Null;
            }
            message
        })
        .collect();
    let (_, clicked) = count(&is_click);
    let clicks: Vec<Value> = stats
        .urls
        .iter()
        .enumerate()
        .map(|(number, (seq, url))| {
            let (times, people) = count(&|t| t.deed == Deed::Clicked(number as u16));
            json!({
                "seq": seq + 1,
                "url": url,
                "click": if told(people).is_null() { Value::Null } else { times.into() },
                "uniqueClick": told(people),
                "uniqueClickOfRequest": told(clicked),
            })
        })
        .collect();
    json!({
        "overview": {
            "uniqueImpression": told(count(&is_seen).1),
            "uniqueClick": told(clicked),
            "uniqueMediaPlayed": Value::Null,
            "uniqueMediaPlayed100Percent": Value::Null,
        },
        "messages": messages,
        "clicks": clicks,
    })
}
