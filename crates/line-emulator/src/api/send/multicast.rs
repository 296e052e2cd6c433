//! A list of people. LINE docs: send-multicast-message.

use super::super::Call;
use super::super::body::invalid_property;
use super::super::fields::At;
use super::{Sending, check_units};
use crate::ids;
use crate::state::event::Kind;
use crate::wire::Reply;
use serde_json::Value;
use std::collections::BTreeSet;

/// `POST /v2/bot/message/multicast`: unknown, blocking and doubled receivers are passed over.
pub(in super::super) fn multicast(call: &Call<'_>) -> Reply {
    let sending = Sending::read(call, |body, findings| {
        let to = findings.list(At { object: body, place: "" }, "to", (1, 500));
        check_units(body, findings);
        let is_user = |id: &Value| id.as_str().is_some_and(|id| id.starts_with('U') && ids::is_receiver(id));
        let wrong = to.and_then(|to| to.iter().position(|id| !is_user(id)));
        wrong.map(|index| invalid_property(&format!("to[{index}]")))
    });
    let sending = match sending {
        Ok(sending) => sending,
        Err(reply) => return reply,
    };
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    let ids = sending.body.get("to").and_then(Value::as_array).into_iter().flatten();
    let known = ids.filter_map(|id| tenant.users.get(id.as_str()?).copied());
    let people: BTreeSet<u32> =
        known.filter(|p| tenant.is_reachable(*p, sending.now)).map(|p| p as u32).collect();
    sending.to(call, &mut world, Kind::Multicast, people.into_iter().collect())
}
