//! The one answer to whatever a person writes in the talk: where to go, and that nothing personal belongs here.
//!
//! It is fixed: nothing of what was written is read, so nothing of it can come back. At most once: LINE's reply
//! token works once, and a failure is not tried again.

use std::sync::Arc;

use serde_json::json;

use crate::after::Job;
use crate::api::messaging;
use crate::channel::Channel;
use crate::line::{Inner, Line};

/// At most 160 graphemes (LINE: a buttons template without title and picture).
const TEXT: &str = "メッセージをありがとうございます。このトークでは、担当の職員が読んで返事をすることはできません。\n\
                    手続と申請の状況は、下のボタンからどうぞ。\nここには個人情報を書かないでください（氏名・住所・電話番号など）。";

/// An event that may be answered.
pub(crate) struct Answerable<'a> {
    pub(crate) event_id: &'a str,
    pub(crate) reply_token: &'a str,
}

impl Line {
    /// Answers later, without anybody waiting. Where webhooks are passed on, the bot behind that address
    /// answers: the token works once, and the first of two answers would silence the other.
    pub(crate) fn answer(&self, channel: &Arc<Channel>, event: &Answerable<'_>) {
        let after = &self.inner.after;
        if channel.relay_to.is_some() || !after.is_first(channel.tenant, event.event_id) {
            return;
        }
        if let Some(room) = after.room_for(channel.tenant, event.reply_token.len()) {
            let reply_token = event.reply_token.to_owned();
            after.push(Job::Reply { channel: Arc::clone(channel), reply_token, room });
        }
    }
}

fn body(channel: &Channel, reply_token: &str) -> Vec<u8> {
    let site = format!("{}/{}", channel.callback_base, channel.tenant);
    let message = json!({
        "type": "template",
        "altText": TEXT,
        "template": { "type": "buttons", "text": TEXT, "actions": [
            { "type": "uri", "label": "手続の一覧を見る", "uri": format!("{site}/") },
            { "type": "uri", "label": "申請の状況を確認する", "uri": format!("{site}/a") },
        ] },
    });
    json!({ "replyToken": reply_token, "messages": [message] }).to_string().into_bytes()
}

/// Sends the answer. A token of ours that LINE no longer takes is renewed once: nothing was answered then.
pub(crate) async fn send(inner: &Inner, channel: &Channel, reply_token: &str) {
    let mut refused = None;
    for _ in 0..2 {
        let Ok(token) = inner.tokens.get(inner, channel, refused).await else { return };
        let base = (channel.api_base.as_str(), &*token.value);
        let Ok(answer) = messaging::reply(&inner.http, base, body(channel, reply_token)).await else {
            return;
        };
        if answer.status.as_u16() != 401 {
            tracing::debug!(
                tenant = %channel.tenant,
                status = answer.status.as_u16(),
                request_id = answer.request_id,
                "LINE took an answer to a message, or not"
            );
            return;
        }
        refused = Some(token.generation);
    }
}

#[cfg(test)]
mod tests {
    use unicode_segmentation::UnicodeSegmentation as _;

    use super::*;

    #[test]
    fn the_answer_fits_and_says_what_does_not_belong_here() {
        assert!(TEXT.graphemes(true).count() <= 160, "{}", TEXT.graphemes(true).count());
        assert!(TEXT.contains("ここには個人情報を書かないでください"));
    }
}
