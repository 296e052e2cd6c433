//! Names of live v2.1 channel tokens. LINE docs: get-all-valid-channel-access-token-key-ids-v2-1.

use super::assertion;
use crate::api::Call;
use crate::state::TokenKind;
use crate::wire::Reply;
use serde_json::json;

/// `GET /oauth2/v2.1/tokens/kid?client_assertion_type=&client_assertion=`
pub(crate) fn list(call: &Call<'_>) -> Reply {
    let query = call.req.query();
    let now = call.app.now();
    let world = call.app.store.lock();
    match assertion::check(&world, &query, now) {
        Ok(made) => {
            let live = world.live_tokens(&made.channel, now, |kind| matches!(kind, TokenKind::Named(_)));
            let kids = live.iter().filter_map(|(_, token)| match &world.channel_tokens.get(token)?.kind {
                TokenKind::Named(kid) => Some(kid.as_str()),
                _ => None,
            });
            Reply::ok(&json!({ "kids": kids.collect::<Vec<&str>>() }))
        }
        Err(reply) => reply,
    }
}
