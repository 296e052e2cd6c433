//! Menus of all who have a certain one. LINE docs: batch-control-rich-menus-of-users.

use super::super::Call;
use super::super::body::json_object;
use super::super::fields::{At, Findings};
use crate::state::calendar::{DAY_MS, iso};
use crate::state::event::Event;
use crate::state::jobs::{Job, Operation, Work};
use crate::state::tenant::Tenant;
use crate::wire::Reply;
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

const MOST: usize = 1000;
/// LINE docs: a failed batch can be resumed under its key for so long.
const RESUME_MS: i64 = 14 * DAY_MS;

/// The operations of a body, if LINE would take them.
fn read(call: &Call<'_>) -> Result<(Vec<Operation>, Option<String>), Reply> {
    let body = json_object(call)?;
    let mut findings = Findings::default();
    let items = findings.list(At { object: &body, place: "" }, "operations", (1, MOST));
    let mut operations = Vec::new();
    for (index, item) in items.into_iter().flatten().enumerate() {
        match serde_json::from_value::<Operation>(item.clone()) {
            Ok(operation) => operations.push(operation),
            Err(_) => findings.add(&format!("operations[{index}]"), "Invalid value"),
        }
    }
    if let Some(reply) = findings.reply() {
        return Err(reply);
    }
    let resume = resume_key(&body)?;
    Ok((operations, resume))
}

fn resume_key(body: &Map<String, Value>) -> Result<Option<String>, Reply> {
    let Some(key) = body.get("resumeRequestKey") else { return Ok(None) };
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let fits = key.as_str().filter(|k| (1..=100).contains(&k.len()) && k.bytes().all(allowed));
    fits.map(|key| Some(key.to_owned()))
        .ok_or_else(|| super::super::body::invalid_property("resumeRequestKey"))
}

/// Whether the operations go together, and their menus can be shown.
fn consistent(tenant: &Tenant, operations: &[Operation]) -> Result<(), Reply> {
    let mut seen = BTreeSet::new();
    for operation in operations {
        let (from, to) = match operation {
            Operation::UnlinkAll if operations.len() > 1 => {
                return Err(Reply::bad("'unlinkAll' type can't be combined with other type"));
            }
            Operation::UnlinkAll => continue,
            Operation::Unlink { from } => (from, None),
            Operation::Link { from, to } => (from, Some(to)),
        };
        if !seen.insert(from) {
            return Err(Reply::bad(&format!("from richmenu ({from}) is duplicated")));
        }
        for id in std::iter::once(from).chain(to) {
            if !tenant.menus.contains_key(id) {
                return Err(Reply::bad(&format!("Richmenu ({id}) is not found")));
            }
        }
        if let Some(to) = to.filter(|to| tenant.menus.get(*to).is_some_and(|menu| menu.image.is_none())) {
            return Err(Reply::bad(&format!("'to' richmenu ({to}) must have image but it doesn't")));
        }
    }
    Ok(())
}

/// `POST /v2/bot/richmenu/validate/batch`
pub(in super::super) fn validate_only(call: &Call<'_>) -> Reply {
    let checked = read(call)
        .and_then(|(operations, _)| consistent(&call.app.store.lock().tenants[call.tenant()], &operations));
    checked.map_or_else(|reply| reply, |()| Reply::ok(&json!({})))
}

/// `POST /v2/bot/richmenu/batch`: 202, and done in a while.
pub(in super::super) fn start(call: &Call<'_>) -> Reply {
    let (operations, resume) = match read(call) {
        Ok(read) => read,
        Err(reply) => return reply,
    };
    let now = call.app.now();
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    if let Err(reply) = consistent(tenant, &operations) {
        return reply;
    }
    // A batch that ended well under the same key has nothing left to do.
    let ended_well = |job: &Job| {
        let same = matches!(&job.work, Work::Batch { resume: key, .. } if key.is_some() && *key == resume);
        same && now < job.at + RESUME_MS && job.done.is_some_and(|done| done.ok)
    };
    let operations = if tenant.jobs.values().any(ended_well) { Vec::new() } else { operations };
    let channel = tenant.provider.messaging.id.clone();
    let work = Work::Batch { operations, resume };
    world.record(Event::Job(Box::new(Job { at: now, channel, request: call.id, work, done: None })));
    Reply::json(StatusCode::ACCEPTED, &json!({}))
}

/// `GET /v2/bot/richmenu/progress/batch?requestId=`
pub(in super::super) fn progress(call: &Call<'_>) -> Reply {
    let query = call.req.query();
    let id = query.get("requestId").and_then(|id| Uuid::try_parse(id).ok());
    let world = call.app.store.lock();
    let job = id.and_then(|id| world.tenants[call.tenant()].jobs.get(&id));
    let Some(Job { at, done, work: Work::Batch { .. }, .. }) = job else { return Reply::not_found() };
    let mut body = json!({ "phase": "ongoing", "acceptedTime": iso(*at) });
    if let Some(done) = done {
        body["phase"] = if done.ok { "succeeded" } else { "failed" }.into();
        body["completedTime"] = iso(done.at).into();
    }
    Reply::ok(&body)
}
