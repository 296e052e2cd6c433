//! Which parts of a rich menu are tapped. LINE docs: get-rich-menu-insight-summary, -daily.

use super::super::Call;
use super::FEWEST;
use crate::state::calendar;
use crate::state::tenant::MenuTouch;
use crate::wire::Reply;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// LINE docs: longest periods, and how far back they may begin.
const SUMMARY_DAYS: i32 = 396;
const DAILY_DAYS: i32 = 99;
const BACK_DAYS: i32 = 3 * 365;

/// `GET /v2/bot/insight/richmenu/{richMenuId}/summary?from=&to=`
pub(in super::super) fn summary(call: &Call<'_>) -> Reply {
    answer(call, SUMMARY_DAYS, |touches, _, _| metrics(touches))
}

/// `GET /v2/bot/insight/richmenu/{richMenuId}/daily?from=&to=`
pub(in super::super) fn daily(call: &Call<'_>) -> Reply {
    answer(call, DAILY_DAYS, |touches, from, to| {
        let day = |day: i32| {
            let of_day: Vec<&MenuTouch> = touches.iter().copied().filter(|t| t.day == day).collect();
            let mut metrics = metrics(&of_day);
            metrics["date"] = calendar::text(day).into();
            metrics
        };
        (from..=to).map(day).collect::<Vec<Value>>().into()
    })
}

fn metrics(touches: &[&MenuTouch]) -> Value {
    json!({ "count": touches.len(), "uniqueUsers": people(touches) })
}

fn people(touches: &[&MenuTouch]) -> usize {
    touches.iter().map(|t| t.person).collect::<BTreeSet<u32>>().len()
}

fn answer(call: &Call<'_>, longest: i32, tell: impl Fn(&[&MenuTouch], i32, i32) -> Value) -> Reply {
    let query = call.req.query();
    let date = |name| query.get(name).and_then(calendar::parse);
    let today = calendar::day(call.app.now());
    let (Some(from), Some(to)) = (date("from"), date("to")) else { return Reply::bad("Bad Request") };
    if from > to || to - from > longest || from < today - BACK_DAYS {
        return Reply::bad("Bad Request");
    }
    let id = call.params[0];
    let world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    let Some(menu) = tenant.menus.get(id) else { return Reply::not_found() };
    // Ready the day after, as all statistics.
    let to = to.min(today - 1);
    let all = tenant.menu_touches.get(id).into_iter().flatten();
    let all: Vec<&MenuTouch> = all.filter(|t| (from..=to).contains(&t.day)).collect();
    let of = |area: Option<u8>| all.iter().copied().filter(|t| t.area == area).collect::<Vec<_>>();
    let taps: Vec<&MenuTouch> = all.iter().copied().filter(|t| t.area.is_some()).collect();
    if (people(&taps) as u64) < FEWEST {
        return Reply::ok(&json!({ "richMenuId": id }));
    }
    let areas = menu.menu.get("areas").and_then(Value::as_array);
    let clicks: Vec<Value> = areas
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(index, area)| json!({ "bounds": area["bounds"], "metrics": tell(&of(Some(index as u8)), from, to) }))
        .collect();
    Reply::ok(&json!({
        "richMenuId": id,
        "metricsFrom": calendar::text(from),
        "metricsTo": calendar::text(to),
        "impression": { "metrics": tell(&of(None), from, to) },
        "clicks": clicks,
    }))
}
