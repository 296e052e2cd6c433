//! Everybody. LINE docs: send-broadcast-message.

use super::super::Call;
use super::Sending;
use crate::state::event::Kind;
use crate::wire::Reply;

/// `POST /v2/bot/message/broadcast`
pub(in super::super) fn broadcast(call: &Call<'_>) -> Reply {
    match Sending::read(call, |_, _| None) {
        Ok(sending) => {
            let mut world = call.app.store.lock();
            let people = world.tenants[call.tenant()].all_friends();
            sending.to(call, &mut world, Kind::Broadcast, people)
        }
        Err(reply) => reply,
    }
}
