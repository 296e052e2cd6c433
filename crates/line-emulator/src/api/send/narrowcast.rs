//! Those who fit. LINE docs: send-narrowcast-message, get-narrowcast-progress-status.

use super::super::body::invalid_property;
use super::super::fields::At;
use super::super::{Call, forbidden, over_quota};
use super::recipients::{self, Trouble};
use super::{Sending, already_accepted};
use crate::state::World;
use crate::state::calendar::iso;
use crate::state::event::Event;
use crate::state::jobs::{Job, WORK_MS, Work};
use crate::wire::Reply;
use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// LINE docs: attributes need so many reachable friends, and nothing goes to fewer recipients than 50.
const REACH: usize = 100;
pub(super) const LEAST: usize = 50;

/// `POST /v2/bot/message/narrowcast`: 202, and done in a while.
pub(in super::super) fn narrowcast(call: &Call<'_>) -> Reply {
    let sending = Sending::read(call, |body, findings| {
        recipients::check(body, findings);
        if let Some(limit) = body.get("limit") {
            check_limit(findings.object(Some(limit), "limit")?, findings);
        }
        None
    });
    let sending = match sending {
        Ok(sending) => sending,
        Err(reply) => return reply,
    };
    let mut world = call.app.store.lock();
    let (index, now) = (call.tenant(), sending.now);
    if let Some(reply) = already_accepted(&world.tenants[index], sending.key, now) {
        return reply;
    }
    let chosen = match choose(&world, index, &sending.body, now) {
        Ok(chosen) => chosen,
        Err(reply) => return reply,
    };
    let tenant = &world.tenants[index];
    let job = Job {
        at: now,
        channel: tenant.provider.messaging.id.clone(),
        request: call.id,
        work: Work::Narrowcast {
            key: sending.key,
            messages: sending.messages,
            people: chosen.people,
            fails: chosen.fails.map(|(code, text)| (code, text.to_owned())),
        },
        done: None,
    };
    world.record(Event::Job(Box::new(job)));
    Reply::json(StatusCode::ACCEPTED, &json!({}))
}

fn check_limit(limit: At<'_>, findings: &mut super::super::fields::Findings) {
    if limit.object.get("max").is_some_and(|max| max.as_u64().is_none_or(|n| n == 0)) {
        findings.add("limit.max", "must be greater than or equal to 1");
    }
    for name in ["upToRemainingQuota", "forbidPartialDelivery"] {
        if limit.object.get(name).is_some_and(|v| !v.is_boolean()) {
            findings.add(&format!("limit.{name}"), "must be a boolean");
        }
    }
}

struct Chosen {
    people: Vec<u32>,
    fails: Option<(u8, &'static str)>,
}

/// Whom it is for, or why it will fail later. Targets are counted against the quota at once.
fn choose(world: &World, index: usize, body: &Map<String, Value>, now: i64) -> Result<Chosen, Reply> {
    let tenant = &world.tenants[index];
    let demographic = body.get("filter").and_then(|filter| filter.get("demographic"));
    if demographic.is_some() && tenant.all_friends().len() < REACH {
        return Err(forbidden("Your account does not have enough friends"));
    }
    let failing = |code, text| Ok(Chosen { people: Vec::new(), fails: Some((code, text)) });
    let named = match recipients::named(world, index, body.get("recipient")) {
        Ok(named) => named,
        Err(Trouble::Unknown) => return Err(invalid_property("recipient")),
        Err(Trouble::TooSmall) => {
            return failing(
                4,
                "An audience of less than 50 recipients is included as a condition of sending.",
            );
        }
    };
    let fits = |person: &u32| {
        let person = *person as usize;
        let since = tenant.since.get(&person).copied().unwrap_or(now);
        demographic.is_none_or(|filter| {
            recipients::fits(filter, world.people.all[person].traits.as_deref(), now - since)
        })
    };
    let mut people: Vec<u32> = named.into_iter().filter(fits).collect();
    if (demographic.is_some() || body.contains_key("recipient")) && people.len() < LEAST {
        return failing(2, "An error occurred because there weren't enough recipients.");
    }
    let limit = |name: &str| body.get("limit").and_then(|limit| limit.get(name));
    if let Some(max) = limit("max").and_then(Value::as_u64) {
        people.truncate(max as usize);
    }
    let left = tenant.left(now);
    if left.is_some_and(|left| (people.len() as u64) > left) {
        if limit("upToRemainingQuota").and_then(Value::as_bool) != Some(true) {
            return Err(over_quota());
        }
        if limit("forbidPartialDelivery").and_then(Value::as_bool) == Some(true) {
            return failing(5, "The delivery would be partial, which was forbidden.");
        }
        people.truncate(left.unwrap_or_default() as usize);
    }
    Ok(Chosen { people, fails: None })
}

/// `GET /v2/bot/message/progress/narrowcast?requestId=`
pub(in super::super) fn progress(call: &Call<'_>) -> Reply {
    let query = call.req.query();
    let Some(given) = query.get("requestId") else { return Reply::bad("requestId is required") };
    let world = call.app.store.lock();
    let job = Uuid::try_parse(given).ok().and_then(|id| world.tenants[call.tenant()].jobs.get(&id));
    let Some(Job { at, done, work: Work::Narrowcast { people, fails, .. }, .. }) = job else {
        return Reply::not_found();
    };
    let waiting = call.app.now() < at + WORK_MS / 2;
    let phase = match done {
        None if waiting => "waiting",
        None => "sending",
        Some(done) if done.ok => "succeeded",
        Some(_) => "failed",
    };
    let mut body = json!({ "phase": phase, "acceptedTime": iso(*at) });
    if phase != "waiting" && fails.is_none() {
        body["targetCount"] = people.len().into();
    }
    if let Some(done) = done {
        body["completedTime"] = iso(done.at).into();
        if done.ok {
            body["successCount"] = done.count.into();
            body["failureCount"] = (people.len() as u64 - done.count).into();
        }
    }
    if let (Some((code, text)), Some(_)) = (fails, done) {
        body["errorCode"] = (*code).into();
        body["failedDescription"] = text.as_str().into();
    }
    Reply::ok(&body)
}
