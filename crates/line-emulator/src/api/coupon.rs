//! Coupons. LINE docs: create-coupon, discontinue-coupon.

use super::Call;
use super::body::json_object;
use super::fields::{At, Findings, Unit};
use super::paging;
use crate::ids;
use crate::state::event::Event;
use crate::wire::Reply;
use http::StatusCode;
use serde_json::{Map, Value, json};

/// LINE docs: most coupons on a page.
const PAGE: usize = 100;
const USUAL_PAGE: usize = 20;

fn checked(call: &Call<'_>) -> Result<Map<String, Value>, Reply> {
    let body = json_object(call)?;
    let mut findings = Findings::default();
    let root = At { object: &body, place: "" };
    findings.text(root, "title", (60, Unit::Utf16), true);
    findings.text(root, "description", (1000, Unit::Utf16), false);
    findings.text(root, "usageCondition", (100, Unit::Utf16), false);
    findings.text(root, "timezone", (40, Unit::Utf16), true);
    findings.one_of(root, "visibility", &["UNLISTED", "PUBLIC"], true);
    let time = |name: &str| body.get(name).and_then(Value::as_i64);
    match (time("startTimestamp"), time("endTimestamp")) {
        (Some(start), Some(end)) if start >= end => {
            findings.add("endTimestamp", "must be later than startTimestamp");
        }
        (Some(_), Some(_)) => {}
        (None, _) => findings.add("startTimestamp", "must be specified"),
        (_, None) => findings.add("endTimestamp", "must be specified"),
    }
    if body.get("maxUseCountPerTicket").and_then(Value::as_i64) != Some(1) {
        findings.add("maxUseCountPerTicket", "must be 1");
    }
    if let Some(at) = findings.object(body.get("acquisitionCondition"), "acquisitionCondition") {
        findings.one_of(at, "type", &["normal", "lottery"], true);
        let chance = at.object.get("lotteryProbability").and_then(Value::as_i64);
        let is_lottery = at.object.get("type").and_then(Value::as_str) == Some("lottery");
        if is_lottery && !chance.is_some_and(|n| (1..=99).contains(&n)) {
            findings.add("acquisitionCondition.lotteryProbability", "must be between 1 and 99");
        }
    }
    if let Some(at) = body.get("reward").and_then(|reward| findings.object(Some(reward), "reward")) {
        findings.one_of(at, "type", &["cashBack", "discount", "free", "gift", "others"], true);
    }
    findings.reply().map_or(Ok(body), Err)
}

/// `POST /v2/bot/coupon`
pub(super) fn create(call: &Call<'_>) -> Reply {
    let coupon = match checked(call) {
        Ok(coupon) => coupon,
        Err(reply) => return reply,
    };
    let mut world = call.app.store.lock();
    let channel = world.tenants[call.tenant()].provider.messaging.id.clone();
    let id = ids::random_hex();
    let at = call.app.now();
    world.record(Event::Coupon { at, channel, id: id.clone(), coupon: coupon.into() });
    Reply::ok(&json!({ "couponId": id }))
}

/// `GET /v2/bot/coupon?status=&limit=&start=`
pub(super) fn list(call: &Call<'_>) -> Reply {
    let page = match paging::read(call, USUAL_PAGE, PAGE) {
        Ok(page) => page,
        Err(reply) => return reply,
    };
    let query = call.req.query();
    let wanted: Option<Vec<&str>> = query.get("status").map(|text| text.split(',').collect());
    let world = call.app.store.lock();
    let coupons = world.tenants[call.tenant()].coupons.iter();
    let all: Vec<_> =
        coupons.filter(|(_, c)| wanted.as_ref().is_none_or(|wanted| wanted.contains(&c.status()))).collect();
    paging::answer(
        &page,
        "items",
        &all,
        call.app.now(),
        |(id, coupon)| json!({ "couponId": id, "title": coupon.body["title"] }),
    )
}

/// `GET /v2/bot/coupon/{couponId}`
pub(super) fn get(call: &Call<'_>) -> Reply {
    let world = call.app.store.lock();
    let Some(coupon) = world.tenants[call.tenant()].coupons.get(call.params[0]) else {
        return Reply::not_found();
    };
    let mut body = coupon.body.clone();
    body["couponId"] = call.params[0].into();
    body["createdTimestamp"] = (coupon.at / 1000).into();
    body["status"] = coupon.status().into();
    Reply::ok(&body)
}

/// `PUT /v2/bot/coupon/{couponId}/close`: 410 when it is closed already.
pub(super) fn close(call: &Call<'_>) -> Reply {
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    match tenant.coupons.get(call.params[0]).map(|coupon| coupon.closed) {
        None => Reply::not_found(),
        Some(true) => Reply::error(StatusCode::GONE, "The coupon is already closed"),
        Some(false) => {
            let channel = tenant.provider.messaging.id.clone();
            world.record(Event::CouponClosed { channel, id: call.params[0].to_owned() });
            Reply::ok(&json!({}))
        }
    }
}
