//! Push, and whether the month's messages are used up.

use std::time::Duration;

use http::StatusCode;
use reqwest::Client;
use serde::Deserialize;

use super::{Answer, NoAnswer, ask};

/// What one request came to (durability: not sent, refused, unknown, accepted).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// 2xx, or 409: this key was accepted before.
    Accepted,
    /// LINE said no and has not taken it.
    Refused(Refusal),
    /// LINE may have taken it.
    Unknown,
    /// Certainly nothing left the house.
    NotSent,
    /// We did not try: the lane was no longer ours, or it was too late.
    NotTried,
}

/// Why LINE said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 400 for the recipient.
    Recipient,
    /// 404 for the profile: not a friend, or blocked. Nothing was sent.
    NotFriend,
    /// 400 and other statuses that speak of this message.
    Message,
    /// 401
    Token,
    /// 429, with the time that LINE asked for, if it did.
    Rate(Option<Duration>),
    /// 429 for the month, confirmed.
    Quota,
    /// 403, 404 and the like: the channel or its address is wrong, not the message.
    Channel,
}

/// A push as it goes out.
pub(crate) struct Push<'a> {
    pub(crate) api_base: &'a str,
    pub(crate) token: &'a str,
    pub(crate) retry_key: &'a str,
    pub(crate) body: Vec<u8>,
}

/// Recipient and frozen messages; the same bytes for the same two.
pub(crate) fn push_body(to: &str, messages: &str) -> Vec<u8> {
    let to = serde_json::Value::from(to);
    format!("{{\"to\":{to},\"messages\":{messages}}}").into_bytes()
}

/// Sends one push.
pub(crate) async fn push(client: &Client, push: Push<'_>) -> Result<Answer, NoAnswer> {
    let request = client
        .post(format!("{}/v2/bot/message/push", push.api_base))
        .bearer_auth(push.token)
        .header("x-line-retry-key", push.retry_key)
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(push.body);
    ask(request).await
}

/// Answers an event. LINE knows no retry key here: the token works once, within a minute.
pub(crate) async fn reply(
    client: &Client,
    (api_base, token): (&str, &str),
    body: Vec<u8>,
) -> Result<Answer, NoAnswer> {
    let request = client.post(format!("{api_base}/v2/bot/message/reply")).bearer_auth(token);
    ask(request.header(http::header::CONTENT_TYPE, "application/json").body(body)).await
}

/// Whether LINE knows the person as somebody whom the account reaches. The status alone is looked at: name
/// and picture in the body are not even parsed.
pub(crate) async fn reaches(
    client: &Client,
    (api_base, token): (&str, &str),
    user: &str,
) -> Result<StatusCode, NoAnswer> {
    let request = client.get(format!("{api_base}/v2/bot/profile/{user}")).bearer_auth(token);
    ask(request).await.map(|answer| answer.status)
}

#[derive(Deserialize)]
struct Refused {
    message: String,
}

/// From an answer to an outcome, but for a 429 of the month, which is `Rate` until confirmed.
pub(crate) fn classify(answer: &Answer) -> Outcome {
    match answer.status {
        s if s.is_success() || s == StatusCode::CONFLICT => Outcome::Accepted,
        StatusCode::BAD_REQUEST if message(answer) == "Failed to send messages" => {
            Outcome::Refused(Refusal::Recipient)
        }
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
            Outcome::Refused(Refusal::Message)
        }
        StatusCode::UNAUTHORIZED => Outcome::Refused(Refusal::Token),
        StatusCode::TOO_MANY_REQUESTS => Outcome::Refused(Refusal::Rate(answer.retry_after)),
        s if s.is_client_error() => Outcome::Refused(Refusal::Channel),
        // 5xx, and 1xx or 3xx, which LINE never sends: whoever answered may have passed it on.
        _ => Outcome::Unknown,
    }
}

/// Whether a 429 speaks of the month. A hint only: LINE does not promise its texts.
pub(crate) fn hints_at_quota(answer: &Answer) -> bool {
    answer.status == StatusCode::TOO_MANY_REQUESTS && message(answer).contains("monthly limit")
}

fn message(answer: &Answer) -> String {
    serde_json::from_slice::<Refused>(&answer.body).map(|r| r.message).unwrap_or_default()
}

#[derive(Deserialize)]
struct Quota {
    r#type: String,
    value: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consumption {
    total_usage: i64,
}

/// Whether the month's messages are used up, by LINE's own count; `None` where it does not say.
pub(crate) async fn is_quota_used_up(client: &Client, api_base: &str, token: &str) -> Option<bool> {
    let get = async |path: &str| {
        let answer = ask(client.get(format!("{api_base}{path}")).bearer_auth(token)).await.ok()?;
        answer.status.is_success().then_some(answer.body)
    };
    let quota: Quota = serde_json::from_slice(&get("/v2/bot/message/quota").await?).ok()?;
    if quota.r#type != "limited" {
        return Some(false);
    }
    let used = get("/v2/bot/message/quota/consumption").await?;
    let used: Consumption = serde_json::from_slice(&used).ok()?;
    Some(used.total_usage >= quota.value?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).expect("status"),
            request_id: None,
            accepted_request_id: None,
            retry_after: None,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn the_status_decides_what_an_answer_means() {
        let table = [
            (200, "{}", Outcome::Accepted),
            (202, "", Outcome::Accepted),
            (409, "{\"message\":\"The retry key is already accepted\"}", Outcome::Accepted),
            (400, "{\"message\":\"Failed to send messages\"}", Outcome::Refused(Refusal::Recipient)),
            (400, "{\"message\":\"The request body has 1 error(s)\"}", Outcome::Refused(Refusal::Message)),
            (400, "<html>", Outcome::Refused(Refusal::Message)),
            (401, "", Outcome::Refused(Refusal::Token)),
            (403, "", Outcome::Refused(Refusal::Channel)),
            (404, "", Outcome::Refused(Refusal::Channel)),
            (413, "", Outcome::Refused(Refusal::Message)),
            (429, "", Outcome::Refused(Refusal::Rate(None))),
            (500, "", Outcome::Unknown),
            (503, "", Outcome::Unknown),
            (302, "", Outcome::Unknown),
        ];
        for (status, body, expected) in table {
            assert_eq!(classify(&answer(status, body)), expected, "{status} {body}");
        }
        assert!(hints_at_quota(&answer(429, "{\"message\":\"You have reached your monthly limit.\"}")));
        assert!(!hints_at_quota(&answer(429, "{\"message\":\"The API rate limit has been exceeded.\"}")));
    }

    #[test]
    fn a_push_body_is_the_same_bytes_each_time() {
        let body = push_body("U0123456789abcdef0123456789abcdef", "[{\"type\":\"text\"}]");
        assert_eq!(
            String::from_utf8(body).expect("text"),
            "{\"to\":\"U0123456789abcdef0123456789abcdef\",\"messages\":[{\"type\":\"text\"}]}"
        );
    }
}
