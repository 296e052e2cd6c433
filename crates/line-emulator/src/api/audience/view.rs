//! Audiences as they stand.

use super::super::Call;
use super::{LIFE_MS, by_path, put};
use crate::state::audience::{Audience, Origin, READY_MS};
use crate::wire::Reply;
use serde_json::{Value, json};

/// LINE docs: most audiences on a page, and how many jobs are listed.
const PAGE: usize = 40;
const USUAL_PAGE: usize = 20;
const JOBS: usize = 50;

fn status(audience: &Audience, now: i64) -> &'static str {
    if now >= audience.created + LIFE_MS {
        "EXPIRED"
    } else if now < audience.ready_at() {
        "IN_PROGRESS"
    } else if audience.origin != Origin::Upload && audience.people.is_empty() {
        "FAILED"
    } else {
        "READY"
    }
}

fn whole(id: u64, audience: &Audience, now: i64) -> Value {
    let status = status(audience, now);
    let mut body = json!({
        "audienceGroupId": id,
        "type": audience.origin,
        "description": audience.description,
        "status": status,
        "audienceCount": audience.people.len(),
        "created": audience.created / 1000,
        "isIfaAudience": audience.is_ifa,
        "permission": "READ_WRITE",
        "createRoute": "MESSAGING_API",
        "expireTimestamp": (audience.created + LIFE_MS) / 1000,
    });
    if status == "FAILED" {
        body["failedType"] = "AUDIENCE_GROUP_AUDIENCE_INSUFFICIENT".into();
    }
    put(&mut body, audience);
    body
}

/// `GET /v2/bot/audienceGroup/{audienceGroupId}`
pub(in super::super) fn one(call: &Call<'_>) -> Reply {
    let now = call.app.now();
    let world = call.app.store.lock();
    let (id, audience) = match by_path(call, &world) {
        Ok(found) => found,
        Err(reply) => return reply,
    };
    let job = |upload: &crate::state::audience::Upload| {
        let finished = now >= upload.at + READY_MS;
        json!({
            "audienceGroupJobId": upload.id,
            "audienceGroupId": id,
            "description": upload.description,
            "type": "DIFF_ADD",
            "jobStatus": if finished { "FINISHED" } else { "WORKING" },
            "audienceCount": upload.given,
            "created": upload.at / 1000,
        })
    };
    let jobs: Vec<Value> = audience.uploads.iter().rev().take(JOBS).map(job).collect();
    Reply::ok(&json!({ "audienceGroup": whole(id, audience, now), "jobs": jobs }))
}

/// `GET /v2/bot/audienceGroup/list?page=&size=&description=&status=&createRoute=`
pub(in super::super) fn list(call: &Call<'_>) -> Reply {
    let query = call.req.query();
    let number = |name: &str, default: usize| query.get(name).map_or(Some(default), |n| n.parse().ok());
    let (Some(page), Some(size)) = (number("page", 1).filter(|p| *p > 0), number("size", USUAL_PAGE)) else {
        return Reply::bad("Bad Request");
    };
    let size = size.clamp(1, PAGE);
    let now = call.app.now();
    let world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    let wanted = |audience: &Audience| {
        query.get("description").is_none_or(|part| audience.description.contains(part))
            && query.get("status").is_none_or(|wanted| status(audience, now) == wanted)
            && query.get("createRoute").is_none_or(|route| route == "MESSAGING_API")
    };
    let mut all: Vec<(u64, &Audience)> = tenant.audiences.iter().map(|(id, a)| (*id, a)).collect();
    all.retain(|(_, audience)| wanted(audience));
    all.sort_by_key(|(id, audience)| (std::cmp::Reverse(audience.created), *id));
    let first = (page - 1).saturating_mul(size).min(all.len());
    let end = all.len().min(first + size);
    let groups: Vec<Value> = all[first..end].iter().map(|(id, a)| whole(*id, a, now)).collect();
    Reply::ok(&json!({
        "audienceGroups": groups,
        "hasNextPage": end < all.len(),
        "totalCount": all.len(),
        "readWriteAudienceGroupTotalCount": all.len(),
        "page": page,
        "size": size,
    }))
}
