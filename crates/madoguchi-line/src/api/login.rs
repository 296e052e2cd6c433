//! LINE Login v2.1: code for tokens, friendship, revocation.

use std::time::Duration;

use http::StatusCode;
use reqwest::Client;
use serde::Deserialize;

use super::ask;
use crate::channel::Channel;

/// A person waits: shorter than elsewhere.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why sign-in did not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginFault {
    /// LINE says no: the code is used, old or foreign.
    Refused,
    /// LINE was not reached, did not answer, or has too much to do.
    Unavailable,
}

/// What the code was good for. Held during one sign-in only, never stored.
#[derive(Deserialize)]
pub(crate) struct Redeemed {
    pub(crate) access_token: String,
    pub(crate) id_token: String,
}

/// Redeems a code (single use, even where the call fails) with the address it came to and its verifier.
pub(crate) async fn redeem(
    client: &Client,
    channel: &Channel,
    code: &str,
    (redirect_uri, verifier): (&str, &str),
) -> Result<Redeemed, LoginFault> {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("client_id", channel.login_id.as_str()),
        ("client_secret", channel.login_secret.as_str()),
        ("code_verifier", verifier),
    ];
    let request = client.post(format!("{}/oauth2/v2.1/token", channel.api_base)).timeout(TIMEOUT).form(&form);
    let answer = ask(request).await.map_err(|_| LoginFault::Unavailable)?;
    let status = answer.status;
    if status.is_success() {
        return serde_json::from_slice(&answer.body).map_err(|_| LoginFault::Unavailable);
    }
    tracing::info!(
        tenant = %channel.tenant,
        status = status.as_u16(),
        request_id = answer.request_id,
        "LINE did not redeem a sign-in code"
    );
    let refused = status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS;
    Err(if refused { LoginFault::Refused } else { LoginFault::Unavailable })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Friendship {
    friend_flag: bool,
}

/// Whether the person is a friend of the official account; `None` where LINE does not say.
pub(crate) async fn friendship(client: &Client, channel: &Channel, access_token: &str) -> Option<bool> {
    let request = client.get(format!("{}/friendship/v1/status", channel.api_base));
    let answer = ask(request.timeout(TIMEOUT).bearer_auth(access_token)).await.ok()?;
    if !answer.status.is_success() {
        return None;
    }
    serde_json::from_slice::<Friendship>(&answer.body).ok().map(|f| f.friend_flag)
}

/// Gives the access token back: we have no further use for it. A failure is no harm, it lapses by itself.
pub(crate) async fn revoke(client: &Client, channel: &Channel, access_token: &str) {
    let form = [
        ("access_token", access_token),
        ("client_id", channel.login_id.as_str()),
        ("client_secret", channel.login_secret.as_str()),
    ];
    let request = client.post(format!("{}/oauth2/v2.1/revoke", channel.api_base));
    let _lapses = ask(request.timeout(Duration::from_secs(2)).form(&form)).await;
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Deauthorize<'a> {
    user_access_token: &'a str,
}

/// Tells LINE that the person has ended the link. `ours` is a token of the Login channel itself.
pub(crate) async fn deauthorize(client: &Client, channel: &Channel, ours: &str, theirs: &str) -> bool {
    let request = client.post(format!("{}/user/v1/deauthorize", channel.api_base)).timeout(TIMEOUT);
    let request = request.bearer_auth(ours).json(&Deauthorize { user_access_token: theirs });
    match ask(request).await {
        Ok(answer) => {
            tracing::info!(
                tenant = %channel.tenant,
                status = answer.status.as_u16(),
                request_id = answer.request_id,
                "LINE was told of an ended link"
            );
            answer.status.is_success()
        }
        Err(_) => false,
    }
}
