//! An answer. LINE docs: send-reply-message.

use super::super::Call;
use super::super::body::text;
use super::Sending;
use crate::state::event::Kind;
use crate::wire::Reply;

/// `POST /v2/bot/message/reply`: free, once, within a minute.
pub(in super::super) fn reply(call: &Call<'_>) -> Reply {
    let sending = Sending::read(call, |body, findings| {
        if text(body, "replyToken").is_none_or(str::is_empty) {
            findings.add("replyToken", "must be specified");
        }
        None
    });
    let sending = match sending {
        Ok(sending) => sending,
        Err(reply) => return reply,
    };
    let token = text(&sending.body, "replyToken").unwrap_or_default();
    let Some(persona) = call.app.webhooks.redeem_reply_token(token, call.tenant(), sending.now) else {
        return Reply::bad("Invalid reply token");
    };
    let mut world = call.app.store.lock();
    let people = world.people.find(&persona).map(|p| p as u32).into_iter().collect();
    sending.to(call, &mut world, Kind::Reply, people)
}
