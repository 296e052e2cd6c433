//! One person. LINE docs: send-push-message.

use super::super::Call;
use super::super::body::{invalid_property, text};
use super::{Sending, check_units};
use crate::ids;
use crate::state::event::Kind;
use crate::wire::Reply;

/// `POST /v2/bot/message/push`
pub(in super::super) fn push(call: &Call<'_>) -> Reply {
    let sending = Sending::read(call, |body, findings| {
        check_units(body, findings);
        (!text(body, "to").is_some_and(ids::is_receiver)).then(|| invalid_property("to"))
    });
    let sending = match sending {
        Ok(sending) => sending,
        Err(reply) => return reply,
    };
    let mut world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    let person = text(&sending.body, "to").and_then(|to| tenant.users.get(to).copied());
    let Some(person) = person else { return Reply::bad("Failed to send messages") };
    // Who blocked or never added the account gets nothing; LINE answers the same.
    let people = if tenant.is_reachable(person, sending.now) { vec![person as u32] } else { Vec::new() };
    sending.to(call, &mut world, Kind::Push, people)
}
